#include "cmd/parley-bench/protocol.h"

#include <stdio.h>
#include <string.h>

#include "domain/base/count_of.h"

#define REF_SIZE 64 /* of the longest `ref` */

/* Appends a body with the stamp, and what follows; returns the length. */
static size_t
body_append(const struct stamp *stamp, size_t size, char *out, int begun,
    const char *rest)
{
	char *end = stamp_fill(stamp, out + begun, size);

	return (size_t)(stpcpy(end, rest) - out);
}

/*
 * --- the native dialect ---------------------------------------------------
 */

static void
parley_path(unsigned room, char out[PROTOCOL_SIZE])
{
	(void)room;
	strcpy(out, "/ws");
}

static size_t
parley_join(unsigned room, char out[PROTOCOL_SIZE])
{
	return (size_t)snprintf(out, PROTOCOL_SIZE,
	    "{\"command\":\"join\",\"room\":\"bench_%04u\",\"create\":true}",
	    room);
}

static size_t
parley_message(const struct stamp *stamp, size_t size, char *out)
{
	int begun = snprintf(out, PROTOCOL_SIZE,
	    "{\"command\":\"broadcast\",\"room\":\"bench_%04u\","
	    "\"message\":\"",
	    stamp->room);

	return body_append(stamp, size, out, begun, "\"}");
}

static size_t
parley_ping(const struct stamp *stamp, size_t size, char *out)
{
	int begun =
	    snprintf(out, PROTOCOL_SIZE, "{\"command\":\"ping\",\"ref\":\"");

	(void)size;
	return body_append(stamp, REF_SIZE, out, begun, "\"}");
}

/* Each client in its own persistent room. */
static size_t
parley_create(unsigned room, char out[PROTOCOL_SIZE])
{
	return (size_t)snprintf(out, PROTOCOL_SIZE,
	    "{\"command\":\"create\",\"room\":\"bench_%04u\","
	    "\"name\":\"bench\",\"persistent\":true}",
	    room);
}

/* The stamp is in the ref, so that only the ack is counted. */
static size_t
parley_post_for_ack(const struct stamp *stamp, size_t size, char *out)
{
	char ref[STAMP_SIZE + 1] = { 0 };
	int begun;

	stamp_write(stamp, ref);
	begun = snprintf(out, PROTOCOL_SIZE,
	    "{\"command\":\"broadcast\",\"room\":\"bench_%04u\","
	    "\"ref\":\"%s\",\"message\":\"",
	    stamp->room, ref);
	memset(out + begun, '.', size);
	return (size_t)(stpcpy(out + begun + size, "\"}") - out);
}

/* --- the other dialects --------------------------------------------------- */

static void
action_path(unsigned room, char out[PROTOCOL_SIZE])
{
	(void)room;
	strcpy(out, "/ws/action");
}

static size_t
action_join(unsigned room, char out[PROTOCOL_SIZE])
{
	return (size_t)snprintf(out, PROTOCOL_SIZE,
	    "{\"action\":\"join\",\"body\":{\"room_id\":\"bench_%04u\"}}",
	    room);
}

static void
topic_path(unsigned room, char out[PROTOCOL_SIZE])
{
	(void)room;
	strcpy(out, "/ws/topic");
}

static size_t
topic_join(unsigned room, char out[PROTOCOL_SIZE])
{
	return (size_t)snprintf(out, PROTOCOL_SIZE,
	    "{\"type\":\"join\",\"username\":\"bench\","
	    "\"topic\":\"bench_%04u\"}",
	    room);
}

/*
 * --- the limit program forwards messages unchanged ------------------------
 */

static void
bare_path(unsigned room, char out[PROTOCOL_SIZE])
{
	snprintf(out, PROTOCOL_SIZE, "/room/%u", room);
}

static void
bare_echo_path(unsigned room, char out[PROTOCOL_SIZE])
{
	(void)room;
	strcpy(out, "/echo");
}

/* As many bytes per receiver as parley's event. */
static size_t
bare_message(const struct stamp *stamp, size_t size, char *out)
{
	int begun = snprintf(out, PROTOCOL_SIZE,
	    "{\"event\":\"broadcast\",\"room\":\"bench_%04u\",\"seq\":%u,"
	    "\"at\":1795241301123,\"member\":\"member%u\","
	    "\"member_id\":\"7f3a01bc\",\"message\":\"",
	    stamp->room, stamp->seq + 1, stamp->sender + 1);

	return body_append(stamp, size, out, begun, "\"}");
}

static size_t
bare_pong(const struct stamp *stamp, size_t size, char *out)
{
	int begun =
	    snprintf(out, PROTOCOL_SIZE, "{\"event\":\"pong\",\"ref\":\"");

	(void)size;
	return body_append(stamp, REF_SIZE, out, begun,
	    "\",\"at\":1795241301123}");
}

/* --- MQTT 3.1.1 over WebSocket: binary, and QoS 0 ------------------------- */

