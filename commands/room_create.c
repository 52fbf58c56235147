/* COMMAND_ROOM_CREATE: create a room and join it. */
#include "commands/command_table.h"
#include "commands/support/membership.h"
#include "commands/support/room_ops.h"
#include "commands/support/room_options.h"

static enum chat_error
read_name(struct request *request, struct room *room)
{
	struct str wish = request->command->name;

	if (wish.data == NULL)
		return request_bad_field(request, "name");
	if (request->command->flags & COMMAND_ANY_NAME) {
		(void)room_name_sanitize(wish, room->name);
		return CHAT_OK;
	}
	return room_name_normalize(wish, room->name);
}

static enum chat_error
read_room(struct request *request, struct room *room)
{
	enum chat_error error = CHAT_OK;

	*room = (struct room){
		.persistent = request->command->flags & COMMAND_PERSISTENT,
	};
	if (request->room.data != NULL)
		error = room_ops_read_id(request, room);
	if (error == CHAT_OK)
		error = read_name(request, room);
	if (error == CHAT_OK)
		error = room_ops_read_limits(request, room);
	if (error == CHAT_OK)
		error = room_options_read(request, room);
	return error;
}

static enum chat_error
room_create_run(struct request *request)
{
	struct room room;
	enum chat_error error;

	if (room_ops_must_wait(request))
		return request_append_barrier(request);
	error = read_room(request, &room);
	if (error == CHAT_OK)
		error = room_ops_create(request, &room);
	return error;
}

/* Others may have joined the room before its creator. */
static void
create_fail(struct request *request, const struct entry *entry,
    const struct room *room)
{
	if (entry->kind == ENTRY_ATTRIBUTE)
		membership_end(request, room, str_from(request->author.id));
	if (room->member_count == 0)
		room_ops_remove(request, room);
}

static enum chat_error
room_create_finish(struct request *request, const struct entry *entry)
{
	struct event event = { .kind = EVENT_ROOM_CREATED };
	struct room room;
	enum chat_error error;

	error = room_store_get(request->chat->rooms, entry->room_id, &room);
	if (error != CHAT_OK)
		return error;
	if (entry->kind == ENTRY_ROOM_CREATED)
		room_options_apply(request, &room);
	if (entry->kind == ENTRY_ROOM_CREATED &&
	    membership_begins(request, &room)) {
		error = membership_append_begin(request, &room);
		if (error != CHAT_OK)
			room_ops_remove(request, &room);
		return error;
	}
	error = request->command->flags & COMMAND_OF_SERVER
		    ? CHAT_OK
		    : room_ops_enter(request, &room);
	if (error != CHAT_OK) {
		create_fail(request, entry, &room);
		return error;
	}
	event.room = str_from(room.id);
	event.room_name = str_from(room.name);
	event.persistent = room.persistent;
	request_answer(request, &event);
	presence_entered(request, &room);
	if (request->command->flags & COMMAND_LEAVES_OTHERS)
		room_ops_leave_others(request, event.room);
	return CHAT_OK;
}

const struct command_entry command_room_create = {
	.needs = NEEDS_AUTHOR | NEEDS_NO_GUEST | IS_ORDERED,
	.rights = RIGHT_CREATE_ROOMS,
	.run = room_create_run,
	.finish = room_create_finish,
};
