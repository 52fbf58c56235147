/* The dialect of the Python servers: docs/protocol-action.md. */
#include "cmd/parley/client_dialect.h"
#include "domain/base/count_of.h"
#include "wire/json/json_fields.h"

static void
say(struct wire_text *out, const struct client_request *deed)
{
	json_field_string(out, STR("{\"action\":\"message\",\"body\":"),
	    deed->text);
	wire_text_append(out, STR("}"));
}

static void
join(struct wire_text *out, const struct client_request *deed)
{
	json_field_string(out,
	    STR("{\"action\":\"join\",\"body\":{\"room_id\":"), deed->room);
	wire_text_append(out, STR("}}"));
}

static void
leave(struct wire_text *out, const struct client_request *deed)
{
	(void)deed;
	wire_text_append(out, STR("{\"action\":\"leave\",\"body\":{}}"));
}

static void
create(struct wire_text *out, const struct client_request *deed)
{
	json_field_string(out,
	    STR("{\"action\":\"create\",\"body\":{\"room_name\":"), deed->name);
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

/* The answers differ in what they say to people, and in nothing else. */
static enum server_event_kind
kind_of_success(const struct server_event *heard)
{
	if (heard->room.data != NULL)
		return SERVER_JOINED;
	return str_equal(heard->text, STR("Left room")) ? SERVER_LEFT
							: SERVER_ACK;
}

static enum server_event_kind
kind_of(const struct server_event *heard)
{
	if (heard->word.data == NULL)
		return heard->member.data == NULL ? SERVER_NOTHING
						  : SERVER_MESSAGE;
	if (str_equal(heard->word, STR("connected")))
		return SERVER_WELCOME;
	if (str_equal(heard->word, STR("success")))
		return kind_of_success(heard);
	return str_equal(heard->word, STR("error")) ? SERVER_ERROR
						    : SERVER_NOTHING;
}

const struct client_dialect client_dialect_action = {
	.name = "action",
	.path = "/ws/action",
	.no_own_echo = true,
	.slash_optional = true,
	.write = {
	    [REQUEST_POST] = say,
	    [REQUEST_JOIN] = join,
	    [REQUEST_LEAVE] = leave,
	    [REQUEST_CREATE] = create,
	},
	.fields = fields,
	.field_count = COUNT_OF(fields),
	.at_unit_ms = 1,
	.kind_of = kind_of,
};
