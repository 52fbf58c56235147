/* Encoders of events for others, and the table of all events. */
#include "wire/native/dialect_native.h"
#include "wire/native/native_encoders.h"

static bool
encode_token_expiring(const struct event *event, struct wire_text *out)
{
	json_field_signed(out, STR("{\"event\":\"token_expiring\",\"at\":"),
	    event->at_ms);
	return event_end(out);
}

/* As the Go server sends it: without "member", unlike a member's message. */
static bool
encode_announced(const struct event *event, struct wire_text *out)
{
	wire_text_append(out, STR("{\"event\":\"broadcast\",\"message\":\""));
	json_put_string_part(out, event->member);
	wire_text_append(out, STR(" has joined!\""));
	return event_end(out);
}

static bool
encode_message(const struct event *event, struct wire_text *out)
{
	wire_text_append(out, STR("{\"event\":\"broadcast\""));
	if (event->room.data == NULL) {
		json_field_string(out, STR(",\"member\":"), event->member);
	} else {
		event_put_place(out, event);
		event_put_member(out, event);
	}
	event_put_message_text(out, event->body, event->is_redacted,
	    event->edited_ms);
	return event_end(out);
}

static bool
encode_dm(const struct event *event, struct wire_text *out)
{
	wire_text_append(out, STR("{\"event\":\"dm\""));
	event_put_place(out, event);
	event_put_member(out, event);
	json_field_raw(out, STR(",\"message\":"), event->body);
	return event_end(out);
}

static bool
encode_renamed(const struct event *event, struct wire_text *out)
{
	wire_text_append(out, STR("{\"event\":\"renamed\""));
	json_field_optional(out, STR(",\"room\":"), event->room);
	json_field_string(out, STR(",\"was\":"), event->was);
	event_put_member(out, event);
	return event_end(out);
}

static bool
encode_entered(const struct event *event, struct wire_text *out)
{
	json_field_string(out, STR("{\"event\":\"join\",\"room\":"),
	    event->room);
	event_put_member(out, event);
	return event_end(out);
}

static bool
encode_gone(const struct event *event, struct wire_text *out)
{
	json_field_string(out, STR("{\"event\":\"leave\",\"room\":"),
	    event->room);
	event_put_member(out, event);
	return event_end(out);
}

static bool
encode_count(const struct event *event, struct wire_text *out)
{
	json_field_string(out, STR("{\"event\":\"count\",\"room\":"),
	    event->room);
	json_field_unsigned(out, STR(",\"count\":"), event->count);
	return event_end(out);
}

static bool
encode_typing(const struct event *event, struct wire_text *out)
{
	json_field_string(out, STR("{\"event\":\"typing\",\"room\":"),
	    event->room);
	event_put_member(out, event);
	return event_end(out);
}

static void
change_begin(struct wire_text *out, struct str head, const struct event *event)
{
	json_field_string(out, head, event->room);
	json_field_unsigned(out, STR(",\"seq\":"), event->seq);
}

static bool
encode_redacted(const struct event *event, struct wire_text *out)
{
	change_begin(out, STR("{\"event\":\"redact\",\"room\":"), event);
	json_field_string(out, STR(",\"by\":"), event->member);
	json_field_string(out, STR(",\"by_id\":"), event->member_id);
	json_field_optional(out, STR(",\"reason\":"), event->reason);
	json_field_signed(out, STR(",\"at\":"), event->at_ms);
	return event_end(out);
}

static bool
encode_edited(const struct event *event, struct wire_text *out)
{
	change_begin(out, STR("{\"event\":\"edit\",\"room\":"), event);
	json_field_message(out, STR(",\"message\":"), event->body);
	event_put_member(out, event);
	json_field_signed(out, STR(",\"at\":"), event->at_ms);
	return event_end(out);
}

static bool
encode_reacted(const struct event *event, struct wire_text *out)
{
	change_begin(out, STR("{\"event\":\"react\",\"room\":"), event);
	json_field_string(out, STR(",\"reaction\":"), event->reaction);
	event_put_member(out, event);
	json_field_unsigned(out, STR(",\"count\":"), event->count);
	wire_text_append_if(out, event->is_removed, STR(",\"removed\":true"));
	return event_end(out);
}

static bool
encode_read(const struct event *event, struct wire_text *out)
{
	change_begin(out, STR("{\"event\":\"read\",\"room\":"), event);
	return event_end(out);
}

static bool
encode_epoch(const struct event *event, struct wire_text *out)
{
	change_begin(out, STR("{\"event\":\"epoch\",\"room\":"), event);
	json_field_string(out, STR(",\"epoch\":"), event->epoch);
	return event_end(out);
}

static bool
encode_presence(const struct event *event, struct wire_text *out)
{
	return event->names.left_out ? encode_count(event, out)
				     : native_encode_list(event, out);
}

static event_encoder *const encoders[EVENT_KINDS] = {
	[EVENT_WELCOME] = native_encode_me,
	[EVENT_ME] = native_encode_me,
	[EVENT_DELIVERED] = native_encode_delivered,
	[EVENT_LIST] = native_encode_list,
	[EVENT_DM_SENT] = native_encode_dm_sent,
	[EVENT_NAMED] = native_encode_named,
	[EVENT_ROOM_CREATED] = native_encode_created,
	[EVENT_ROOM_JOINED] = native_encode_joined,
	[EVENT_ROOM_LEFT] = native_encode_left,
	[EVENT_ROOMS] = native_encode_rooms,
	[EVENT_HISTORY] = native_encode_history,
	[EVENT_DONE] = native_encode_done,
	[EVENT_PONG] = native_encode_pong,
	[EVENT_FAILED] = native_encode_failed,
	[EVENT_BYE] = native_encode_bye,
	[EVENT_TOKEN_EXPIRING] = encode_token_expiring,
	[EVENT_ANNOUNCED] = encode_announced,
	[EVENT_MESSAGE] = encode_message,
	[EVENT_DM] = encode_dm,
	[EVENT_RENAMED] = encode_renamed,
	[EVENT_ENTERED] = encode_entered,
	[EVENT_GONE] = encode_gone,
	[EVENT_COUNT] = encode_count,
	[EVENT_TYPING] = encode_typing,
	[EVENT_REDACTED] = encode_redacted,
	[EVENT_EDITED] = encode_edited,
	[EVENT_REACTED] = encode_reacted,
	[EVENT_READ] = encode_read,
	[EVENT_EPOCH] = encode_epoch,
	[EVENT_PRESENCE] = encode_presence,
	[EVENT_INVITED] = native_encode_invited,
	[EVENT_KICKED] = native_encode_kicked,
	[EVENT_ROLE] = native_encode_role,
	[EVENT_TOPIC] = native_encode_topic,
	[EVENT_SLOW] = native_encode_slow,
	[EVENT_ROOM_DELETED] = native_encode_deleted,
};

/* Authors and others get the same. */
bool
native_encode(const struct event *event, enum viewpoint viewpoint,
    struct wire_text *out)
{
	(void)viewpoint;
	return event_encode_by(encoders, event, out);
}
