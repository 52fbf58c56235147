/* The dialect of the Python servers: docs/protocol-action.md. */
#include "cmd/parley/client_dialect.h"
#include "domain/base/count_of.h"
#include "wire/json/json_fields.h"

static void
action_write_post(struct wire_text *out, const struct client_request *request)
{
	json_field_string(out, STR("{\"action\":\"message\",\"body\":"),
	    request->text);
	wire_text_append(out, STR("}"));
}

static void
action_write_join(struct wire_text *out, const struct client_request *request)
{
	json_field_string(out,
	    STR("{\"action\":\"join\",\"body\":{\"room_id\":"), request->room);
	wire_text_append(out, STR("}}"));
}

static void
action_write_leave(struct wire_text *out, const struct client_request *request)
{
	(void)request;
	wire_text_append(out, STR("{\"action\":\"leave\",\"body\":{}}"));
}

static void
action_write_create(struct wire_text *out, const struct client_request *request)
{
	json_field_string(out,
	    STR("{\"action\":\"create\",\"body\":{\"room_name\":"),
	    request->name);
	wire_text_append(out, STR("}}"));
}

static const struct field fields[] = {
	FIELD("status", FIELD_TEXT, word),
	FIELD("client_id", FIELD_TEXT, member),
	FIELD("room_id", FIELD_TEXT, room),
	FIELD("message", FIELD_TEXT, text),
	FIELD("from", FIELD_TEXT, member),
	FIELD("body", FIELD_MESSAGE, message),
};

/* The answers differ only in their text. */
static enum server_event_kind
action_kind_of_success(const struct server_event *event)
{
	if (event->room.data != NULL)
		return SERVER_JOINED;
	return str_equal(event->text, STR("Left room")) ? SERVER_LEFT
							: SERVER_ACK;
}

static enum server_event_kind
action_kind_of(const struct server_event *event)
{
	if (event->word.data == NULL)
		return event->member.data == NULL ? SERVER_NOTHING
						  : SERVER_MESSAGE;
	if (str_equal(event->word, STR("connected")))
		return SERVER_WELCOME;
	if (str_equal(event->word, STR("success")))
		return action_kind_of_success(event);
	return str_equal(event->word, STR("error")) ? SERVER_ERROR
						    : SERVER_NOTHING;
}

const struct client_dialect client_dialect_action = {
	.name = "action",
	.path = "/ws/action",
	.no_own_echo = true,
	.slash_optional = true,
	.write = {
	    [REQUEST_POST] = action_write_post,
	    [REQUEST_JOIN] = action_write_join,
	    [REQUEST_LEAVE] = action_write_leave,
	    [REQUEST_CREATE] = action_write_create,
	},
	.fields = fields,
	.field_count = COUNT_OF(fields),
	.at_unit_ms = 1,
	.kind_of = action_kind_of,
};
