#include "commands/support/name_list.h"

/* Quotes and a comma. */
#define NAME_EXTRA 3

struct roster {
	const struct chat *chat;
	struct strings *names;
};

static void
begin(const struct chat *chat, struct strings *names)
{
	*names = (struct strings){
		.most = chat->limits.list_bytes,
		.extra = NAME_EXTRA,
	};
}

static bool
add_from_lobby(const struct member *member, void *arg)
{
	return !member->in_lobby || strings_add(arg, str_from(member->name));
}

enum chat_error
roster_of_lobby(const struct chat *chat, struct strings *out)
{
	begin(chat, out);
	member_store_each(chat->members, add_from_lobby, out);
	return strings_finish(out);
}

static bool
add_by_id(struct str member_id, void *arg)
{
	const struct roster *roster = arg;
	struct member member;

	if (member_store_get(roster->chat->members, member_id, &member) !=
	    CHAT_OK)
		return true;
	return strings_add(roster->names, str_from(member.name));
}

enum chat_error
roster_of_room(const struct chat *chat, struct str room, struct strings *out)
{
	struct roster roster = { chat, out };

	begin(chat, out);
	room_store_each_member(chat->rooms, room, add_by_id, &roster);
	return strings_finish(out);
}

struct names
roster_names(const struct strings *names)
{
	return (struct names){ .items = names->items, .count = names->count };
}
