/* COMMAND_BROADCAST: send a message to a room, or to the lobby. */
#include "commands/command_table.h"
#include "commands/support/files.h"

/* Commands with a ref are acknowledged, and all commands of some dialects. */
static bool
wants_ack(const struct command *command)
{
	return command->ref.data != NULL || (command->flags & COMMAND_ACK);
}

/* The next command of an author that posts too fast is read later. */
static void
author_slow_down(struct request *request)
{
	int64_t wait_ms = room_fill_take(request);

	if (wait_ms > 0)
		publisher_delay(request->chat->publisher,
		    str_from(request->author.id), request->command->connection,
		    wait_ms);
}

/* The lobby has no history: a message has no number and no key. */
static enum chat_error
publish_in_lobby(struct request *request)
{
	struct event event = request_event(request, EVENT_MESSAGE);
	struct event delivered = { .kind = EVENT_DELIVERED };
	enum chat_error error;

	if (request->command->key.data != NULL)
		return request_bad_field(request, "key");
	error = files_grant(request, BLOB_ALL, STR(""));
	if (error != CHAT_OK)
		return error;
	author_slow_down(request);
	event.body = request->body;
	event.fields = request->command->fields;
	delivered.recipients = request_recipients(request,
	    publisher_publish(request->chat->publisher, &event,
		audience_lobby()),
	    request->state->in_lobby);
	presence_observe_event(request_observer(request), &event);
	if (wants_ack(request->command))
		request_answer(request, &delivered);
	return CHAT_OK;
}

/* Who gets the message at another node may read its file at once. */
static enum chat_error
broadcast_prepare(struct request *request)
{
	return files_grant(request, BLOB_ALL, STR(""));
}

/* A retry of a message that the room has is none. */
static enum chat_error
check_pace(struct request *request)
{
	const struct chat *chat = request->chat;
	struct str key = request->command->key;
	struct message first;

	if (!request->has_place ||
	    (key.data != NULL && history_find_key(chat->history, request->room,
				     key, request->now_ms, &first)))
		return CHAT_OK;
	return post_limits_take(request);
}

static size_t
publish_message(const struct request *request, const struct entry *entry)
{
	const struct message *message = &entry->message;
	struct event event = {
		.kind = EVENT_MESSAGE,
		.room = entry->room_id,
		.seq = message->seq,
		.at_ms = message->at_ms,
		.member = message->author,
		.member_id = message->author_id,
		.connection = request->command->connection,
		.body = message->body,
	};

	return publisher_publish(request->chat->publisher, &event,
	    audience_room(entry->room_id));
}

static void
message_acknowledge(const struct request *request, const struct entry *entry,
    size_t recipients)
{
	bool is_of_server = request->command->flags & COMMAND_OF_SERVER;
	struct event delivered = {
		.kind = EVENT_DELIVERED,
		.room = entry->room_id,
		.seq = entry->message.seq,
		.at_ms = entry->message.at_ms,
		.recipients = recipients,
		.duplicate = entry->is_duplicate,
	};
	struct room room;

	/* A member of the room has its epoch since it joined. */
	if ((is_of_server || request->chat->order != NULL) &&
	    room_store_get(request->chat->rooms, entry->room_id, &room) ==
		CHAT_OK) {
		if (is_of_server)
			delivered.epoch = str_from(room.epoch);
		if (!entry->is_duplicate)
			delivered.recipients = request_recipients(request,
			    recipients, room.member_count);
	}
	request_answer(request, &delivered);
}

/* A duplicate was published with its first, and is acknowledged only. */
static enum chat_error
broadcast_finish(struct request *request, const struct entry *entry)
{
	size_t recipients = 0;

	if (!entry->is_duplicate)
		recipients = publish_message(request, entry);
	if (wants_ack(request->command) && !request_is_foreign(request))
		message_acknowledge(request, entry, recipients);
	return CHAT_OK;
}

static enum chat_error
broadcast_run(struct request *request)
{
	enum chat_error error;

	if (request->room.data == NULL)
		return publish_in_lobby(request);
	error = check_pace(request);
	if (error == CHAT_OK)
		error = files_grant(request, BLOB_ROOM, request->room);
	if (error != CHAT_OK)
		return error;
	author_slow_down(request);
	return request_append_message(request);
}

const struct command_entry command_broadcast = {
	.needs = NEEDS_AUTHOR | NEEDS_BODY | NEEDS_PLACE | NEEDS_VOICE |
		 IS_ORDERED_IN_LOBBY,
	.rights = RIGHT_POST,
	.run = broadcast_run,
	.prepare = broadcast_prepare,
	.finish = broadcast_finish,
	.turn = TURN_APPENDS,
};
