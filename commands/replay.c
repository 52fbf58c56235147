/*
 * COMMAND_REPLAY: a slow reader gets what it was not sent of a room, piece by
 * piece, from the room's history.
 */
#include "commands/command_table.h"
#include "commands/support/name_list.h"

/* In one piece. */
#define MESSAGES_MOST 64

struct replay {
	uint64_t to_seq;
	size_t bytes_most;
	size_t bytes;
	size_t count;
	bool is_full;
	struct message messages[MESSAGES_MOST];
};

static bool
replay_add(const struct message *message, void *arg)
{
	struct replay *replay = arg;

	if (message->seq > replay->to_seq)
		return false;
	replay->is_full = replay->count == MESSAGES_MOST ||
			  replay->bytes >= replay->bytes_most;
	if (replay->is_full)
		return false;
	replay->bytes += message->body.len;
	replay->messages[replay->count++] = *message;
	return true;
}

/*
 * A message that was dropped for want of space is missing. One that was too
 * old is not: no client gets it any more.
 */
static enum chat_error
publish_messages(const struct request *request, bool *is_done)
{
	const struct command *command = request->command;
	struct replay replay = {
		.to_seq = command->to_seq,
		.bytes_most = command->limit,
	};
	struct event event = {
		.kind = EVENT_REPLAYED,
		.room = request->room,
		.page = { .items = replay.messages },
		.seq = command->to_seq + 1,
	};
	struct history_span span;
	struct room room;
	enum chat_error error = history_span(request->chat->history,
	    request->room, request->now_ms, &span);

	if (error == CHAT_OK && (command->flags & COMMAND_OF_SERVER)) {
		error =
		    room_store_get(request->chat->rooms, request->room, &room);
		if (error == CHAT_OK)
			event.epoch = str_from(room.epoch);
	}
	if (error != CHAT_OK)
		return error;
	if (span.evicted >= command->from_seq) {
		event.recovery.missing_first = command->from_seq;
		event.recovery.missing_last = span.evicted;
	}
	history_each(request->chat->history, request->room, command->from_seq,
	    request->now_ms, replay_add, &replay);
	event.page.count = replay.count;
	event.page.more = replay.is_full;
	if (replay.is_full)
		event.seq = replay.messages[replay.count - 1].seq + 1;
	*is_done = !replay.is_full;
	publisher_publish(request->chat->publisher, &event,
	    audience_connection(command->author, command->connection));
	return CHAT_OK;
}

static enum chat_error
publish_presence(const struct request *request)
{
	const struct chat *chat = request->chat;
	struct event event = { .kind = EVENT_PRESENCE, .room = request->room };
	struct string_list names = { .most = 0 };
	struct room room;
	enum chat_error error =
	    room_store_get(chat->rooms, request->room, &room);

	if (error != CHAT_OK)
		return error;
	event.count = room.member_count;
	event.names.left_out = event.count > chat->limits.presence_up_to;
	if (!event.names.left_out) {
		error = name_list_of_room(chat, request->room, false,
		    chat->limits.list_bytes, &names);
		event.names = name_list_names(&names);
	}
	if (error == CHAT_OK)
		publisher_publish(chat->publisher, &event,
		    audience_connection(request->command->author,
			request->command->connection));
	string_list_fini(&names);
	return error;
}

static enum chat_error
replay_publish(struct request *request)
{
	bool is_done = false;
	enum chat_error error = publish_messages(request, &is_done);

	if (error == CHAT_OK && is_done &&
	    (request->command->flags & COMMAND_WITH_PRESENCE))
		error = publish_presence(request);
	return error;
}

/* The transport asks, not the member: there is no failure to answer. */
const struct command_entry command_replay = {
	.needs = 0,
	.run = replay_publish,
};
