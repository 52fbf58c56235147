/* Events of the action dialect. */
#include "domain/base/count_of.h"
#include "domain/role.h"
#include "domain/text/utf8.h"
#include "wire/action/dialect_action.h"
#include "wire/common/error_texts.h"
#include "wire/common/event_encoders.h"
#include "wire/common/file_part.h"
#include "wire/json/json_fields.h"

/* A room name within a string: it may contain quotes. */
static void
room_name_put(struct wire_text *out, struct str before, struct str name,
    struct str after)
{
	wire_text_append(out, before);
	json_put_string_part(out, name);
	wire_text_append(out, after);
}

static bool
encode_welcome(const struct event *event, struct wire_text *out)
{
	json_field_string(out, STR("{\"status\":\"connected\",\"client_id\":"),
	    event->member_id);
	wire_text_append(out, STR(",\"message\":\"Welcome!\"}"));
	return true;
}

static bool
encode_created(const struct event *event, struct wire_text *out)
{
	json_field_string(out, STR("{\"status\":\"success\",\"room_id\":"),
	    event->room);
	room_name_put(out, STR(",\"message\":\"Room '"), event->room_name,
	    STR("' created\"}"));
	return true;
}

static bool
action_encode_joined(const struct event *event, struct wire_text *out)
{
	room_name_put(out,
	    STR("{\"status\":\"success\",\"message\":\"Joined room '"),
	    event->room_name, STR("'\""));
	json_field_string(out, STR(",\"room_id\":"), event->room);
	wire_text_append(out, STR("}"));
	return true;
}

/* A success without other fields. */
static bool
success_put(struct wire_text *out, struct str message)
{
	json_field_string(out, STR("{\"status\":\"success\",\"message\":"),
	    message);
	wire_text_append(out, STR("}"));
	return true;
}

static bool
action_encode_left(const struct event *event, struct wire_text *out)
{
	(void)event;
	return success_put(out, STR("Left room"));
}

/* A member that is banned is put out of the room, like one that is kicked. */
static bool
action_encode_role(const struct event *event, struct wire_text *out)
{
	return str_equal(event->role, role_word(ROLE_BANNED)) &&
	       action_encode_left(event, out);
}

static bool
action_encode_delivered(const struct event *event, struct wire_text *out)
{
	(void)event;
	return success_put(out, STR("Message sent"));
}

/* The dialect has no redacted messages, and no edits: it gets the last text. */
static bool
action_encode_said(const struct event *event, struct wire_text *out)
{
	if (event->is_redacted)
		return false;
	json_field_string(out, STR("{\"from\":"), event->member_id);
	wire_text_append(out, STR(",\"body\":"));
	if (!file_view_put_as_text(out, event->body))
		json_field_message(out, STR(""), event->body);
	wire_text_append(out, STR("}"));
	return true;
}

/* The texts of the Python server; other failures are its "Server error". */
static const struct error_text error_texts[] = {
	{ CHAT_BAD_JSON, ANY_COMMAND, STR("Invalid JSON format") },
	{ CHAT_UNKNOWN_COMMAND, ANY_COMMAND, STR("Invalid action") },
	{ CHAT_NOT_IN_ROOM, STR("leave"), STR("Not in any room") },
	{ CHAT_NOT_IN_ROOM, ANY_COMMAND, STR("You must join a room first") },
	{ CHAT_ROOM_NOT_FOUND, STR("message"), STR("Room no longer exists") },
	{ CHAT_RATE_LIMITED, ANY_COMMAND,
	    STR("Rate limit exceeded, please slow down") },
};

/* Longer than any valid id. */
#define QUOTE_MOST 160

static void
failure_put_text(struct wire_text *out, const struct event *event)
{
	const struct failure *failure = &event->failure;
	struct str text =
	    error_text_find(error_texts, COUNT_OF(error_texts), failure);
	struct str room = event->room;

	if (text.data != NULL) {
		wire_text_append(out, text);
	} else if (failure->error == CHAT_ROOM_NOT_FOUND) {
		if (room.data == NULL)
			room = STR("None");
		room_name_put(out, STR("Room "), utf8_cut(room, QUOTE_MOST),
		    STR(" does not exist"));
	} else {
		wire_text_append(out, STR("Server error: "));
		json_put_string_part(out, error_text_plain(failure));
	}
}

static bool
action_encode_failed(const struct event *event, struct wire_text *out)
{
	wire_text_append(out, STR("{\"status\":\"error\",\"message\":\""));
	failure_put_text(out, event);
	wire_text_append(out, STR("\"}"));
	return true;
}

/* The dialect has no presence and no names. */
static event_encoder *const encoders[EVENT_KINDS] = {
	[EVENT_WELCOME] = encode_welcome,
	[EVENT_ROOM_CREATED] = encode_created,
	[EVENT_ROOM_JOINED] = action_encode_joined,
	[EVENT_ROOM_LEFT] = action_encode_left,
	[EVENT_DELIVERED] = action_encode_delivered,
	[EVENT_FAILED] = action_encode_failed,
	[EVENT_MESSAGE] = action_encode_said,
	[EVENT_KICKED] = action_encode_left,
	[EVENT_ROLE] = action_encode_role,
	[EVENT_ROOM_DELETED] = action_encode_left,
};

/*
 * The author gets "Message sent" instead of its own message. Only the member
 * that has to leave a room gets an event.
 */
bool
action_encode(const struct event *event, enum viewpoint viewpoint,
    struct wire_text *out)
{
	if (event->kind == EVENT_MESSAGE && viewpoint == VIEW_AUTHOR)
		return false;
	if (viewpoint != VIEW_AUTHOR &&
	    event_has_trait(event->kind, EVENT_IS_ABOUT_MEMBER))
		return false;
	return event_encode_by(encoders, event, out);
}
