/* Events of the topic dialect. */
#include "domain/base/count_of.h"
#include "domain/role.h"
#include "domain/text/utf8.h"
#include "wire/common/error_texts.h"
#include "wire/common/event_encoders.h"
#include "wire/common/file_part.h"
#include "wire/common/message_id.h"
#include "wire/common/timestamps.h"
#include "wire/json/json_fields.h"
#include "wire/topic/dialect_topic.h"
#include "wire/topic/topic_content.h"

static bool
object_end(struct wire_text *out)
{
	wire_text_append(out, STR("}"));
	return true;
}

static void
member_and_topic_put(struct wire_text *out, struct str head,
    const struct event *event)
{
	json_field_string(out, head, event->member);
	json_field_string(out, STR(",\"topic\":"), event->room);
}

static bool
topic_encode_joined(const struct event *event, struct wire_text *out)
{
	member_and_topic_put(out, STR("{\"type\":\"joined\",\"username\":"),
	    event);
	timestamp_put_seconds(out, STR(",\"timestamp\":"), event->at_ms);
	return object_end(out);
}

static bool
topic_encode_left(const struct event *event, struct wire_text *out)
{
	member_and_topic_put(out, STR("{\"type\":\"left\",\"username\":"),
	    event);
	timestamp_put_fractional(out, STR(",\"timestamp\":"), event->at_ms);
	return object_end(out);
}

/* A member that is banned is put out of the topic, like one that is kicked. */
static bool
topic_encode_role(const struct event *event, struct wire_text *out)
{
	return str_equal(event->role, role_word(ROLE_BANNED)) &&
	       topic_encode_left(event, out);
}

/* --- messages ------------------------------------------------------------- */

static void
message_id_put(struct wire_text *out, const struct event *event)
{
	char id[ID_SIZE];

	message_id_write(event->room, event->seq, event->at_ms, id);
	json_field_string(out, STR(",\"message_id\":"), str_from(id));
}

/* The first `most` characters of a text. */
static struct str
text_cut(struct str text, size_t most)
{
	size_t len = 0;

	while (len < text.len && most-- > 0)
		utf8_next(text, &len);
	return str_slice(text.data, len);
}

/* Messages are strings in this dialect; other values are sent as their JSON, a
 * file as its link. */
static void
body_put(struct wire_text *out, struct str head, struct str json)
{
	struct str shown;

	if (json.data[0] == '"') {
		json_field_raw(out, head, json);
		return;
	}
	wire_text_append(out, head);
	if (file_view_put_as_text(out, json))
		return;
	shown = text_cut(json, TOPIC_MESSAGE_CHARS);
	wire_text_append(out, STR("\""));
	json_put_string_part(out, shown);
	wire_text_append_if(out, shown.len < json.len, STR("…"));
	wire_text_append(out, STR("\""));
}

/* The dialect has no redacted messages, and no edits: it gets the last text. */
static bool
topic_encode_said(const struct event *event, struct wire_text *out)
{
	if (event->is_redacted)
		return false;
	json_field_string(out, STR("{\"type\":\"message\",\"username\":"),
	    event->member);
	body_put(out, STR(",\"message\":"), event->body);
	timestamp_put_seconds(out, STR(",\"timestamp\":"), event->at_ms);
	message_id_put(out, event);
	json_field_string(out, STR(",\"topic\":"), event->room);
	timestamp_put_iso8601(out, STR(",\"expires_at\":"),
	    event->at_ms + TOPIC_LIFE_MS);
	return object_end(out);
}

static bool
topic_encode_delivered(const struct event *event, struct wire_text *out)
{
	wire_text_append(out, STR("{\"type\":\"ack\""));
	message_id_put(out, event);
	json_field_unsigned(out, STR(",\"recipients\":"), event->recipients);
	timestamp_put_seconds(out, STR(",\"timestamp\":"), event->at_ms);
	return object_end(out);
}

/* --- other answers -------------------------------------------------------- */

static bool
encode_pong(const struct event *event, struct wire_text *out)
{
	timestamp_put_fractional(out,
	    STR("{\"type\":\"heartbeat\",\"timestamp\":"), event->at_ms);
	wire_text_append(out, STR(",\"status\":\"received\"}"));
	return true;
}

static void
topic_put(struct wire_text *out, const struct room_entry *entry)
{
	json_field_string(out, STR("{\"topic\":"), entry->id);
	json_field_unsigned(out, STR(",\"user_count\":"), entry->members);
	timestamp_put_iso8601(out, STR(",\"created_at\":"), entry->created_ms);
	json_field_unsigned(out, STR(",\"message_count\":"), entry->messages);
	timestamp_put_iso8601(out, STR(",\"last_activity\":"),
	    entry->active_ms);
	wire_text_append(out, STR("}"));
}

static bool
encode_rooms(const struct event *event, struct wire_text *out)
{
	wire_text_append(out, STR("{\"type\":\"list\",\"topics\":["));
	for (size_t i = 0; i < event->rooms.count; i++) {
		wire_text_append_if(out, i > 0, STR(","));
		topic_put(out, &event->rooms.items[i]);
	}
	timestamp_put_seconds(out, STR("],\"timestamp\":"), event->at_ms);
	return object_end(out);
}

/* --- failures ------------------------------------------------------------- */

static const struct error_text error_texts[] = {
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
failure_set_close(struct wire_text *out, enum chat_error error)
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
topic_encode_failed(const struct event *event, struct wire_text *out)
{
	const struct failure *failure = &event->failure;
	struct str text =
	    error_text_find(error_texts, COUNT_OF(error_texts), failure);

	if (text.data == NULL)
		text = error_text_plain(failure);
	json_field_string(out, STR("{\"type\":\"error\",\"message\":"), text);
	timestamp_put_seconds(out, STR(",\"timestamp\":"), event->at_ms);
	if (failure->fatal)
		failure_set_close(out, failure->error);
	return object_end(out);
}

/* The dialect has no presence and no greeting. */
static event_encoder *const encoders[EVENT_KINDS] = {
	[EVENT_ROOM_JOINED] = topic_encode_joined,
	[EVENT_ROOM_LEFT] = topic_encode_left,
	[EVENT_MESSAGE] = topic_encode_said,
	[EVENT_DELIVERED] = topic_encode_delivered,
	[EVENT_PONG] = encode_pong,
	[EVENT_ROOMS] = encode_rooms,
	[EVENT_FAILED] = topic_encode_failed,
	[EVENT_KICKED] = topic_encode_left,
	[EVENT_ROLE] = topic_encode_role,
	[EVENT_ROOM_DELETED] = topic_encode_left,
};

/*
 * Authors and others get the same. Only the member that has to leave a topic is
 * notified of it.
 */
bool
topic_encode(const struct event *event, enum viewpoint viewpoint,
    struct wire_text *out)
{
	if (viewpoint != VIEW_AUTHOR &&
	    event_has_trait(event->kind, EVENT_IS_ABOUT_MEMBER))
		return false;
	return event_encode_by(encoders, event, out);
}
