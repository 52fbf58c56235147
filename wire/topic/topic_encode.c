#include "domain/base/count_of.h"
#include "domain/text/utf8.h"
#include "wire/common/error_texts.h"
#include "wire/common/event_encoders.h"
#include "wire/common/message_id.h"
#include "wire/common/timestamps.h"
#include "wire/json/json_fields.h"
#include "wire/topic/dialect_topic.h"
#include "wire/topic/topic_content.h"

static bool
end(struct wire_text *out)
{
	wire_text_append(out, STR("}"));
	return true;
}

static void
put_member_and_topic(struct wire_text *out, struct str head,
    const struct event *event)
{
	put_text(out, head, event->member);
	put_text(out, STR(",\"topic\":"), event->room);
}

static bool
encode_joined(const struct event *event, struct wire_text *out)
{
	put_member_and_topic(out, STR("{\"type\":\"joined\",\"username\":"),
	    event);
	put_seconds(out, STR(",\"timestamp\":"), event->at_ms);
	return end(out);
}

static bool
encode_left(const struct event *event, struct wire_text *out)
{
	put_member_and_topic(out, STR("{\"type\":\"left\",\"username\":"),
	    event);
	put_seconds_exactly(out, STR(",\"timestamp\":"), event->at_ms);
	return end(out);
}

/* --- messages ------------------------------------------------------------- */

static void
put_message_id(struct wire_text *out, const struct event *event)
{
	char id[ID_SIZE];

	message_id_write(event->room, event->seq, event->at_ms, id);
	put_text(out, STR(",\"message_id\":"), str_from(id));
}

/* At most so many characters of a text. */
static struct str
first_characters(struct str text, size_t most)
{
	size_t len = 0;

	while (len < text.len && most-- > 0)
		utf8_next(text, &len);
	return str_slice(text.data, len);
}

/* Messages are strings there; others show as what they are. */
static void
put_body(struct wire_text *out, struct str head, struct str json)
{
	struct str shown;

	if (json.data[0] == '"') {
		put_json(out, head, json);
		return;
	}
	shown = first_characters(json, TOPIC_MESSAGE_CHARS);
	wire_text_append(out, head);
	wire_text_append(out, STR("\""));
	json_put_string_part(out, shown);
	put_if(out, shown.len < json.len, STR("…"));
	wire_text_append(out, STR("\""));
}

static bool
encode_said(const struct event *event, struct wire_text *out)
{
	put_text(out, STR("{\"type\":\"message\",\"username\":"),
	    event->member);
	put_body(out, STR(",\"message\":"), event->body);
	put_seconds(out, STR(",\"timestamp\":"), event->at_ms);
	put_message_id(out, event);
	put_text(out, STR(",\"topic\":"), event->room);
	put_date(out, STR(",\"expires_at\":"), event->at_ms + TOPIC_LIFE_MS);
	return end(out);
}

static bool
encode_delivered(const struct event *event, struct wire_text *out)
{
	wire_text_append(out, STR("{\"type\":\"ack\""));
	put_message_id(out, event);
	put_unsigned(out, STR(",\"recipients\":"), event->recipients);
	put_seconds(out, STR(",\"timestamp\":"), event->at_ms);
	return end(out);
}

/* --- other answers -------------------------------------------------------- */

static bool
encode_pong(const struct event *event, struct wire_text *out)
{
	put_seconds_exactly(out, STR("{\"type\":\"heartbeat\",\"timestamp\":"),
	    event->at_ms);
	wire_text_append(out, STR(",\"status\":\"received\"}"));
	return true;
}

static void
put_topic(struct wire_text *out, const struct room_entry *entry)
{
	put_text(out, STR("{\"topic\":"), entry->id);
	put_unsigned(out, STR(",\"user_count\":"), entry->members);
	put_date(out, STR(",\"created_at\":"), entry->created_ms);
	put_unsigned(out, STR(",\"message_count\":"), entry->messages);
	put_date(out, STR(",\"last_activity\":"), entry->active_ms);
	wire_text_append(out, STR("}"));
}

static bool
encode_rooms(const struct event *event, struct wire_text *out)
{
	wire_text_append(out, STR("{\"type\":\"list\",\"topics\":["));
	for (size_t i = 0; i < event->rooms.count; i++) {
		put_if(out, i > 0, STR(","));
		put_topic(out, &event->rooms.items[i]);
	}
	put_seconds(out, STR("],\"timestamp\":"), event->at_ms);
	return end(out);
}

/* --- failures ------------------------------------------------------------- */

static const struct error_text wordings[] = {
	{ CHAT_BAD_JSON, ANY_COMMAND, STR("Invalid JSON format") },
	{ CHAT_RATE_LIMITED, ANY_COMMAND,
	    STR("Rate limit exceeded, please slow down") },
	{ CHAT_NOT_IN_ROOM, ANY_COMMAND, STR("You must join a topic first") },
	{ CHAT_TOO_MANY_ROOMS, ANY_COMMAND,
	    STR("Server at maximum topic capacity") },
	{ CHAT_ROOM_FULL, ANY_COMMAND,
	    STR("Topic is full, please try another") },
};

/* RFC 6455, §7.4.1. */
static void
close_after(struct wire_text *out, enum chat_error error)
{
	if (error == CHAT_BAD_JSON) {
		out->close_code = 1003;
		out->close_reason = "Invalid JSON";
	} else if (error == CHAT_UNKNOWN_COMMAND) {
		out->close_code = 1002;
		out->close_reason = "Protocol error";
	} else {
		out->close_code = 1008;
		out->close_reason = "Join failed";
	}
}

static bool
encode_failed(const struct event *event, struct wire_text *out)
{
	const struct failure *failure = &event->failure;
	struct str text =
	    error_text_find(wordings, COUNT_OF(wordings), failure);

	if (text.data == NULL)
		text = error_text_plain(failure);
	put_text(out, STR("{\"type\":\"error\",\"message\":"), text);
	put_seconds(out, STR(",\"timestamp\":"), event->at_ms);
	if (failure->fatal)
		close_after(out, failure->error);
	return end(out);
}

/* Nobody is told who comes and goes, and nobody is greeted. */
static event_encoder *const encoders[EVENT_KINDS] = {
	[EVENT_ROOM_JOINED] = encode_joined,
	[EVENT_ROOM_LEFT] = encode_left,
	[EVENT_SAID] = encode_said,
	[EVENT_DELIVERED] = encode_delivered,
	[EVENT_PONG] = encode_pong,
	[EVENT_ROOMS] = encode_rooms,
	[EVENT_FAILED] = encode_failed,
};

/* Authors and others read the same here. */
bool
topic_encode(const struct event *event, enum viewpoint viewpoint,
    struct wire_text *out)
{
	(void)viewpoint;
	return encode_by(encoders, event, out);
}
