/* The dialect of the FastAPI server: docs/protocol-topic.md. */
#include "cmd/parley/client_dialect.h"
#include "domain/base/count_of.h"
#include "wire/json/json_fields.h"

static void
topic_write_post(struct wire_text *out, const struct client_request *request)
{
	json_field_string(out, STR("{\"type\":\"message\",\"message\":"),
	    request->text);
	wire_text_append(out, STR("}"));
}

static void
topic_write_join(struct wire_text *out, const struct client_request *request)
{
	json_field_string(out, STR("{\"type\":\"join\",\"username\":"),
	    request->name);
	json_field_string(out, STR(",\"topic\":"), request->room);
	wire_text_append(out, STR("}"));
}

static void
topic_write_leave(struct wire_text *out, const struct client_request *request)
{
	(void)request;
	wire_text_append(out, STR("{\"type\":\"leave\"}"));
}

static void
topic_write_rooms(struct wire_text *out, const struct client_request *request)
{
	(void)request;
	wire_text_append(out, STR("{\"type\":\"list\"}"));
}

static void
topic_write_ping(struct wire_text *out, const struct client_request *request)
{
	(void)request;
	wire_text_append(out, STR("{\"type\":\"heartbeat\"}"));
}

static const struct field fields[] = {
	FIELD("type", FIELD_TEXT, word), FIELD("username", FIELD_TEXT, member),
	FIELD("topic", FIELD_TEXT, room),
	FIELD("message", FIELD_MESSAGE, message),
	FIELD("topics", FIELD_JSON, rooms),
	FIELD("user_count", FIELD_NUMBER, count),
	FIELD("timestamp", FIELD_NUMBER, at), /* in seconds */
};

static const struct event_word words[] = {
	EVENT_WORD("joined", SERVER_JOINED),
	EVENT_WORD("left", SERVER_LEFT),
	EVENT_WORD("message", SERVER_MESSAGE),
	EVENT_WORD("ack", SERVER_ACK),
	EVENT_WORD("list", SERVER_ROOMS),
	EVENT_WORD("error", SERVER_ERROR),
	{ STR_ABSENT, SERVER_NOTHING },
};

const struct client_dialect client_dialect_topic = {
	.name = "topic",
	.path = "/ws/topic",
	.join_required = true,
	.default_room = "general",
	.write = {
	    [REQUEST_POST] = topic_write_post,
	    [REQUEST_JOIN] = topic_write_join,
	    [REQUEST_LEAVE] = topic_write_leave,
	    [REQUEST_ROOMS] = topic_write_rooms,
	    [REQUEST_KEEPALIVE] = topic_write_ping,
	},
	.fields = fields,
	.field_count = COUNT_OF(fields),
	.at_unit_ms = 1000,
	.words = words,
};
