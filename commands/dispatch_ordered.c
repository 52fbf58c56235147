/* The order of all nodes: proposes commands, and runs them at their place. */
#include <assert.h>

#include "commands/dispatch_internal.h"

/* --- proposals ------------------------------------------------------------ */

enum chat_error
dispatch_propose(struct request *request)
{
	const struct command *command = request->command;
	struct command proposed = *command;
	enum chat_error error;

	assert(request->chat->order != NULL);
	dispatch_detach_if_ending(request->chat, command);
	proposed.body = request->body;
	error = command_order_propose(request->chat->order, &proposed);
	if (error == CHAT_OK && command->author.data != NULL)
		command_queues_entry_added(&request->state->queues,
		    command->author, true);
	return error;
}

/* What the command reads; *room is what it waits for. */
static enum room_readiness
readiness_of(struct request *request, const struct command_entry *entry,
    struct str *room, char own[ROOM_ID_SIZE])
{
	struct command_order *order = request->chat->order;
	enum room_readiness readiness = ROOM_IS_READY;

	if (request->command->flags & COMMAND_MINE) {
		readiness = command_order_own_rooms(order,
		    request->command->author, own);
		*room = str_from(own);
	} else if ((entry->needs & NEEDS_HISTORY) &&
		   request->room.data != NULL) {
		readiness = command_order_room(order, request->room);
		*room = request->room;
	}
	return readiness;
}

bool
dispatch_waits_for_room(struct request *request,
    const struct command_entry *entry, enum chat_error *error)
{
	struct entry barrier = { .kind = ENTRY_BARRIER };
	char own[ROOM_ID_SIZE] = "";

	assert(request->chat->order != NULL && request->ordered == NULL);
	switch (readiness_of(request, entry, &barrier.room_id, own)) {
	case ROOM_IS_READY:
		return false;
	case ROOM_IS_AWAITED:
		*error = request_append(request, &barrier);
		return true;
	case ROOM_IS_UNAVAILABLE:
		break;
	}
	*error = CHAT_UNAVAILABLE;
	return true;
}

/* --- at their place ------------------------------------------------------- */

/* At other nodes no connection waits for the outcome. */
static void
connect_ordered(struct request *request)
{
	enum chat_error error = command_connect.run(request);

	if (error != CHAT_OK && !request->ordered->is_foreign)
		publisher_end(request->chat->publisher, STR_ABSENT,
		    request->command->connection, error);
}

static void
run_ordered(struct request *request)
{
	enum chat_error error = request_find_author(request);

	if (error == CHAT_MEMBER_NOT_FOUND)
		return;
	if (error == CHAT_OK)
		error = dispatch_run(request);
	if (error != CHAT_OK)
		request_answer_failure(request, error);
}

static void
dispatcher_run_ordered(struct ordered_handler *handler,
    const struct command *command, struct ordered_run *run)
{
	struct dispatcher *self =
	    LIST_OWNER(handler, struct dispatcher, ordered_handler);
	struct request request;

	request_init(&request, self, command, run->now_ms);
	request.ordered = run;
	run->is_lost = false;
	run->member_id[0] = '\0';
	if (command->kind == COMMAND_CONNECT) {
		connect_ordered(&request);
		return;
	}
	run_ordered(&request);
	dispatch_author_go_on(self, command, true);
}

static void
dispatcher_give_up(struct ordered_handler *handler,
    const struct command *command, enum chat_error error)
{
	struct dispatcher *self =
	    LIST_OWNER(handler, struct dispatcher, ordered_handler);
	struct request request;

	if (command->kind == COMMAND_CONNECT) {
		publisher_end(self->chat->publisher, STR_ABSENT,
		    command->connection, error);
		return;
	}
	request_init(&request, self, command, dispatcher_now_ms(self));
	if (request_find_author(&request) == CHAT_OK)
		request_answer_failure(&request, error);
	dispatch_author_go_on(self, command, true);
}

/* A client that comes again reads the room anew. */
static bool
room_member_end(struct str member_id, void *arg)
{
	struct dispatcher *self = arg;

	publisher_end(self->chat->publisher, member_id, 0, CHAT_STORE_FAILED);
	return true;
}

static void
dispatcher_reset_room(struct ordered_handler *handler, struct str room_id)
{
	struct dispatcher *self =
	    LIST_OWNER(handler, struct dispatcher, ordered_handler);

	room_store_each_member(self->chat->rooms, room_id, room_member_end,
	    self);
}

static void
dispatcher_begin_epoch(struct ordered_handler *handler, struct str room_id,
    uint64_t last_seq)
{
	const struct chat *chat =
	    LIST_OWNER(handler, struct dispatcher, ordered_handler)->chat;
	struct audience members = { .kind = AUDIENCE_ROOM, .room = room_id };
	struct event event = {
		.kind = EVENT_EPOCH, .room = room_id, .seq = last_seq
	};
	struct room room;

	if (room_store_get(chat->rooms, room_id, &room) != CHAT_OK)
		return;
	event.epoch = str_from(room.epoch);
	publisher_publish(chat->publisher, &event, members);
}

const struct ordered_handler_ops dispatch_ordered_ops = {
	.begin_epoch = dispatcher_begin_epoch,
	.reset = dispatcher_reset_room,
	.run = dispatcher_run_ordered,
	.give_up = dispatcher_give_up,
};
