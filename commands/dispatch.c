#include <assert.h>
#include <stdlib.h>

#include "commands/command_table.h"
#include "commands/commands.h"
#include "commands/preconditions.h"
#include "commands/support/file_completion.h"
#include "commands/support/moderation.h"

struct dispatcher {
	struct command_handler base;
	struct entry_handler entry_handler;
	struct ordered_handler ordered_handler;
	struct approval_handler approval_handler;
	struct chat *chat;
	struct dispatcher_state state;
};

static const struct command_entry *const entries[COMMAND_KINDS] = {
#define X(constant, word) [constant] = &command_##word,
	COMMANDS(X)
#undef X
};

static void
request_init(struct request *request, struct dispatcher *self,
    const struct command *command, int64_t now_ms)
{
	/* The large members are not cleared: this runs for every message. */
	request->chat = self->chat;
	request->state = &self->state;
	request->command = command;
	request->room = command->room;
	request->body = command->body;
	request->now_ms = now_ms;
	request->ordered = NULL;
	request->failure = (struct failure){ .error = CHAT_OK };
	request->file_id[0] = '\0';
}

static int64_t
clock_now_ms(const struct dispatcher *self)
{
	return clock_wall_ms(self->chat->clock);
}

/* --- the order of all nodes ----------------------------------------------- */

static bool
is_ordered(const struct request *request, const struct command_entry *entry)
{
	return request->chat->order != NULL && request->ordered == NULL &&
	       ((entry->needs & IS_ORDERED) ||
		   ((entry->needs & IS_ORDERED_IN_LOBBY) &&
		       request->room.data == NULL));
}

