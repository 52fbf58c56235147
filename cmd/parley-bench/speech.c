#include "cmd/parley-bench/speech.h"

#include <stdio.h>
#include <string.h>

#define MESSAGE_SIZE 128 /* the payload of fan-out */
#define REF_SIZE 64      /* the longest `ref` that the protocol allows */

/* A stamp, filled up to a size. */
static void
write_body(const struct stamp *stamp, char *out, size_t size)
{
	stamp_write(stamp, out);
	memset(out + STAMP_SIZE, '.', size - STAMP_SIZE);
	out[size] = '\0';
}

/* --- parley's own dialect ------------------------------------------------- */

static void
parley_path(unsigned room, char out[SPEECH_SIZE])
{
	(void)room;
	strcpy(out, "/ws");
}

static void
parley_join(unsigned room, char out[SPEECH_SIZE])
{
	snprintf(out, SPEECH_SIZE,
	    "{\"command\":\"join\",\"room\":\"bench_%04u\",\"create\":true}",
	    room);
}

static void
parley_say(const struct stamp *stamp, char out[SPEECH_SIZE])
{
	char body[MESSAGE_SIZE + 1];

	write_body(stamp, body, MESSAGE_SIZE);
	snprintf(out, SPEECH_SIZE,
	    "{\"command\":\"broadcast\",\"room\":\"bench_%04u\","
	    "\"message\":\"%s\"}",
	    stamp->room, body);
}

static void
parley_ping(const struct stamp *stamp, char out[SPEECH_SIZE])
{
	char body[REF_SIZE + 1];

	write_body(stamp, body, REF_SIZE);
	snprintf(out, SPEECH_SIZE, "{\"command\":\"ping\",\"ref\":\"%s\"}",
	    body);
}

/* Each in a room of its own, which has to be kept. */
static void
parley_create(unsigned room, char out[SPEECH_SIZE])
{
	snprintf(out, SPEECH_SIZE,
	    "{\"command\":\"create\",\"room\":\"bench_%04u\","
	    "\"name\":\"bench\",\"persistent\":true}",
	    room);
}

/* The stamp is in the ref: so the message itself is not counted. */
static void
parley_say_for_ack(const struct stamp *stamp, char out[SPEECH_SIZE])
{
	char ref[STAMP_SIZE + 1] = { 0 };
	char body[MESSAGE_SIZE + 1];

	stamp_write(stamp, ref);
	memset(body, '.', MESSAGE_SIZE);
	body[MESSAGE_SIZE] = '\0';
	snprintf(out, SPEECH_SIZE,
	    "{\"command\":\"broadcast\",\"room\":\"bench_%04u\","
	    "\"ref\":\"%s\",\"message\":\"%s\"}",
	    stamp->room, ref, body);
}

/* --- the other dialects --------------------------------------------------- */

static void
action_path(unsigned room, char out[SPEECH_SIZE])
{
	(void)room;
	strcpy(out, "/ws/action");
}

static void
action_join(unsigned room, char out[SPEECH_SIZE])
{
	snprintf(out, SPEECH_SIZE,
	    "{\"action\":\"join\",\"body\":{\"room_id\":\"bench_%04u\"}}",
	    room);
}

static void
topic_path(unsigned room, char out[SPEECH_SIZE])
{
	(void)room;
	strcpy(out, "/ws/topic");
}

static void
topic_join(unsigned room, char out[SPEECH_SIZE])
{
	snprintf(out, SPEECH_SIZE,
	    "{\"type\":\"join\",\"username\":\"bench\","
	    "\"topic\":\"bench_%04u\"}",
	    room);
}

/* --- the limit program sends on what it is sent --------------------------- */

static void
bare_path(unsigned room, char out[SPEECH_SIZE])
{
	snprintf(out, SPEECH_SIZE, "/room/%u", room);
}

static void
bare_echo_path(unsigned room, char out[SPEECH_SIZE])
{
	(void)room;
	strcpy(out, "/echo");
}

/* What parley makes of a message: as many bytes for each receiver. */
static void
bare_say(const struct stamp *stamp, char out[SPEECH_SIZE])
{
	char body[MESSAGE_SIZE + 1];

	write_body(stamp, body, MESSAGE_SIZE);
	snprintf(out, SPEECH_SIZE,
	    "{\"event\":\"broadcast\",\"room\":\"bench_%04u\",\"seq\":%u,"
	    "\"at\":1795241301123,\"member\":\"member%u\","
	    "\"member_id\":\"7f3a01bc\",\"message\":\"%s\"}",
	    stamp->room, stamp->seq + 1, stamp->speaker + 1, body);
}

static void
bare_pong(const struct stamp *stamp, char out[SPEECH_SIZE])
{
	char body[REF_SIZE + 1];

	write_body(stamp, body, REF_SIZE);
	snprintf(out, SPEECH_SIZE,
	    "{\"event\":\"pong\",\"ref\":\"%s\",\"at\":1795241301123}", body);
}

static const struct speech speeches[] = {
	{ "parley", SPEECH_ROOMS, parley_path, parley_join,
	    "\"event\":\"joined\"", parley_say },
	{ "parley", SPEECH_ECHO, parley_path, NULL, "\"event\":\"me\"",
	    parley_ping },
	{ "parley", SPEECH_ACKS, parley_path, parley_create,
	    "\"event\":\"created\"", parley_say_for_ack },
	{ "bare", SPEECH_ROOMS, bare_path, NULL, NULL, bare_say },
	{ "bare", SPEECH_ECHO, bare_echo_path, NULL, NULL, bare_pong },
};

/* Only the first of them speaks. */
static const struct speech dialects[SPEECH_DIALECTS] = {
	{ "parley", SPEECH_ROOMS, parley_path, parley_join,
	    "\"event\":\"joined\"", parley_say },
	{ "parley", SPEECH_ROOMS, action_path, action_join,
	    "\"status\":\"success\"", NULL },
	{ "parley", SPEECH_ROOMS, topic_path, topic_join, "\"type\":\"joined\"",
	    NULL },
};

const struct speech *
speech_find(const char *target, enum speech_kind kind)
{
	for (size_t i = 0; i < sizeof(speeches) / sizeof(speeches[0]); i++)
		if (strcmp(speeches[i].target, target) == 0 &&
		    speeches[i].kind == kind)
			return &speeches[i];
	return NULL;
}

const struct speech *
speech_of_dialect(unsigned number)
{
	return &dialects[number % SPEECH_DIALECTS];
}
