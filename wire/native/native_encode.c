/* What is said to others, and the table of all events. */
#include "wire/native/dialect_native.h"
#include "wire/native/native_encoders.h"

/* Without "member": so the Go server tells it from somebody's words. */
static bool
encode_announced(const struct event *event, struct wire_text *out)
{
	wire_text_append(out, STR("{\"event\":\"broadcast\",\"message\":\""));
	json_put_string_part(out, event->member);
	wire_text_append(out, STR(" has joined!\""));
	return put_end(out);
}

static bool
encode_said(const struct event *event, struct wire_text *out)
{
	wire_text_append(out, STR("{\"event\":\"broadcast\""));
	if (event->room.data == NULL) {
		put_text(out, STR(",\"member\":"), event->member);
	} else {
		put_text(out, STR(",\"room\":"), event->room);
		put_unsigned(out, STR(",\"seq\":"), event->seq);
		put_signed(out, STR(",\"at\":"), event->at_ms);
		put_member(out, event);
	}
	put_json(out, STR(",\"message\":"), event->body);
	return put_end(out);
}

static bool
encode_dm(const struct event *event, struct wire_text *out)
{
	wire_text_append(out, STR("{\"event\":\"dm\""));
	put_member(out, event);
	put_json(out, STR(",\"message\":"), event->body);
	return put_end(out);
}

static bool
encode_renamed(const struct event *event, struct wire_text *out)
{
	put_text(out, STR("{\"event\":\"renamed\",\"room\":"), event->room);
	put_text(out, STR(",\"was\":"), event->was);
	put_member(out, event);
	return put_end(out);
}

static bool
encode_entered(const struct event *event, struct wire_text *out)
{
	put_text(out, STR("{\"event\":\"join\",\"room\":"), event->room);
	put_member(out, event);
	return put_end(out);
}

static bool
encode_gone(const struct event *event, struct wire_text *out)
{
	put_text(out, STR("{\"event\":\"leave\",\"room\":"), event->room);
	put_member(out, event);
	return put_end(out);
}

static bool
encode_count(const struct event *event, struct wire_text *out)
{
	put_text(out, STR("{\"event\":\"count\",\"room\":"), event->room);
	put_unsigned(out, STR(",\"count\":"), event->count);
	return put_end(out);
}

static bool
encode_typing(const struct event *event, struct wire_text *out)
{
	put_text(out, STR("{\"event\":\"typing\",\"room\":"), event->room);
	put_member(out, event);
	return put_end(out);
}

static event_encoder *const encoders[EVENT_KINDS] = {
	[EVENT_WELCOME] = command_encode_me,
	[EVENT_ME] = command_encode_me,
	[EVENT_DELIVERED] = command_encode_delivered,
	[EVENT_LIST] = command_encode_list,
	[EVENT_DM_SENT] = command_encode_dm_sent,
	[EVENT_NAMED] = command_encode_named,
	[EVENT_ROOM_CREATED] = command_encode_created,
	[EVENT_ROOM_JOINED] = command_encode_joined,
	[EVENT_ROOM_LEFT] = command_encode_left,
	[EVENT_ROOMS] = command_encode_rooms,
	[EVENT_HISTORY] = command_encode_history,
	[EVENT_PONG] = command_encode_pong,
	[EVENT_FAILED] = command_encode_failed,
	[EVENT_BYE] = command_encode_bye,
	[EVENT_ANNOUNCED] = encode_announced,
	[EVENT_SAID] = encode_said,
	[EVENT_DM] = encode_dm,
	[EVENT_RENAMED] = encode_renamed,
	[EVENT_ENTERED] = encode_entered,
	[EVENT_GONE] = encode_gone,
	[EVENT_COUNT] = encode_count,
	[EVENT_TYPING] = encode_typing,
};

/* Authors and others read the same here. */
bool
command_encode(const struct event *event, enum viewpoint viewpoint,
    struct wire_text *out)
{
	(void)viewpoint;
	return encode_by(encoders, event, out);
}
