#include "cmd/parley-bench/latency_protocol.h"

#include <stdio.h>
#include <string.h>

#include "domain/base/count_of.h"

#define BODY_SIZE 128

/* --- action --------------------------------------------------------------- */

static void
action_create(char out[LATENCY_SIZE])
{
	strcpy(out, "{\"action\":\"create\",\"body\":\"bench\"}");
}

static void
latency_action_join(unsigned client, const char *room, char out[LATENCY_SIZE])
{
	(void)client;
	snprintf(out, LATENCY_SIZE,
	    "{\"action\":\"join\",\"body\":{\"room_id\":\"%s\"}}", room);
}

static void
action_message(const char *room, const struct stamp *stamp,
    char out[LATENCY_SIZE])
{
	char body[BODY_SIZE + 1];

	(void)room;
	stamp_fill(stamp, body, BODY_SIZE);
	snprintf(out, LATENCY_SIZE, "{\"action\":\"message\",\"body\":\"%s\"}",
	    body);
}

/* --- command -------------------------------------------------------------- */

static void
command_join(unsigned client, const char *room, char out[LATENCY_SIZE])
{
	(void)client;
	snprintf(out, LATENCY_SIZE,
	    "{\"command\":\"join\",\"room\":\"%s\",\"create\":true}", room);
}

static void
command_create(char out[LATENCY_SIZE])
{
	command_join(0, "bench", out);
}

static void
command_message(const char *room, const struct stamp *stamp,
    char out[LATENCY_SIZE])
{
	char body[BODY_SIZE + 1];

	stamp_fill(stamp, body, BODY_SIZE);
	snprintf(out, LATENCY_SIZE,
	    "{\"command\":\"broadcast\",\"room\":\"%s\",\"ref\":%u,"
	    "\"message\":\"%s\"}",
	    room, stamp->seq, body);
}

/* --- topic ---------------------------------------------------------------- */

static void
latency_topic_join(unsigned client, const char *room, char out[LATENCY_SIZE])
{
	snprintf(out, LATENCY_SIZE,
	    "{\"type\":\"join\",\"username\":\"bench%u\",\"topic\":\"%s\"}",
	    client, room);
}

/* The first join creates the topic. */
static void
topic_create(char out[LATENCY_SIZE])
{
	latency_topic_join(0, "bench", out);
}

static void
topic_post(const char *room, const struct stamp *stamp, char out[LATENCY_SIZE])
{
	char body[BODY_SIZE + 1];

	(void)room;
	stamp_fill(stamp, body, BODY_SIZE);
	snprintf(out, LATENCY_SIZE, "{\"type\":\"message\",\"message\":\"%s\"}",
	    body);
}

static const struct latency_protocol protocols[] = {
	{ "action", "/ws/action", "\"connected\"", action_create,
	    latency_action_join, "\"success\"", action_message,
	    "Message sent" },
	{ "command", "/ws/command", "\"event\":\"me\"", command_create,
	    command_join, "\"event\":\"joined\"", command_message,
	    "\"event\":\"ack\"" },
	{ "topic", "/ws/topic", NULL, topic_create, latency_topic_join,
	    "\"joined\"", topic_post, "\"ack\"" },
};

const struct latency_protocol *
latency_protocol_find(const char *dialect)
{
	for (size_t i = 0; i < COUNT_OF(protocols); i++)
		if (strcmp(protocols[i].dialect, dialect) == 0)
			return &protocols[i];
	return NULL;
}

/* Some servers write a space after the colon. */
static const char *
find_value(const char *text, size_t len, const char *key)
{
	const char *at = memmem(text, len, key, strlen(key));

	if (at == NULL)
		return NULL;
	at += strlen(key);
	while (at < text + len && (*at == ':' || *at == ' '))
		at++;
	return at < text + len && *at == '"' ? at + 1 : NULL;
}

bool
latency_protocol_room(const char *text, size_t len,
    char out[LATENCY_ROOM_MAX + 1])
{
	static const char *const keys[] = { "\"room_id\"", "\"room\"",
		"\"topic\"" };
	const char *at = NULL;
	const char *end;

	for (size_t i = 0; i < COUNT_OF(keys); i++)
		if (at == NULL)
			at = find_value(text, len, keys[i]);
	if (at == NULL)
		return false;
	end = memchr(at, '"', len - (size_t)(at - text));
	if (end == NULL || end - at > LATENCY_ROOM_MAX)
		return false;
	memcpy(out, at, (size_t)(end - at));
	out[end - at] = '\0';
	return true;
}
