/*
 * COMMAND_MEMBERS: members with their ids, of a room or of the whole server: a
 * page, in order of the ids.
 */
#include <stdlib.h>

#include "commands/command_table.h"

#define MEMBERS_MOST 1000
#define MEMBERS_PRESET 100

/* The `most` smallest ids behind `after` that were visited so far, sorted. */
struct selection {
	const struct request *request;
	struct member *members;
	size_t count;
	size_t most;
	bool more; /* there are others behind them */
};

static int
id_compare(const char *id, struct str other)
{
	size_t len = strlen(id);
	int order = memcmp(id, other.data, len < other.len ? len : other.len);

	if (order != 0)
		return order;
	return len < other.len ? -1 : len > other.len;
}

/* Where a member with this id belongs. */
static size_t
selection_place(const struct selection *selection, struct str id)
{
	size_t low = 0, high = selection->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (id_compare(selection->members[middle].id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
selection_add(struct selection *selection, const struct member *member)
{
	struct str after = selection->request->command->after;
	struct member *members = selection->members;
	size_t place;

	if (after.data != NULL && id_compare(member->id, after) <= 0)
		return;
	place = selection_place(selection, str_from(member->id));
	selection->more |= selection->count == selection->most;
	if (place == selection->most)
		return;
	if (selection->count < selection->most)
		selection->count++;
	memmove(members + place + 1, members + place,
	    (selection->count - 1 - place) * sizeof(*members));
	members[place] = *member;
}

static bool
member_visit_each(const struct member *member, void *arg)
{
	selection_add(arg, member);
	return true;
}

static bool
member_visit_in_room(struct str id, void *arg)
{
	struct selection *selection = arg;
	struct member member;

	if (member_store_get(selection->request->chat->members, id, &member) ==
	    CHAT_OK)
		selection_add(selection, &member);
	return true;
}

static enum chat_error
members_answer(const struct request *request, const struct selection *selection)
{
	struct member_entry *entries =
	    calloc(selection->count + 1, sizeof(*entries));
	struct event event = {
		.kind = EVENT_MEMBERS,
		.room = request->room,
		.members = { entries, selection->count, selection->more },
	};

	if (entries == NULL)
		return CHAT_UNAVAILABLE;
	for (size_t i = 0; i < selection->count; i++) {
		const struct member *member = &selection->members[i];

		entries[i] = (struct member_entry){
			.id = str_from(member->id),
			.name = str_from(member->name),
			.since_ms = member->since_ms,
			.is_user = member->is_user,
		};
	}
	request_answer(request, &event);
	free(entries);
	return CHAT_OK;
}

static enum chat_error
members_run(struct request *request)
{
	const struct chat *chat = request->chat;
	struct selection selection = {
		.request = request,
		.most = request->command->limit,
	};
	enum chat_error error;

	if (selection.most > MEMBERS_MOST)
		return request_bad_field(request, "limit");
	if (selection.most == 0)
		selection.most = MEMBERS_PRESET;
	selection.members = calloc(selection.most, sizeof(struct member));
	if (selection.members == NULL)
		return CHAT_UNAVAILABLE;
	if (request->room.data == NULL)
		member_store_each(chat->members, member_visit_each, &selection);
	else
		room_store_each_member(chat->rooms, request->room,
		    member_visit_in_room, &selection);
	error = members_answer(request, &selection);
	free(selection.members);
	return error;
}

/* Without a room it is for the server only, which is in every place. */
const struct command_entry command_members = {
	.needs = NEEDS_AUTHOR | NEEDS_PLACE,
	.rights = RIGHT_READ,
	.run = members_run,
};
