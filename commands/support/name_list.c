#include "commands/support/name_list.h"

struct name_list {
	const struct chat *chat;
	struct string_list *texts;
	bool with_ids;
};

static bool
member_add(const struct name_list *list, const struct member *member)
{
	return string_list_add(list->texts, str_from(member->name)) &&
	       (!list->with_ids ||
		   string_list_add(list->texts, str_from(member->id)));
}

static bool
add_from_lobby(const struct member *member, void *arg)
{
	return !member->in_lobby || member_add(arg, member);
}

enum chat_error
name_list_of_lobby(const struct chat *chat, bool with_ids, size_t most,
    struct string_list *out)
{
	struct name_list list = { chat, out, with_ids };

	*out = (struct string_list){ .most = most, .extra = NAME_EXTRA };
	member_store_each(chat->members, add_from_lobby, &list);
	return string_list_finish(out);
}

static bool
add_by_id(struct str member_id, void *arg)
{
	const struct name_list *list = arg;
	struct member member;

	if (member_store_get(list->chat->members, member_id, &member) !=
	    CHAT_OK)
		return true;
	return member_add(list, &member);
}

enum chat_error
name_list_of_room(const struct chat *chat, struct str room, bool with_ids,
    size_t most, struct string_list *out)
{
	struct name_list list = { chat, out, with_ids };

	*out = (struct string_list){ .most = most, .extra = NAME_EXTRA };
	room_store_each_member(chat->rooms, room, add_by_id, &list);
	return string_list_finish(out);
}

struct names
name_list_names(const struct string_list *names)
{
	return (struct names){ .items = names->items, .count = names->count };
}