/* Later commands of the author wait until it has run. */
static enum chat_error
command_propose(struct request *request)
{
	const struct command *command = request->command;
	struct command proposed = *command;
	enum chat_error error;

	if (command->kind == COMMAND_DISCONNECT)
		publisher_detach(request->chat->publisher, command->author,
		    command->connection);
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

/*
 * With other nodes only. True: the command waits, or cannot run, as *error
 * says.
 */
static bool
waits_for_room(struct request *request, const struct command_entry *entry,
    enum chat_error *error)
{
	struct entry barrier = { .kind = ENTRY_BARRIER };
	char own[ROOM_ID_SIZE] = "";

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

/* --- approval ------------------------------------------------------------- */

static bool
needs_approval(const struct request *request)
{
	struct approval *approval = request->chat->approval;

	return approval != NULL && request->ordered == NULL &&
	       !(request->command->flags & COMMAND_APPROVED) &&
	       approval->ops->concerns(approval, request->command);
}

/*
 * Asks about what may run as far as is known here. True: later commands of the
 * author wait for the decision, or it cannot run, as *error says.
 */
static bool
waits_for_approval(struct request *request, const struct command_entry *entry,
    enum chat_error *error)
{
	struct approval *approval = request->chat->approval;
	struct command command = *request->command;

	*error = preconditions_check(request, entry);
	if (*error != CHAT_OK)
		return true;
	command.room = request->room;
	switch (approval->ops->ask(approval, &command, &request->author,
	    request->body)) {
	case APPROVAL_IS_GIVEN:
		return false;
	case APPROVAL_IS_AWAITED:
		command_queues_entry_added(&request->state->queues,
		    command.author, true);
		return true;
	case APPROVAL_IS_IMPOSSIBLE:
		break;
	}
	*error = CHAT_UNAVAILABLE;
	return true;
}

static enum chat_error
run_for_author(struct request *request, const struct command_entry *entry)
{
	enum chat_error error;

	error = preconditions_find_room(request);
	if (error == CHAT_OK && request->chat->order != NULL &&
	    request->ordered == NULL && waits_for_room(request, entry, &error))
		return error;
	if (error == CHAT_OK && needs_approval(request) &&
	    waits_for_approval(request, entry, &error))
		return error;
	if (error == CHAT_OK && is_ordered(request, entry)) {
		/* What becomes of a body is not the same at all nodes. */
		if (entry->needs & NEEDS_BODY)
			error = preconditions_check(request, entry);
		if (error == CHAT_OK && entry->prepare != NULL)
			error = entry->prepare(request);
		return error == CHAT_OK ? command_propose(request) : error;
	}
	if (error == CHAT_OK)
		error = preconditions_check(request, entry);
	if (error == CHAT_OK)
		error = entry->run(request);
	return error;
}

/* --- the order of each author's commands ---------------------------------- */

/* Queued commands that run in one turn of the loop. */
#define RUN_AT_ONCE 8

/*
 * False: no memory. A connection that ends receives nothing more, although its
 * member leaves later.
 */
static bool
queue_add(struct dispatcher *self, const struct command *command)
{
	if (command->kind == COMMAND_DISCONNECT)
		publisher_detach(self->chat->publisher, command->author,
		    command->connection);
	return command_queues_add(&self->state.queues, command);
}

/*
 * A failure is not answered before earlier commands are: the command runs again
 * behind them.
 */
static bool
fails_too_early(const struct dispatcher *self, const struct command *command)
{
	return entries[command->kind]->turn != TURN_AT_ONCE &&
	       command_queues_has_entries(&self->state.queues, command->author);
}

static enum chat_error
handle_for_author(struct dispatcher *self, const struct command *command)
{
	const struct command_entry *entry = entries[command->kind];
	struct request request;
	enum chat_error error;
	bool waits = command_queues_must_wait(&self->state.queues,
	    command->author, entry->turn);

	if (waits && queue_add(self, command))
		return CHAT_OK;
	request_init(&request, self, command, clock_now_ms(self));
	error = request_find_author(&request);
	if (error == CHAT_MEMBER_NOT_FOUND)
		return error; /* there is no member to be answered */
	/* Only a disconnect may overtake if there is no memory to wait. */
	if (waits && command->kind != COMMAND_DISCONNECT)
		error = CHAT_UNAVAILABLE;
	else if (error == CHAT_OK)
		error = run_for_author(&request, entry);
	if (error == CHAT_OK || (!waits && fails_too_early(self, command) &&
				    queue_add(self, command)))
		return CHAT_OK;
	request_answer_failure(&request, error);
	return error;
}

/* Runs the author's first command. False: it has to wait for more entries. */
static bool
queue_run_first(struct dispatcher *self, const struct command *command)
{
	const struct command_entry *entry = entries[command->kind];
	struct command_queues *queues = &self->state.queues;
	struct request request;
	enum chat_error error;

	if (!command_queues_may_resume(queues, command->author, entry->turn))
		return false;
	request_init(&request, self, command, clock_now_ms(self));
	error = request_find_author(&request);
	if (error == CHAT_MEMBER_NOT_FOUND)
		return true;
	if (error == CHAT_OK)
		error = run_for_author(&request, entry);
	if (error != CHAT_OK && fails_too_early(self, command))
		return false;
	if (error != CHAT_OK)
		request_answer_failure(&request, error);
	return true;
}

/* Runs commands that have waited for the author's entries. */
static void
queue_run(struct dispatcher *self, struct str author)
{
	struct command_queues *queues = &self->state.queues;
	const struct command *command;

	for (int i = 1;
	     (command = command_queues_first(queues, author)) != NULL; i++) {
		if (!queue_run_first(self, command))
			return;
		command_queues_remove_first(queues, author);
		if (i % RUN_AT_ONCE == 0 &&
		    command_queues_first(queues, author) != NULL &&
		    request_run_waiting_later(self->chat, &self->state, author))
			return;
	}
}

/* --- the command handler -------------------------------------------------- */

static enum chat_error
dispatcher_handle(struct command_handler *handler,
    const struct command *command)
{
	struct dispatcher *self = (struct dispatcher *)handler;
	const struct command_entry *entry;
	struct request request;

	assert((unsigned)command->kind < COMMAND_KINDS);
	entry = entries[command->kind];
	if (entry->needs & NEEDS_AUTHOR)
		return handle_for_author(self, command);
	request_init(&request, self, command, clock_now_ms(self));
	return is_ordered(&request, entry) ? command_propose(&request)
					   : entry->run(&request);
}

static bool
dispatcher_is_in_room(struct command_handler *handler, struct str member_id)
{
	const struct dispatcher *self = (struct dispatcher *)handler;
	bool is_in_room;

	if (command_queues_move(&self->state.queues, member_id, &is_in_room))
		return is_in_room;
	return room_store_rooms_of(self->chat->rooms, member_id) > 0;
}

static const struct command_handler_ops dispatcher_ops = {
	.handle = dispatcher_handle,
	.is_in_room = dispatcher_is_in_room,
};

/* An entry of the author is done. Authors of other nodes have none here. */
static void
author_go_on(struct dispatcher *self, const struct command *command, bool moves)
{
	if (command->connection == CONNECTION_ELSEWHERE)
		return;
	if (command_queues_entry_done(&self->state.queues, command->author,
		moves))
		queue_run(self, command->author);
}

/*
 * The entry decides where its author is, who must be there; a barrier's command
 * runs again.
 */
static enum chat_error
finish_move(struct request *request, const struct entry *entry)
{
	const struct command *command = request->command;

	if (request_find_author(request) != CHAT_OK)
		return CHAT_OK;
	return entry->kind == ENTRY_BARRIER
		   ? run_for_author(request, entries[command->kind])
		   : entries[command->kind]->finish(request, entry);
}

/* Others learn of it, be the author there or not. */
static enum chat_error
finish_without_author(struct request *request, const struct entry *entry)
{
	const struct command *command = request->command;

	if (entry->kind == ENTRY_ATTRIBUTE)
		(void)member_store_get(request->chat->members, command->author,
		    &request->author);
	return entries[command->kind]->finish(request, entry);
}

/* A message is published with its own time: the clock is not read again. */
static int64_t
finish_time_ms(const struct dispatcher *self, const struct entry *entry,
    enum chat_error outcome)
{
	return entry->kind == ENTRY_MESSAGE && outcome == CHAT_OK
		   ? entry->message.at_ms
		   : clock_now_ms(self);
}

/*
 * The entry was appended a while ago: there is a copy of the command, whose
 * author may be gone. Then only its id is known.
 */
static void
finish_later(struct dispatcher *self, const struct entry *entry,
    const struct command *command, enum chat_error outcome)
{
	bool moves = request_entry_moves(entry, command->author);
	struct request request;
	enum chat_error error = outcome;

	request_init(&request, self, command,
	    finish_time_ms(self, entry, outcome));
	assert(command->author.len < sizeof(request.author.id));
	memcpy(request.author.id, command->author.data, command->author.len);
	request.author.id[command->author.len] = '\0';
	request.author.name[0] = '\0';
	if (outcome == CHAT_OK || entry->kind == ENTRY_BARRIER)
		error = moves ? finish_move(&request, entry)
			      : finish_without_author(&request, entry);
	if (error != CHAT_OK)
		request_answer_failure(&request, error);
	author_go_on(self, command, moves);
}

/* With other nodes, what a server does by itself is done by all of them. */
static void
publish_by_server(struct dispatcher *self, const struct entry *entry,
    enum chat_error outcome)
{
	struct command nothing = { .kind = COMMAND_NOOP };
	struct moderation moderation;
	struct request request;

	if (self->chat->order == NULL || outcome != CHAT_OK ||
	    entry->kind != ENTRY_ATTRIBUTE ||
	    entry->attribute.kind != ATTRIBUTE_ROLE)
		return;
	request_init(&request, self, &nothing, clock_now_ms(self));
	request.author.id[0] = request.author.name[0] = '\0';
	if (moderation_resume(&request, entry, &moderation))
		moderation_publish_by_server(&request, &moderation);
}

static void
dispatcher_handle_entry(struct entry_handler *handler,
    const struct entry *entry, const struct command *requester,
    enum chat_error outcome)
{
	struct dispatcher *self =
	    LIST_OWNER(handler, struct dispatcher, entry_handler);
	struct request *request = self->state.appending;
	enum chat_error appended;

	if (requester == NULL) {
		publish_by_server(self, entry, outcome);
		return;
	}
	if (request == NULL) {
		finish_later(self, entry, requester, outcome);
		return;
	}
	self->state.appending = NULL;
	appended = entries[requester->kind]->finish(request, entry);
	/* finish() may have appended an entry itself. */
	request->is_appended = true;
	request->appended = appended;
}

static const struct entry_handler_ops entry_handler_ops = {
	.handle = dispatcher_handle_entry,
};

/* --- commands in the order of all nodes ----------------------------------- */

/* Other connections than the one that the command came from wait for nothing.
 */
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
		error =
		    run_for_author(request, entries[request->command->kind]);
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
	author_go_on(self, command, true);
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
	request_init(&request, self, command, clock_now_ms(self));
	if (request_find_author(&request) == CHAT_OK)
		request_answer_failure(&request, error);
	author_go_on(self, command, true);
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

static const struct ordered_handler_ops ordered_handler_ops = {
	.begin_epoch = dispatcher_begin_epoch,
	.reset = dispatcher_reset_room,
	.run = dispatcher_run_ordered,
	.give_up = dispatcher_give_up,
};

/* --- decisions ------------------------------------------------------------ */

static enum chat_error
run_approved(struct request *request, enum chat_error decision, struct str text)
{
	if (decision == CHAT_OK)
		return run_for_author(request, entries[request->command->kind]);
	request->failure.text = text;
	return decision;
}

static void
dispatcher_decided(struct approval_handler *handler,
    const struct command *command, enum chat_error decision, struct str text)
{
	struct dispatcher *self =
	    LIST_OWNER(handler, struct dispatcher, approval_handler);
	struct request request;
	enum chat_error error;

	request_init(&request, self, command, clock_now_ms(self));
	error = request_find_author(&request);
	if (error == CHAT_OK)
		error = run_approved(&request, decision, text);
	if (error != CHAT_OK && error != CHAT_MEMBER_NOT_FOUND)
		request_answer_failure(&request, error);
	author_go_on(self, command, true);
}

static const struct approval_handler_ops approval_handler_ops = {
	.decided = dispatcher_decided,
};

struct dispatcher *
dispatcher_create(struct chat *chat)
{
	struct dispatcher *self = calloc(1, sizeof(*self));

	if (self == NULL)
		return NULL;
	self->base.ops = &dispatcher_ops;
	self->entry_handler.ops = &entry_handler_ops;
	self->ordered_handler.ops = &ordered_handler_ops;
	self->approval_handler.ops = &approval_handler_ops;
	self->chat = chat;
	chat->log->handler = &self->entry_handler;
	if (chat->order != NULL)
		chat->order->handler = &self->ordered_handler;
	if (chat->approval != NULL)
		chat->approval->handler = &self->approval_handler;
	command_queues_init(&self->state.queues);
	unique_name_init(&self->state.suffixes);
	presence_init(&self->state.presence);
	post_limits_init(&self->state.post_limits);
	list_init(&self->state.file_completions);
	return self;
}

void
dispatcher_destroy(struct dispatcher *self)
{
	if (self == NULL)
		return;
	self->chat->log->handler = NULL;
	if (self->chat->order != NULL)
		self->chat->order->handler = NULL;
	if (self->chat->approval != NULL)
		self->chat->approval->handler = NULL;
	command_queues_fini(&self->state.queues);
	unique_name_fini(&self->state.suffixes);
	presence_fini(&self->state.presence);
	post_limits_fini(&self->state.post_limits);
	listings_fini(&self->state.listings);
	room_quota_fini(&self->state.room_quota);
	file_completions_free(&self->state.file_completions);
	free(self);
}

struct command_handler *
dispatcher_handler(struct dispatcher *self)
{
	return &self->base;
}

uint64_t
dispatcher_newcomers(const struct dispatcher *self)
{
	return self->state.newcomers;
}

static bool
lobby_count(const struct member *member, void *arg)
{
	size_t *count = arg;

	*count += member->in_lobby;
	return true;
}

void
dispatcher_resume(struct dispatcher *self, uint64_t newcomers)
{
	self->state.newcomers = newcomers;
	self->state.in_lobby = 0;
	member_store_each(self->chat->members, lobby_count,
	    &self->state.in_lobby);
}

size_t
dispatcher_queued_bytes(const struct dispatcher *self)
{
	return self->state.queues.bytes;
}

bool
dispatcher_is_idle(const struct dispatcher *self)
{
	return list_is_empty(&self->state.queues.all) &&
	       list_is_empty(&self->state.file_completions);
}

const struct file_totals *
dispatcher_file_totals(const struct dispatcher *self)
{
	return &self->state.file_totals;
}

bool
dispatcher_is_under_pressure(const struct dispatcher *self)
{
	return self->state.queues.bytes > COMMAND_QUEUES_MOST / 4 * 3;
}
