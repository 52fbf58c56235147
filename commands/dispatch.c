/* Runs commands, in order for each author, and finishes their log entries. */
#include <assert.h>
#include <stdlib.h>

#include "commands/dispatch_internal.h"
#include "commands/preconditions.h"
#include "commands/support/file_completion.h"
#include "commands/support/moderation.h"

static const struct command_entry *const entries[COMMAND_KINDS] = {
#define X(constant, word) [constant] = &command_##word,
	COMMANDS(X)
#undef X
};

/* --- one command ---------------------------------------------------------- */

static bool
is_ordered(const struct request *request, const struct command_entry *entry)
{
	return request->chat->order != NULL && request->ordered == NULL &&
	       ((entry->needs & IS_ORDERED) ||
		   ((entry->needs & IS_ORDERED_IN_LOBBY) &&
		       request->room.data == NULL));
}

enum chat_error
dispatch_run(struct request *request)
{
	const struct command_entry *entry = entries[request->command->kind];
	enum chat_error error;

	error = preconditions_find_room(request);
	if (error == CHAT_OK && request->ordered == NULL)
		error = preconditions_check_words(request);
	if (error == CHAT_OK && request->chat->order != NULL &&
	    request->ordered == NULL &&
	    dispatch_waits_for_room(request, entry, &error))
		return error;
	if (error == CHAT_OK && request->chat->approval != NULL &&
	    dispatch_waits_for_approval(request, entry, &error))
		return error;
	if (error == CHAT_OK && is_ordered(request, entry)) {
		/* Nodes may filter a body differently: this one does it for
		 * all. */
		if (entry->needs & NEEDS_BODY)
			error = preconditions_check(request, entry);
		if (error == CHAT_OK && entry->prepare != NULL)
			error = entry->prepare(request);
		return error == CHAT_OK ? dispatch_propose(request) : error;
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

/* False: no memory. */
static bool
queue_add(struct dispatcher *self, const struct command *command)
{
	dispatch_detach_if_ending(self->chat, command);
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
	request_init(&request, self, command, dispatcher_now_ms(self));
	error = request_find_author(&request);
	if (error == CHAT_MEMBER_NOT_FOUND)
		return error; /* there is no member to be answered */
	/* Only a disconnect may overtake if there is no memory to wait. */
	if (waits && command->kind != COMMAND_DISCONNECT)
		error = CHAT_UNAVAILABLE;
	else if (error == CHAT_OK)
		error = dispatch_run(&request);
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
	request_init(&request, self, command, dispatcher_now_ms(self));
	error = request_find_author(&request);
	if (error == CHAT_MEMBER_NOT_FOUND)
		return true;
	if (error == CHAT_OK)
		error = dispatch_run(&request);
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
	request_init(&request, self, command, dispatcher_now_ms(self));
	return is_ordered(&request, entry) ? dispatch_propose(&request)
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

/* --- entries of the log that are done ------------------------------------- */

void
dispatch_author_go_on(struct dispatcher *self, const struct command *command,
    bool moves)
{
	if (command->connection == CONNECTION_ELSEWHERE)
		return;
	if (command_queues_entry_done(&self->state.queues, command->author,
		moves))
		queue_run(self, command->author);
}

/*
 * The entry decides where its author is. An author that is gone is nowhere. The
 * command of a barrier runs again.
 */
static enum chat_error
finish_move(struct request *request, const struct entry *entry)
{
	const struct command *command = request->command;

	if (request_find_author(request) != CHAT_OK)
		return CHAT_OK;
	return entry->kind == ENTRY_BARRIER
		   ? dispatch_run(request)
		   : entries[command->kind]->finish(request, entry);
}

/* Others are sent the event, even if the author is gone. */
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
		   : dispatcher_now_ms(self);
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
	dispatch_author_go_on(self, command, moves);
}

/*
 * What the server itself has changed. Without other nodes it was published when
 * it was decided.
 */
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
	request_init(&request, self, &nothing, dispatcher_now_ms(self));
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

/* --- life cycle ----------------------------------------------------------- */

struct dispatcher *
dispatcher_create(struct chat *chat)
{
	struct dispatcher *self = calloc(1, sizeof(*self));

	if (self == NULL)
		return NULL;
	self->base.ops = &dispatcher_ops;
	self->entry_handler.ops = &entry_handler_ops;
	self->ordered_handler.ops = &dispatch_ordered_ops;
	self->approval_handler.ops = &dispatch_approval_ops;
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
