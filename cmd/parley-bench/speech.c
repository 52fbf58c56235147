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
	    "{\"command\":\"join\",\"room\":\"bench-%04u\",\"create\":true}",
	    room);
}

static void
parley_say(const struct stamp *stamp, char out[SPEECH_SIZE])
{
	char body[MESSAGE_SIZE + 1];

	write_body(stamp, body, MESSAGE_SIZE);
	snprintf(out, SPEECH_SIZE,
	    "{\"command\":\"broadcast\",\"room\":\"bench-%04u\","
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
	    "{\"event\":\"broadcast\",\"room\":\"bench-%04u\",\"seq\":%u,"
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
	{ "parley", false, parley_path, parley_join, "\"event\":\"joined\"",
	    parley_say },
	{ "parley", true, parley_path, NULL, "\"event\":\"me\"", parley_ping },
	{ "bare", false, bare_path, NULL, NULL, bare_say },
	{ "bare", true, bare_echo_path, NULL, NULL, bare_pong },
};

const struct speech *
speech_find(const char *target, bool echo)
{
	for (size_t i = 0; i < sizeof(speeches) / sizeof(speeches[0]); i++)
		if (strcmp(speeches[i].target, target) == 0 &&
		    speeches[i].echo == echo)
			return &speeches[i];
	return NULL;
}
