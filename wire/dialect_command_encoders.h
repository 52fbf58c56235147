/* Event by event: how the `command` dialect spells it. */
#ifndef WIRE_DIALECT_COMMAND_ENCODERS_H
#define WIRE_DIALECT_COMMAND_ENCODERS_H

#include "wire/json_fields.h"

/*
 * Every event is one object that begins with "event" and ends with a
 * newline, as in seed 001; the order of fields is that of docs/protocol.md.
 * False: nothing is said about this one.
 */
typedef bool command_encoder(const struct event *, struct wire_text *);

command_encoder command_encode_me;
command_encoder command_encode_delivered;
command_encoder command_encode_list;
command_encoder command_encode_dm_sent;
command_encoder command_encode_named;
command_encoder command_encode_created;
command_encoder command_encode_joined;
command_encoder command_encode_left;
command_encoder command_encode_rooms;
command_encoder command_encode_history;
command_encoder command_encode_pong;
command_encoder command_encode_failed;
command_encoder command_encode_bye;

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
