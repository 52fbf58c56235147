#include "tests/fuzz/session_oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/session_world.h"

const char *const oracle_rooms[ORACLE_ROOMS] = { "p0", "p1", "o2", "o3" };

/* --- messages ------------------------------------------------------------- */

static const char *
message_text(size_t number, size_t len)
{
	static char text[70000];
	int head = snprintf(text, sizeof(text), "\"#%zu#", number);

	memset(text + head, 'x', len - (size_t)head);
	memcpy(text + len - 1, "\"", 2);
	return text;
}

const char *
oracle_compose(struct oracle *oracle, size_t len)
{
	size_t number = oracle->count;

	if (number == ORACLE_MESSAGES)
		return NULL;
	oracle->count++;
	if (len < 16)
		len = 16;
	oracle->messages[number].len = len;
	return message_text(number, len);
}

const char *
oracle_compose_again(struct oracle *oracle, size_t number)
{
	oracle->messages[number].retried = true;
	return message_text(number, oracle->messages[number].len);
}

static struct oracle_message *
message_find(struct oracle *oracle, const char *digits, char behind)
{
	char *end;
	unsigned long number;

	if (*digits < '0' || *digits > '9')
		return NULL;
	number = strtoul(digits, &end, 10);
	if (*end != behind || number >= oracle->count)
		return NULL;
	return &oracle->messages[number];
}

/* --- frames of the server ------------------------------------------------- */

/* What follows the first of these keys; NULL: there is none. */
static const char *
value_of(const char *text, const char *key)
{
	const char *found = strstr(text, key);

	return found == NULL ? NULL : found + strlen(key);
}

