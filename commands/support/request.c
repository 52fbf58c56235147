#include "commands/support/request.h"

#include <assert.h>

#include "domain/base/count_of.h"
#include "domain/private_talk.h"
#include "domain/room_pattern.h"
#include "domain/text/names.h"
#include "domain/text/utf8.h"

/* The time after which a client may retry a command that the store refused. */
#define RETRY_AFTER_MS 1000

#define KEY_MOST 64

/* The longest quotation of a request; any valid id or name fits. */
#define QUOTE_MOST 160

/* Others see what the command has. */
static enum chat_error
find_server(struct request *request)
{
	const struct command *command = request->command;
	struct member *author = &request->author;
	struct str name = command->as_name;

	*author = (struct member){
		.in_lobby = true,
		.is_user = true,
	};
	if (command->as_id.len >= sizeof(author->id) ||
	    !room_id_is_valid(command->as_id))
		return request_bad_field(request, "as.id");
	memcpy(author->id, command->as_id.data, command->as_id.len);
	if (name.data == NULL)
		name = command->as_id;
	if (name_normalize(name, MEMBER_NAME_CHARS, author->name) != CHAT_OK)
		return request_bad_field(request, "as.name");
	return CHAT_OK;
}

enum chat_error
request_find_author(struct request *request)
{
	if (request->command->flags & COMMAND_OF_SERVER)
		return find_server(request);
	return member_store_get(request->chat->members,
	    request->command->author, &request->author);
}

struct presence_observer *
request_observer(const struct request *request)
{
	return request->chat->observer;
}

uint32_t
request_observed_connection(const struct request *request)
{
	return request->ordered != NULL ? request->ordered->connection
					: request->command->connection;
}

struct event
request_event(const struct request *request, enum event_kind kind)
{
	return (struct event){
		.kind = kind,
		.member = str_from(request->author.name),
		.member_id = str_from(request->author.id),
		.connection = request->command->connection,
		.at_ms = request->now_ms,
	};
}

void
request_answer(const struct request *request, struct event *event)
{
	const struct command *command = request->command;
	struct str to = str_from(request->author.id);

	if (command->flags & COMMAND_OF_SERVER)
		to = command->author;
	event->ref = command->ref;
	if (event->at_ms == 0)
		event->at_ms = request->now_ms;
	event->failure.command = command->word;
	publisher_publish(request->chat->publisher, event,
	    audience_connection(to, command->connection));
}

void
request_publish_to_own_others(const struct request *request,
    const struct event *event)
{
	if (request->author.connections > 1)
		publisher_publish(request->chat->publisher, event,
		    audience_own_others(event->member_id));
}

void
request_answer_failure(const struct request *request, enum chat_error error)
{
	struct event event = {
		.kind = EVENT_FAILED,
		.room = request->room,
		.recipient = request->command->recipient,
		.at_ms = request->now_ms,
		.failure = request->failure,
	};

	if (error == CHAT_FILE_NOT_FOUND)
		event.member = str_from(request->author.name);
	event.failure.error = error;
	event.failure.fatal = (request->command->flags & COMMAND_FATAL) != 0;
	if (error == CHAT_UNAVAILABLE || error == CHAT_STORE_FAILED)
		event.failure.retry_after_ms = RETRY_AFTER_MS;
	request_answer(request, &event);
}

bool
request_entry_moves(const struct entry *entry, struct str author)
{
	switch (entry->kind) {
	case ENTRY_MESSAGE:
		return false;
	case ENTRY_ATTRIBUTE:
		return entry->attribute.kind == ATTRIBUTE_MEMBER &&
		       str_equal(entry->attribute.subject, author);
	default:
		return true;
	}
}

enum chat_error
request_append(struct request *request, struct entry *entry)
{
	struct dispatcher_state *state = request->state;
	const struct command *requester = request->command;
	enum chat_error error;

	request->is_appended = false;
	state->appending = request;
	error = commit_log_append(request->chat->log, entry, requester);
	state->appending = NULL;
	if (error != CHAT_OK)
		return error;
	if (request->is_appended)
		return request->appended;
	command_queues_entry_added(&state->queues, requester->author,
	    request_entry_moves(entry, requester->author));
	return CHAT_OK;
}

