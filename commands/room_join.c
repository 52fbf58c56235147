/* COMMAND_ROOM_JOIN: enter a room, and get the messages that were missed. */
#include "commands/command_table.h"
#include "commands/support/guest.h"
#include "commands/support/membership.h"
#include "commands/support/name_list.h"
#include "commands/support/resume.h"
#include "commands/support/room_ops.h"
#include "commands/support/room_options.h"
#include "commands/support/room_roles.h"
#include "domain/private_talk.h"

static enum chat_error
find_room(struct request *request, struct room *room, bool *is_new)
{
	enum chat_error error;

	*is_new = false;
	if (request->room.data == NULL)
		return request_bad_field(request, "room");
	if (request->command->limit > HISTORY_PAGE_MOST)
		return request_bad_field(request, "history");
	error = room_store_get(request->chat->rooms, request->room, room);
	*is_new = error == CHAT_ROOM_NOT_FOUND;
	if (!*is_new)
		return error;
	*room = (struct room){ .member_count = 0 };
	if (command_may_create_room(request->command))
		return request_check_rights(request, RIGHT_CREATE_ROOMS);
	return request_room_not_found(request);
}

static enum chat_error
check_space(struct request *request, const struct room *room)
{
	size_t most = request->chat->limits.room_members;

	if (room->max_members != 0 && room->max_members < most)
		most = room->max_members;
	if (room->member_count < most)
		return room_ops_check_author(request);
	return request_over_limit(request, CHAT_ROOM_FULL, most);
}

static struct event
joined_event(const struct request *request, const struct room *room)
{
	struct event event = request_event(request, EVENT_ROOM_JOINED);

	event.room = str_from(room->id);
	event.room_name = str_from(room->name);
	event.epoch = str_from(room->epoch);
	event.at_ms = request->now_ms;
	event.count = room->member_count;
	event.names.left_out =
	    (request->command->flags & COMMAND_UNLISTED) ||
	    talk_id_is_valid(event.room) ||
	    room->member_count > request->chat->limits.presence_up_to;
	return event;
}

/*
 * Everything that may fail is done before the answer is published. The topic of
 * a new room is not in the store yet.
 */
static enum chat_error
answer_join(struct request *request, const struct room *room, struct str topic,
    bool is_repeated)
{
	struct event event = joined_event(request, room);
	struct string_list names = { .most = 0 };
	struct resume missed;
	enum chat_error error;

	error = resume_collect(request, room, &missed);
	if (error == CHAT_OK && !event.names.left_out)
		error = name_list_of_room(request->chat, event.room, false,
		    request->chat->limits.list_bytes, &names);
	if (error == CHAT_OK) {
		if (!event.names.left_out)
			event.names = name_list_names(&names);
		event.seq = missed.seq;
		event.page = missed.history.page;
		event.changes = missed.changes.page;
		event.recovery = missed.recovery;
		room_options_describe(request, room, &event);
		if (!str_is_empty(topic))
			event.topic = topic;
		event.duplicate = is_repeated;
		request_answer(request, &event);
	}
	string_list_fini(&names);
	resume_fini(&missed);
	return error;
}

static enum chat_error
enter_room(struct request *request, struct room *room, struct str topic)
{
	enum chat_error error = room_ops_enter(request, room);

	if (error != CHAT_OK || request_is_foreign(request))
		return error;
	error = answer_join(request, room, topic, false);
	if (error == CHAT_OK)
		return CHAT_OK;
	/* At other nodes the author is in the room. */
	if (request->ordered != NULL) {
		request_answer_failure(request, error);
		return CHAT_OK;
	}
	room_ops_exit(request, room);
	return error;
}

/* A room created by a join has its id as its name. */
static enum chat_error
create_room(struct request *request, struct room *room)
{
	enum chat_error error = room_ops_read_id(request, room);

	room->persistent = request->command->flags & COMMAND_PERSISTENT;
	if (error == CHAT_OK)
		error = room_ops_read_limits(request, room);
	if (error == CHAT_OK)
		error = room_options_read(request, room);
	if (error == CHAT_OK)
		error = room_ops_create(request, room);
	return error;
}

/* The author is in the room, and has the answer. */
static void
after_entering(struct request *request, const struct room *room)
{
	room_ops_announce(request, room);
	if (request->command->flags & COMMAND_LEAVES_OTHERS)
		room_ops_leave_others(request, str_from(room->id));
}

static enum chat_error
check_and_enter(struct request *request, struct room *room)
{
	enum chat_error error = check_space(request, room);

	if (error == CHAT_OK && membership_begins(request, room)) {
		error = membership_append_begin(request, room);
		/* A room can be read while nothing can be written. */
		if (error != CHAT_UNAVAILABLE)
			return error;
		error = CHAT_OK;
	}
	if (error == CHAT_OK)
		error = enter_room(request, room, STR_ABSENT);
	if (error == CHAT_OK)
		after_entering(request, room);
	return error;
}

/*
 * A private talk is not entered: its messages come to the two users anyway, as
 * private messages. For other members it does not exist.
 */
static enum chat_error
join_talk(struct request *request)
{
	struct room room;

	if (talk_other(request->room, request->command->author).data == NULL ||
	    room_store_get(request->chat->rooms, request->room, &room) !=
		CHAT_OK)
		return request_room_not_found(request);
	room.member_count = 2;
	return answer_join(request, &room, STR_ABSENT, false);
}

static enum chat_error
room_join_run(struct request *request)
{
	struct room room;
	bool is_new;
	enum chat_error error;

	if (room_ops_must_wait(request))
		return request_append_barrier(request);
	if (talk_id_is_valid(request->room))
		return join_talk(request);
	error = find_room(request, &room, &is_new);
	if (error != CHAT_OK)
		return error;
	if (room_store_has(request->chat->rooms, request->room,
		request->command->author))
		return answer_join(request, &room, STR_ABSENT, true);
	if (!is_new)
		error = room_roles_check_join(request, &room);
	if (error == CHAT_OK)
		error = guest_check_rooms(request, &room);
	if (error != CHAT_OK)
		return error;
	return is_new ? create_room(request, &room)
		      : check_and_enter(request, &room);
}

/* The room is empty; the membership of a user comes first. */
static enum chat_error
enter_created(struct request *request, struct room *room)
{
	enum chat_error error;

	room_options_apply(request, room);
	if (membership_begins(request, room)) {
		error = membership_append_begin(request, room);
	} else {
		error = enter_room(request, room, request->command->topic);
		if (error == CHAT_OK)
			after_entering(request, room);
	}
	if (error != CHAT_OK)
		room_ops_remove(request, room);
	return error;
}

static enum chat_error
room_join_finish(struct request *request, const struct entry *entry)
{
	struct room room;
	enum chat_error error;

	error = room_store_get(request->chat->rooms, entry->room_id, &room);
	if (error != CHAT_OK)
		return error;
	if (entry->kind == ENTRY_ROOM_CREATED)
		return enter_created(request, &room);
	error = room_roles_check_join(request, &room);
	if (error == CHAT_OK)
		error = check_and_enter(request, &room);
	if (error != CHAT_OK)
		membership_end(request, &room, str_from(request->author.id));
	return error;
}

const struct command_entry command_room_join = {
	.needs = NEEDS_AUTHOR | NEEDS_HISTORY | IS_ORDERED,
	.rights = RIGHT_JOIN,
	.run = room_join_run,
	.finish = room_join_finish,
};
