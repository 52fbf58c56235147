/* Encoders of events about who may do what in a room. */
#include "wire/native/native_encoders.h"

/* Who did it, why and when. */
static void
act_put(struct wire_text *out, const struct event *event)
{
	json_field_string(out, STR(",\"by\":"), event->by);
	json_field_optional(out, STR(",\"by_id\":"), event->by_id);
	json_field_optional(out, STR(",\"reason\":"), event->reason);
	json_field_signed(out, STR(",\"at\":"), event->at_ms);
}

static void
act_begin(struct wire_text *out, struct str head, const struct event *event)
{
	wire_text_append(out, head);
	json_field_string(out, STR(",\"room\":"), event->room);
}

bool
native_encode_invited(const struct event *event, struct wire_text *out)
{
	act_begin(out, STR("{\"event\":\"invite\""), event);
	json_field_string(out, STR(",\"name\":"), event->room_name);
	event_put_member(out, event);
	return event_end(out);
}

bool
native_encode_kicked(const struct event *event, struct wire_text *out)
{
	act_begin(out, STR("{\"event\":\"kick\""), event);
	event_put_member(out, event);
	act_put(out, event);
	return event_end(out);
}

bool
native_encode_role(const struct event *event, struct wire_text *out)
{
	act_begin(out, STR("{\"event\":\"role\""), event);
	event_put_member(out, event);
	json_field_string(out, STR(",\"role\":"), event->role);
	if (event->until_ms != 0)
		json_field_signed(out, STR(",\"until\":"), event->until_ms);
	act_put(out, event);
	return event_end(out);
}

bool
native_encode_topic(const struct event *event, struct wire_text *out)
{
	act_begin(out, STR("{\"event\":\"topic\""), event);
	json_field_string(out, STR(",\"topic\":"), event->topic);
	act_put(out, event);
	return event_end(out);
}

bool
native_encode_slow(const struct event *event, struct wire_text *out)
{
	act_begin(out, STR("{\"event\":\"slow\""), event);
	json_field_signed(out, STR(",\"slow_ms\":"), event->slow_ms);
	act_put(out, event);
	return event_end(out);
}

bool
native_encode_deleted(const struct event *event, struct wire_text *out)
{
	act_begin(out, STR("{\"event\":\"deleted\""), event);
	json_field_string(out, STR(",\"by\":"), event->by);
	json_field_optional(out, STR(",\"by_id\":"), event->by_id);
	return event_end(out);
}