static bool
text_begins(const char *text, const char *beginning)
{
	return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* Index among the checked rooms; -1: another room. */
static int
room_index(const char *text)
{
	const char *id = value_of(text, "\"room\":\"");

	for (int i = 0; id != NULL && i < ORACLE_ROOMS; i++) {
		size_t len = strlen(oracle_rooms[i]);

		if (strncmp(id, oracle_rooms[i], len) == 0 && id[len] == '"')
			return i;
	}
	return -1;
}

static uint64_t
frame_seq(const char *text)
{
	const char *seq = value_of(text, "\"seq\":");

	return seq == NULL ? 0 : strtoull(seq, NULL, 10);
}

static bool
is_persistent(struct oracle *oracle, int room)
{
	struct room found;

	return room_store_get(oracle->rooms, str_from(oracle_rooms[room]),
		   &found) == CHAT_OK &&
	       found.persistent;
}

static void
message_number(struct oracle_message *message, uint64_t seq)
{
	require(message->seq == 0 || message->seq == seq,
	    "a message has two numbers");
	message->seq = seq;
}

static void
receive_broadcast(struct oracle *oracle, struct oracle_client *client,
    const char *text)
{
	int room = room_index(text);
	struct oracle_place *place;
	struct oracle_message *message;
	const char *mark;

	if (room < 0)
		return;
	place = &client->places[room];
	require(place->inside, "a broadcast from a room that it is not in");
	require(frame_seq(text) == place->seq + 1, "a number is missing");
	place->seq++;
	mark = value_of(text, "\"message\":\"#");
	message = mark == NULL ? NULL : message_find(oracle, mark, '#');
	if (message != NULL && is_persistent(oracle, room))
		message_number(message, place->seq);
}

static void
receive_ack(struct oracle *oracle, const char *text)
{
	const char *ref = value_of(text, "\"ref\":");
	int room = room_index(text);
	struct oracle_message *message;

	if (ref == NULL || room < 0 || !is_persistent(oracle, room))
		return;
	message = message_find(oracle, ref, ',');
	if (message == NULL)
		return;
	message->required = true;
	message_number(message, frame_seq(text));
}

static void
receive_error(struct oracle *oracle, const char *text)
{
	const char *ref = value_of(text, "\"ref\":");
	struct oracle_message *message;

	if (ref == NULL || strstr(text, "\"code\":\"store_failed\"") != NULL)
		return;
	message = message_find(oracle, ref, ',');
	if (message != NULL)
		message->refused = true;
}

static void
receive_native(struct oracle *oracle, struct oracle_client *client,
    const char *text)
{
	int room = room_index(text);

	if (text_begins(text, "{\"event\":\"broadcast\"")) {
		receive_broadcast(oracle, client, text);
	} else if (text_begins(text, "{\"event\":\"ack\"")) {
		receive_ack(oracle, text);
	} else if (text_begins(text, "{\"event\":\"error\"")) {
		receive_error(oracle, text);
	} else if (room >= 0 && text_begins(text, "{\"event\":\"joined\"")) {
		/* Joined once more: nothing may have been skipped. */
		require(!client->places[room].inside ||
			    client->places[room].seq == frame_seq(text),
		    "joined again at another number");
		client->places[room].inside = true;
		client->places[room].seq = frame_seq(text);
	} else if (room >= 0 && text_begins(text, "{\"event\":\"created\"")) {
		client->places[room] = (struct oracle_place){ .inside = true };
	} else if (room >= 0 && text_begins(text, "{\"event\":\"left\"")) {
		client->places[room].inside = false;
	}
}

/* Messages in frames of any dialect. */
static void
receive_marks(struct oracle *oracle, const char *text)
{
	for (const char *at = strchr(text, '#'); at != NULL;
	     at = strchr(at + 1, '#')) {
		struct oracle_message *message =
		    message_find(oracle, at + 1, '#');

		/* Its number is known only if its room is persistent. */
		if (message != NULL && message->seq != 0)
			message->required = true;
	}
}

void
oracle_receive(struct oracle *oracle, struct oracle_client *client,
    const char *text, size_t len)
{
	require(len > 0 && strlen(text) == len, "a NUL in a text");
	if (client->native)
		receive_native(oracle, client, text);
	receive_marks(oracle, text);
}

/* --- after a start -------------------------------------------------------- */

struct check {
	struct oracle *oracle;
	struct history *history;
	int64_t now_ms;
	uint64_t seq;
};

static bool
oracle_check_message(const struct message *found, void *arg)
{
	struct check *check = arg;
	char text[70000];
	struct oracle_message *message;

	require(found->seq == check->seq + 1, "a number is missing on disk");
	check->seq = found->seq;
	if (found->body.len < 2 || found->body.data[1] != '#' ||
	    found->body.len >= sizeof(text))
		return true; /* of the fuzzer's own making */
	memcpy(text, found->body.data, found->body.len);
	text[found->body.len] = '\0';
	message = message_find(check->oracle, text + 2, '#');
	if (message == NULL)
		return true;
	require(!message->found, "a message is there twice");
	require(!message->refused || message->retried,
	    "a refused message is there");
	require(found->body.len == message->len &&
		    memcmp(text,
			message_text((size_t)(message -
					      check->oracle->messages),
			    message->len),
			message->len) == 0,
	    "a message has changed");
	require(message->seq == 0 || message->seq == found->seq,
	    "a message has another number");
	message->found = true;
	message->seq = found->seq;
	return true;
}

static bool
oracle_check_room(const struct room *room, void *arg)
{
	struct check *check = arg;

	require(room->persistent, "a one-off room outlived the server");
	check->seq = 0;
	history_each(check->history, str_from(room->id), 1, check->now_ms,
	    oracle_check_message, check);
	return true;
}

void
oracle_check(struct oracle *oracle, struct room_store *rooms,
    struct history *history, int64_t now_ms)
{
	struct check check = { oracle, history, now_ms, 0 };

	oracle->rooms = rooms;
	for (size_t i = 0; i < oracle->count; i++)
		oracle->messages[i].found = false;
	room_store_each(rooms, oracle_check_room, &check);
	for (size_t i = 0; i < oracle->count; i++) {
		struct oracle_message *message = &oracle->messages[i];

		require(message->found || !message->required,
		    "a message that was shown or acknowledged is lost");
		/* No client knows its number, so it may be given out again. */
		if (!message->found)
			message->seq = 0;
	}
}
