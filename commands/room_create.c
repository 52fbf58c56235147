/* COMMAND_ROOM_CREATE: make a room and be its first member. */
#include "commands/entry.h"
#include "commands/room_life.h"

static enum chat_error
read_id(struct request *request, struct room *room)
{
	struct str wish = request->room;

	room->id[0] = '\0';
	if (wish.data == NULL)
		return CHAT_OK;
	if (!room_id_is_valid(wish))
		return request_bad_field(request, "room");
	memcpy(room->id, wish.data, wish.len);
	room->id[wish.len] = '\0';
	return CHAT_OK;
}

static enum chat_error
read_name(struct request *request, struct room *room)
{
	struct str wish = request->command->name;

	if (wish.data == NULL)
		return request_bad_field(request, "name");
	return room_name_normalize(wish, room->name);
}

/* A room may be smaller than rooms are, and forget sooner, but no more. */
static enum chat_error
read_bounds(struct request *request, struct room *room)
{
	const struct command *command = request->command;
	size_t most = request->chat->limits.room_members;

	if (command->ttl_ms != 0 && command->ttl_ms < ROOM_TTL_LEAST_MS)
		return request_bad_field(request, "ttl_ms");
	room->ttl_ms = command->ttl_ms;
	room->max_members = command->max_members;
	if (room->max_members > most)
		room->max_members = most;
	room->persistent = (command->flags & COMMAND_PERSISTENT) != 0;
	room->member_count = 0;
	return CHAT_OK;
}

static enum chat_error
read_room(struct request *request, struct room *room)
{
	enum chat_error error = read_id(request, room);

	if (error == CHAT_OK)
		error = read_name(request, room);
	if (error == CHAT_OK)
		error = read_bounds(request, room);
	return error;
}

static enum chat_error
make_room(struct request *request, struct room *room)
{
	enum chat_error error = room_life_check_author(request);

	if (error == CHAT_OK)
		error = room_life_check_rooms(request);
	if (error == CHAT_OK)
		error = room_life_begin(request, room);
	if (error != CHAT_OK)
		return error;
	error = room_life_enter(request, room);
	if (error != CHAT_OK)
		room_life_end(request, room);
	return error;
}

static enum chat_error
room_create_run(struct request *request)
{
	struct event event = { .kind = EVENT_ROOM_CREATED };
	struct room room;
	enum chat_error error;

	error = read_room(request, &room);
	if (error == CHAT_OK)
		error = make_room(request, &room);
	if (error != CHAT_OK)
		return error;
	event.lsn = room.lsn;
	event.room = str_from(room.id);
	event.room_name = str_from(room.name);
	event.persistent = room.persistent;
	request_answer(request, &event);
	if (request->command->flags & COMMAND_LEAVES_OTHERS)
		room_life_leave_others(request, event.room);
	return CHAT_OK;
}

const struct command_entry command_room_create = {
	.needs = NEEDS_AUTHOR,
	.run = room_create_run,
};