#define MQTT_HEADERS "Sec-WebSocket-Protocol: mqtt\r\n"
#define MQTT_TOPIC_SIZE 10                               /* "bench/0000" */
#define MQTT_HEAD_MOST (1 + 3 + 2 + MQTT_TOPIC_SIZE + 1) /* with NUL */

static void
mqtt_path(unsigned room, char out[PROTOCOL_SIZE])
{
	(void)room;
	strcpy(out, "/mqtt");
}

static char *
mqtt_topic(unsigned room, char *out)
{
	*out++ = 0;
	*out++ = MQTT_TOPIC_SIZE;
	snprintf(out, MQTT_TOPIC_SIZE + 1, "bench/%04u", room % 10000);
	return out + MQTT_TOPIC_SIZE;
}

/*
 * CONNECT without client id, clean session, keep-alive of an hour; SUBSCRIBE.
 */
static size_t
mqtt_join(unsigned room, char out[PROTOCOL_SIZE])
{
	static const char head[] = "\x10\x0c\0\4MQTT\4\2\x0e\x10\0\0"
				   "\x82\x0f\0\1";
	char *end;

	memcpy(out, head, sizeof(head) - 1);
	end = mqtt_topic(room, out + sizeof(head) - 1);
	*end++ = 0;
	return (size_t)(end - out);
}

/* PUBLISH with the payload size of the other protocols. */
static size_t
mqtt_message(const struct stamp *stamp, size_t size, char *out)
{
	char *payload = out + MQTT_HEAD_MOST;
	size_t len = bare_message(stamp, size, payload);
	size_t remaining = 2 + MQTT_TOPIC_SIZE + len;
	char *end = out;

	*end++ = 0x30;
	for (; remaining > 0x7f; remaining >>= 7)
		*end++ = (char)(0x80 | (remaining & 0x7f));
	*end++ = (char)remaining;
	end = mqtt_topic(stamp->room, end);
	memmove(end, payload, len);
	return (size_t)(end + len - out);
}

/* --- Centrifugo: JSON, several messages in a frame ------------------------ */

static void
centrifugo_path(unsigned room, char out[PROTOCOL_SIZE])
{
	(void)room;
	strcpy(out, "/connection/websocket");
}

static size_t
centrifugo_join(unsigned room, char out[PROTOCOL_SIZE])
{
	return (size_t)snprintf(out, PROTOCOL_SIZE,
	    "{\"id\":1,\"connect\":{}}\n"
	    "{\"id\":2,\"subscribe\":{\"channel\":\"bench_%04u\"}}",
	    room);
}

/* About as many bytes for each receiver as parley's event: an id is added. */
static size_t
centrifugo_message(const struct stamp *stamp, size_t size, char *out)
{
	int begun = snprintf(out, PROTOCOL_SIZE,
	    "{\"id\":3,\"publish\":{\"channel\":\"bench_%04u\",\"data\":"
	    "{\"message\":\"",
	    stamp->room);

	return body_append(stamp, size, out, begun, "\"}}}");
}

static const struct protocol speeches[] = {
	{ "parley", PROTOCOL_ROOMS, parley_path, parley_join,
	    "\"event\":\"joined\"", parley_message, "", false, false },
	{ "parley", PROTOCOL_ECHO, parley_path, NULL, "\"event\":\"me\"",
	    parley_ping, "", false, false },
	{ "parley", PROTOCOL_ACKS, parley_path, parley_create,
	    "\"event\":\"created\"", parley_post_for_ack, "", false, false },
	{ "bare", PROTOCOL_ROOMS, bare_path, NULL, NULL, bare_message, "",
	    false, false },
	{ "bare", PROTOCOL_ECHO, bare_echo_path, NULL, NULL, bare_pong, "",
	    false, false },
	{ "mqtt", PROTOCOL_ROOMS, mqtt_path, mqtt_join, "\x90\x03",
	    mqtt_message, MQTT_HEADERS, true, false },
	{ "centrifugo", PROTOCOL_ROOMS, centrifugo_path, centrifugo_join,
	    "\"subscribe\":{", centrifugo_message, "", false, true },
};

/* Only the first client sends. */
static const struct protocol dialects[PROTOCOL_DIALECTS] = {
	{ "parley", PROTOCOL_ROOMS, parley_path, parley_join,
	    "\"event\":\"joined\"", parley_message, "", false, false },
	{ "parley", PROTOCOL_ROOMS, action_path, action_join,
	    "\"status\":\"success\"", NULL, "", false, false },
	{ "parley", PROTOCOL_ROOMS, topic_path, topic_join,
	    "\"type\":\"joined\"", NULL, "", false, false },
};

const struct protocol *
protocol_find(const char *target, enum protocol_kind kind)
{
	for (size_t i = 0; i < COUNT_OF(speeches); i++)
		if (strcmp(speeches[i].target, target) == 0 &&
		    speeches[i].kind == kind)
			return &speeches[i];
	return NULL;
}

const struct protocol *
protocol_of_dialect(unsigned number)
{
	return &dialects[number % PROTOCOL_DIALECTS];
}