enum chat_error
request_filter_body(struct request *request)
{
	struct message_filter *filter = request->chat->filter;

	if (filter == NULL)
		return CHAT_OK;
	switch (message_filter_apply(filter, request->command->body,
	    &request->body)) {
	case FILTER_PASSED:
	case FILTER_CHANGED:
		return CHAT_OK;
	case FILTER_REFUSED:
		return CHAT_MESSAGE_REFUSED;
	case FILTER_FAILED:
		break;
	}
	return CHAT_UNAVAILABLE;
}

enum chat_error
request_append_message(struct request *request)
{
	const struct command *command = request->command;
	struct entry entry = {
		.kind = ENTRY_MESSAGE,
		.room_id = request->room,
		.message = {
		    .at_ms = request->now_ms,
		    .author = str_from(request->author.name),
		    .author_id = str_from(request->author.id),
		    .body = request->body,
		    .key = command->key,
		},
	};

	if (command->key.data != NULL &&
	    (command->key.len < 1 || command->key.len > KEY_MOST))
		return request_bad_field(request, "key");
	return request_append(request, &entry);
}

enum chat_error
request_append_barrier(struct request *request)
{
	struct entry barrier = { .kind = ENTRY_BARRIER };

	return request_append(request, &barrier);
}

bool
request_run_waiting_later(struct chat *chat, struct dispatcher_state *state,
    struct str author)
{
	struct entry barrier = { .kind = ENTRY_BARRIER };
	struct command nothing = { .kind = COMMAND_NOOP, .author = author };

	command_queues_entry_added(&state->queues, author, true);
	if (commit_log_append(chat->log, &barrier, &nothing) == CHAT_OK)
		return true;
	(void)command_queues_entry_done(&state->queues, author, true);
	return false;
}

enum chat_error
request_bad_field(struct request *request, const char *field)
{
	request->failure.field = str_from(field);
	return CHAT_BAD_FIELD;
}

enum chat_error
request_over_limit(struct request *request, enum chat_error error, size_t limit)
{
	request->failure.limit = (int64_t)limit;
	return error;
}

/* Makes the text of a failure. */
static void
text_make(struct request *request, const char *before, struct str quoted,
    const char *after)
{
	struct str pieces[] = { str_from(before), utf8_cut(quoted, QUOTE_MOST),
		str_from(after) };
	size_t len = 0;

	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		assert(len + pieces[i].len <= sizeof(request->text));
		memcpy(request->text + len, pieces[i].data, pieces[i].len);
		len += pieces[i].len;
	}
	request->failure.text = str_slice(request->text, len);
}

enum chat_error
request_check_words(struct request *request, const char *field, struct str text)
{
	struct message_filter *filter = request->chat->filter;

	if (filter == NULL || str_is_empty(text) ||
	    message_filter_allows(filter, text))
		return CHAT_OK;
	(void)request_bad_field(request, field);
	text_make(request, "The ", str_from(field),
	    " contains a word that is not allowed");
	return CHAT_MESSAGE_REFUSED;
}

enum chat_error
request_room_not_found(struct request *request)
{
	text_make(request, "Room ", request->room, " does not exist");
	return CHAT_ROOM_NOT_FOUND;
}

enum chat_error
request_member_not_found(struct request *request)
{
	text_make(request, "Member '", request->command->recipient,
	    "' not found");
	return CHAT_MEMBER_NOT_FOUND;
}

enum chat_error
request_lacks_right(struct request *request, unsigned missing)
{
	struct str word = right_word(missing);

	request->failure.right = word;
	text_make(request, "Not allowed without the right '", word, "'");
	return request->author.is_user ? CHAT_FORBIDDEN : CHAT_UNAUTHORIZED;
}

enum chat_error
request_check_rights(struct request *request, unsigned rights)
{
	unsigned missing = rights & ~request->command->rights;

	return missing == 0 ? CHAT_OK : request_lacks_right(request, missing);
}

enum chat_error
request_check_scope(struct request *request, struct str room)
{
	if (room_patterns_match(request->command->scope, room) ||
	    talk_id_is_valid(room))
		return CHAT_OK;
	request->failure.text =
	    STR("Not allowed in this room, which the token does not name");
	request->failure.field = STR("room");
	return request->author.is_user ? CHAT_FORBIDDEN : CHAT_UNAUTHORIZED;
}
