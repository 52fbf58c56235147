#include "domain/base/count_of.h"
#include "domain/text/utf8.h"
#include "wire/action/dialect_action.h"
#include "wire/common/error_texts.h"
#include "wire/common/event_encoders.h"
#include "wire/json/json_fields.h"

/* Room names have no control characters, but quotes. */
static void
put_about_room(struct wire_text *out, struct str before, struct str name,
    struct str after)
{
	wire_text_append(out, before);
	json_put_string_part(out, name);
	wire_text_append(out, after);
}

static bool
encode_welcome(const struct event *event, struct wire_text *out)
{
	put_text(out, STR("{\"status\":\"connected\",\"client_id\":"),
	    event->member_id);
	wire_text_append(out, STR(",\"message\":\"Welcome!\"}"));
	return true;
}

static bool
encode_created(const struct event *event, struct wire_text *out)
{
	put_text(out, STR("{\"status\":\"success\",\"room_id\":"), event->room);
	put_about_room(out, STR(",\"message\":\"Room '"), event->room_name,
	    STR("' created\"}"));
	return true;
}

static bool
encode_joined(const struct event *event, struct wire_text *out)
{
	put_about_room(out,
	    STR("{\"status\":\"success\",\"message\":\"Joined room '"),
	    event->room_name, STR("'\""));
	put_text(out, STR(",\"room_id\":"), event->room);
	wire_text_append(out, STR("}"));
	return true;
}

/* An answer that says nothing else. */
static bool
put_success(struct wire_text *out, struct str message)
{
	put_text(out, STR("{\"status\":\"success\",\"message\":"), message);
	wire_text_append(out, STR("}"));
	return true;
}

static bool
encode_left(const struct event *event, struct wire_text *out)
{
	(void)event;
	return put_success(out, STR("Left room"));
}

static bool
encode_delivered(const struct event *event, struct wire_text *out)
{
	(void)event;
	return put_success(out, STR("Message sent"));
}

static bool
encode_said(const struct event *event, struct wire_text *out)
{
	put_text(out, STR("{\"from\":"), event->member_id);
	put_json(out, STR(",\"body\":"), event->body);
	wire_text_append(out, STR("}"));
	return true;
}

/* The words of the Python server; what it never thought of is its error. */
static const struct error_text wordings[] = {
	{ CHAT_BAD_JSON, ANY_COMMAND, STR("Invalid JSON format") },
	{ CHAT_UNKNOWN_COMMAND, ANY_COMMAND, STR("Invalid action") },
	{ CHAT_NOT_IN_ROOM, STR("leave"), STR("Not in any room") },
	{ CHAT_NOT_IN_ROOM, ANY_COMMAND, STR("You must join a room first") },
	{ CHAT_ROOM_NOT_FOUND, STR("message"), STR("Room no longer exists") },
	{ CHAT_RATE_LIMITED, ANY_COMMAND,
	    STR("Rate limit exceeded, please slow down") },
};

/* A valid id is shorter; of another the beginning is enough. */
#define QUOTE_MOST 160

static void
put_failure(struct wire_text *out, const struct event *event)
{
	const struct failure *failure = &event->failure;
	struct str text =
	    error_text_find(wordings, COUNT_OF(wordings), failure);
	struct str room = event->room;

	if (text.data != NULL) {
		wire_text_append(out, text);
	} else if (failure->error == CHAT_ROOM_NOT_FOUND) {
		if (room.data == NULL)
			room = STR("None");
		put_about_room(out, STR("Room "), utf8_cut(room, QUOTE_MOST),
		    STR(" does not exist"));
	} else {
		wire_text_append(out, STR("Server error: "));
		json_put_string_part(out, error_text_plain(failure));
	}
}

static bool
encode_failed(const struct event *event, struct wire_text *out)
{
	wire_text_append(out, STR("{\"status\":\"error\",\"message\":\""));
	put_failure(out, event);
	wire_text_append(out, STR("\"}"));
	return true;
}

/* Who comes and goes, who is called what: nothing the dialect talks about. */
static event_encoder *const encoders[EVENT_KINDS] = {
	[EVENT_WELCOME] = encode_welcome,
	[EVENT_ROOM_CREATED] = encode_created,
	[EVENT_ROOM_JOINED] = encode_joined,
	[EVENT_ROOM_LEFT] = encode_left,
	[EVENT_DELIVERED] = encode_delivered,
	[EVENT_FAILED] = encode_failed,
	[EVENT_SAID] = encode_said,
};

/* Whoever said something reads that it was sent. */
bool
action_encode(const struct event *event, enum viewpoint viewpoint,
    struct wire_text *out)
{
	if (event->kind == EVENT_SAID && viewpoint == VIEW_AUTHOR)
		return false;
	return encode_by(encoders, event, out);
}
