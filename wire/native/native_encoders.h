/* Event encoders of the native dialect. */
#ifndef WIRE_NATIVE_ENCODERS_H
#define WIRE_NATIVE_ENCODERS_H

#include "wire/common/event_encoders.h"
#include "wire/json/json_fields.h"

/*
 * Every event is one object that begins with "event" and ends with a newline,
 * as the Go server sends it. Fields are in the order of docs/protocol.md.
 */
event_encoder native_encode_me;
event_encoder native_encode_delivered;
event_encoder native_encode_list;
event_encoder native_encode_dm_sent;
event_encoder native_encode_named;
event_encoder native_encode_created;
event_encoder native_encode_joined;
event_encoder native_encode_left;
event_encoder native_encode_rooms;
event_encoder native_encode_history;
event_encoder native_encode_done;
event_encoder native_encode_pong;
event_encoder native_encode_failed;
event_encoder native_encode_bye;

/* Events about who may do what, in native_moderation.c. */
event_encoder native_encode_invited;
event_encoder native_encode_kicked;
event_encoder native_encode_role;
event_encoder native_encode_topic;
event_encoder native_encode_slow;
event_encoder native_encode_deleted;

static inline void
event_put_member(struct wire_text *out, const struct event *event)
{
	json_field_string(out, STR(",\"member\":"), event->member);
	json_field_string(out, STR(",\"member_id\":"), event->member_id);
}

/* Where a message is in the history of its room; nothing without a room. */
static inline void
event_put_place(struct wire_text *out, const struct event *event)
{
	if (event->room.data == NULL)
		return;
	json_field_string(out, STR(",\"room\":"), event->room);
	json_field_unsigned(out, STR(",\"seq\":"), event->seq);
	json_field_signed(out, STR(",\"at\":"), event->at_ms);
}

/* The text of a message, or what became of it. */
static inline void
event_put_message_text(struct wire_text *out, struct str body, bool is_redacted,
    int64_t edited_ms)
{
	if (is_redacted) {
		wire_text_append(out, STR(",\"redacted\":true"));
		return;
	}
	json_field_message(out, STR(",\"message\":"), body);
	if (edited_ms > 0)
		json_field_signed(out, STR(",\"edited\":"), edited_ms);
}

static inline bool
event_end(struct wire_text *out)
{
	wire_text_append(out, STR("}\n"));
	return true;
}

#endif
