/* How the `command` dialect spells events. */
#ifndef WIRE_NATIVE_ENCODERS_H
#define WIRE_NATIVE_ENCODERS_H

#include "wire/common/event_encoders.h"
#include "wire/json/json_fields.h"

/*
 * Every event is one object that begins with "event" and ends with a
 * newline, as the Go server has it; fields are in the order of
 * docs/protocol.md.
 */
event_encoder command_encode_me;
event_encoder command_encode_delivered;
event_encoder command_encode_list;
event_encoder command_encode_dm_sent;
event_encoder command_encode_named;
event_encoder command_encode_created;
event_encoder command_encode_joined;
event_encoder command_encode_left;
event_encoder command_encode_rooms;
event_encoder command_encode_history;
event_encoder command_encode_pong;
event_encoder command_encode_failed;
event_encoder command_encode_bye;

static inline void
put_member(struct wire_text *out, const struct event *event)
{
	put_text(out, STR(",\"member\":"), event->member);
	put_text(out, STR(",\"member_id\":"), event->member_id);
}

static inline bool
put_end(struct wire_text *out)
{
	wire_text_append(out, STR("}\n"));
	return true;
}

#endif
