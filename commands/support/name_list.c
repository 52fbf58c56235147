#include "commands/support/name_list.h"

/* Quotes and a comma. */
#define NAME_EXTRA 3

struct name_list {
	const struct chat *chat;
	struct string_list *names;
};

static void
begin(const struct chat *chat, struct string_list *names)
{
	*names = (struct string_list){
		.most = chat->limits.list_bytes,
		.extra = NAME_EXTRA,
	};
}

static bool
add_from_lobby(const struct member *member, void *arg)
{
	return !member->in_lobby ||
	       string_list_add(arg, str_from(member->name));
}

enum chat_error
name_list_of_lobby(const struct chat *chat, struct string_list *out)
{
	begin(chat, out);
	member_store_each(chat->members, add_from_lobby, out);
	return string_list_finish(out);
}

static bool
add_by_id(struct str member_id, void *arg)
{
	const struct name_list *roster = arg;
	struct member member;

	if (member_store_get(roster->chat->members, member_id, &member) !=
	    CHAT_OK)
		return true;
	return string_list_add(roster->names, str_from(member.name));
}

enum chat_error
name_list_of_room(const struct chat *chat, struct str room,
    struct string_list *out)
{
	struct name_list roster = { chat, out };

	begin(chat, out);
	room_store_each_member(chat->rooms, room, add_by_id, &roster);
	return string_list_finish(out);
}

struct names
name_list_names(const struct string_list *names)
{
	return (struct names){ .items = names->items, .count = names->count };
}
