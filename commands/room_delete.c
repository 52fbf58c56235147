/*
 * COMMAND_ROOM_DELETE: a room ends, with its history and all that is known of
 * it; its members leave.
 *
 * The first entry removes the topic: if the store cannot write, nothing has
 * happened. Then the members are put out, and the room is removed. If the store
 * fails in between, the room stays, empty.
 */
#include "commands/command_table.h"
#include "commands/support/moderation.h"
#include "commands/support/room_ops.h"
#include "commands/support/room_options.h"

static enum chat_error
room_delete_run(struct request *request)
{
	struct room room;
	enum chat_error error =
	    moderation_find_room(request, RIGHT_ADMIN, &room);

	if (error != CHAT_OK)
		return error;
	return room_options_append_topic(request, &room);
}

static bool
member_copy_id(struct str member_id, void *arg)
{
	char *id = arg;

	memcpy(id, member_id.data, member_id.len);
	id[member_id.len] = '\0';
	return false;
}

/* False: the room is empty. */
static bool
first_member(const struct request *request, const struct room *room,
    struct member *out)
{
	char id[ID_SIZE] = "";

	room_store_each_member(request->chat->rooms, str_from(room->id),
	    member_copy_id, id);
	return id[0] != '\0' && member_store_get(request->chat->members,
				    str_from(id), out) == CHAT_OK;
}

/* Members of the room are connected. */
static void
members_put_out(struct request *request, struct room *room)
{
	struct event event =
	    moderation_room_event(request, room, EVENT_ROOM_DELETED);
	struct request of_member = *request;

	while (first_member(request, room, &of_member.author)) {
		event.member = str_from(of_member.author.name);
		event.member_id = str_from(of_member.author.id);
		publisher_publish(request->chat->publisher, &event,
		    audience_one(event.member_id));
		room_ops_exit(&of_member, room);
	}
}

static enum chat_error
room_delete_finish(struct request *request, const struct entry *entry)
{
	struct entry removal = { .kind = ENTRY_ROOM_REMOVED,
		.room_id = entry->room_id };
	struct room room;

	if (entry->kind == ENTRY_ROOM_REMOVED) {
		moderation_answer(request);
		return CHAT_OK;
	}
	moderation_find_author(request);
	if (room_store_get(request->chat->rooms, entry->room_id, &room) !=
	    CHAT_OK)
		return request_room_not_found(request);
	moderation_log(request, entry->room_id, STR_ABSENT, STR_ABSENT);
	members_put_out(request, &room);
	return request_append(request, &removal);
}

const struct command_entry command_room_delete = {
	.needs = NEEDS_AUTHOR | IS_ORDERED,
	.run = room_delete_run,
	.finish = room_delete_finish,
};
