/* COMMAND_BROADCAST: say something to a room, or to the lobby. */
#include "commands/command_table.h"

#define KEY_MOST 64

/* What is known of a message after it was said, or of the first of its key. */
struct delivery {
	struct str room;
	uint64_t lsn;
	uint64_t seq;
	int64_t at_ms;
	size_t recipients;
	bool duplicate;
};

/* Only who gave a ref wants to know, or who speaks a dialect that does. */
static bool
wants_to_know(const struct command *command)
{
	return command->ref.data != NULL || (command->flags & COMMAND_ACK);
}

static void
acknowledge(const struct request *request, const struct delivery *delivery)
{
	struct event event = {
		.kind = EVENT_DELIVERED,
		.lsn = delivery->lsn,
		.room = delivery->room,
		.seq = delivery->seq,
		.at_ms = delivery->at_ms,
		.recipients = delivery->recipients,
		.duplicate = delivery->duplicate,
	};

	if (wants_to_know(request->command))
		request_answer(request, &event);
}

/* The lobby keeps nothing: no number, no key. */
static enum chat_error
say_in_lobby(struct request *request)
{
	struct event said = request_event(request, EVENT_SAID);
	struct delivery delivery = { .duplicate = false };

	if (request->command->key.data != NULL)
		return request_bad_field(request, "key");
	said.body = request->command->body;
	delivery.recipients = publisher_publish(request->chat->publisher, &said,
	    audience_lobby());
	acknowledge(request, &delivery);
	return CHAT_OK;
}

static enum chat_error
say_in_room(struct request *request)
{
	const struct command *command = request->command;
	struct event said = request_event(request, EVENT_SAID);
	struct message message = {
		.at_ms = request->now_ms,
		.author = said.member,
		.author_id = said.member_id,
		.body = command->body,
		.key = command->key,
	};
	struct delivery delivery = { .room = request->room };
	enum chat_error error;

	error = history_append(request->chat->history, request->room, &message);
	if (error != CHAT_OK)
		return error;
	said.room = request->room;
	said.lsn = delivery.lsn = message.lsn;
	said.seq = delivery.seq = message.seq;
	said.at_ms = delivery.at_ms = message.at_ms;
	said.body = command->body;
	said.failure.command = command->word;
	delivery.recipients = publisher_publish(request->chat->publisher, &said,
	    audience_room(request->room));
	acknowledge(request, &delivery);
	return CHAT_OK;
}

/* A retry: what it asks for has been done, and is not done again. */
static void
answer_duplicate(const struct request *request, const struct message *first)
{
	struct delivery delivery = {
		.room = request->room,
		.lsn = first->lsn,
		.seq = first->seq,
		.at_ms = first->at_ms,
		.duplicate = true,
	};

	acknowledge(request, &delivery);
}

static enum chat_error
broadcast_run(struct request *request)
{
	const struct command *command = request->command;
	struct message first;

	if (request->room.data == NULL)
		return say_in_lobby(request);
	if (command->key.data == NULL)
		return say_in_room(request);
	if (command->key.len < 1 || command->key.len > KEY_MOST)
		return request_bad_field(request, "key");
	if (!history_find_key(request->chat->history, request->room,
		command->key, request->now_ms, &first))
		return say_in_room(request);
	answer_duplicate(request, &first);
	return CHAT_OK;
}

const struct command_entry command_broadcast = {
	.needs = NEEDS_AUTHOR | NEEDS_BODY | NEEDS_PLACE,
	.run = broadcast_run,
};
