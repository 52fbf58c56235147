#include "wire/api/api_answer.h"

#include <assert.h>

#include "wire/common/error_texts.h"
#include "wire/common/file_part.h"
#include "wire/json/json_fields.h"

int
api_status(enum chat_error error)
{
	switch (error) {
	case CHAT_OK:
		return 200;
	case CHAT_BAD_JSON:
		return 400;
	case CHAT_UNAUTHORIZED:
		return 401;
	case CHAT_FORBIDDEN:
		return 403;
	case CHAT_ROOM_NOT_FOUND:
	case CHAT_MEMBER_NOT_FOUND:
	case CHAT_FILE_NOT_FOUND:
	case CHAT_MESSAGE_NOT_FOUND:
		return 404;
	case CHAT_MESSAGE_TOO_LARGE:
	case CHAT_FILE_TOO_LARGE:
		return 413;
	case CHAT_FILE_TYPE_REFUSED:
		return 415;
	case CHAT_BAD_FIELD:
	case CHAT_NAME_INVALID:
		return 422;
	case CHAT_RATE_LIMITED:
		return 429;
	case CHAT_UNAVAILABLE:
	case CHAT_STORE_FAILED:
		return 503;
	case CHAT_QUOTA_REACHED:
	case CHAT_FILES_FULL:
		return 507;
	default: /* rooms and members that exist, are full, or too many */
		return 409;
	}
}

/* --- answers -------------------------------------------------------------- */

static void
failure_put(struct wire_text *out, const struct failure *failure)
{
	json_field_string(out, STR("\"error\":"),
	    str_from(chat_error_word(failure->error)));
	json_field_string(out, STR(",\"text\":"), error_text_plain(failure));
	json_field_optional(out, STR(",\"field\":"), failure->field);
	if (failure->error == CHAT_BAD_JSON)
		json_field_unsigned(out, STR(",\"offset\":"), failure->offset);
	json_field_optional(out, STR(",\"exceeded\":"), failure->exceeded);
	if (failure->limit != 0)
		json_field_signed(out, STR(",\"limit\":"), failure->limit);
	if (failure->retry_after_ms != 0)
		json_field_signed(out, STR(",\"retry_after_ms\":"),
		    failure->retry_after_ms);
}

/* A broadcast to the lobby has no number. */
static void
delivered_put(struct wire_text *out, const struct event *event)
{
	if (event->room.data == NULL) {
		json_field_unsigned(out, STR("\"recipients\":"),
		    event->recipients);
		return;
	}
	json_field_string(out, STR("\"room\":"), event->room);
	json_field_unsigned(out, STR(",\"seq\":"), event->seq);
	json_field_signed(out, STR(",\"at\":"), event->at_ms);
	json_field_optional(out, STR(",\"epoch\":"), event->epoch);
	if (event->duplicate)
		wire_text_append(out, STR(",\"duplicate\":true"));
	else
		json_field_unsigned(out, STR(",\"recipients\":"),
		    event->recipients);
}

static void
room_fields_put(struct wire_text *out, const struct room_entry *entry)
{
	json_field_string(out, STR("\"room\":"), entry->id);
	json_field_string(out, STR(",\"name\":"), entry->name);
	json_field_unsigned(out, STR(",\"members\":"), entry->members);
	json_field_boolean(out, STR(",\"persistent\":"), entry->persistent);
	json_field_signed(out, STR(",\"created\":"), entry->created_ms);
	json_field_signed(out, STR(",\"active\":"), entry->active_ms);
	if (!entry->is_uncounted)
		json_field_unsigned(out, STR(",\"seq\":"), entry->messages);
}

static void
room_info_put(struct wire_text *out, const struct event *event)
{
	assert(event->rooms.count == 1);
	room_fields_put(out, &event->rooms.items[0]);
	json_field_string(out, STR(",\"epoch\":"), event->epoch);
	json_field_optional(out, STR(",\"topic\":"), event->topic);
	if (event->is_private)
		wire_text_append(out, STR(",\"private\":true"));
	if (event->is_moderated)
		wire_text_append(out, STR(",\"moderated\":true"));
	if (event->slow_ms != 0)
		json_field_signed(out, STR(",\"slow_ms\":"), event->slow_ms);
}

static void
answer_put_rooms(struct wire_text *out, const struct event *event)
{
	wire_text_append(out, STR("\"rooms\":["));
	for (size_t i = 0; i < event->rooms.count; i++) {
		wire_text_append(out, i > 0 ? STR(",{") : STR("{"));
		room_fields_put(out, &event->rooms.items[i]);
		wire_text_append(out, STR("}"));
	}
	wire_text_append(out, STR("]"));
	json_field_boolean(out, STR(",\"more\":"), event->rooms.more);
}

static void
answer_put_members(struct wire_text *out, const struct event *event)
{
	if (event->room.data != NULL) {
		json_field_string(out, STR("\"room\":"), event->room);
		wire_text_append(out, STR(","));
	}
	wire_text_append(out, STR("\"members\":["));
	for (size_t i = 0; i < event->members.count; i++) {
		const struct member_entry *entry = &event->members.items[i];

		wire_text_append_if(out, i > 0, STR(","));
		json_field_string(out, STR("{\"member_id\":"), entry->id);
		json_field_string(out, STR(",\"member\":"), entry->name);
		json_field_signed(out, STR(",\"since\":"), entry->since_ms);
		json_field_boolean(out, STR(",\"user\":"), entry->is_user);
		wire_text_append(out, STR("}"));
	}
	wire_text_append(out, STR("]"));
	json_field_boolean(out, STR(",\"more\":"), event->members.more);
}

static void
api_reactions_put(struct wire_text *out, const struct message *message)
{
	if (message->reaction_count == 0)
		return;
	wire_text_append(out, STR(",\"reactions\":"));
	for (size_t i = 0; i < message->reaction_count; i++) {
		json_field_string(out, i > 0 ? STR(",") : STR("{"),
		    message->reactions[i].text);
		json_field_unsigned(out, STR(":"), message->reactions[i].count);
	}
	wire_text_append(out, STR("}"));
}

static void
message_fields_put(struct wire_text *out, const struct message *message)
{
	json_field_unsigned(out, STR("\"seq\":"), message->seq);
	json_field_signed(out, STR(",\"at\":"), message->at_ms);
	json_field_string(out, STR(",\"member\":"), message->author);
	json_field_string(out, STR(",\"member_id\":"), message->author_id);
	if (message->is_redacted)
		wire_text_append(out, STR(",\"redacted\":true"));
	else
		json_field_message(out, STR(",\"message\":"), message->body);
	if (message->edited_ms != 0)
		json_field_signed(out, STR(",\"edited\":"), message->edited_ms);
	api_reactions_put(out, message);
}

static void
history_put(struct wire_text *out, const struct event *event)
{
	json_field_string(out, STR("\"room\":"), event->room);
	json_field_string(out, STR(",\"epoch\":"), event->epoch);
	wire_text_append(out, STR(",\"messages\":["));
	for (size_t i = 0; i < event->page.count; i++) {
		wire_text_append(out, i > 0 ? STR(",{") : STR("{"));
		message_fields_put(out, &event->page.items[i]);
		wire_text_append(out, STR("}"));
	}
	wire_text_append(out, STR("]"));
	json_field_boolean(out, STR(",\"more\":"), event->page.more);
}

static int
answer_status(const struct event *event)
{
	switch (event->kind) {
	case EVENT_FAILED:
		return api_status(event->failure.error);
	case EVENT_DELIVERED:
		return event->duplicate || event->room.data == NULL ? 200 : 201;
	default:
		return 200;
	}
}

int
api_put_answer(struct wire_text *out, const struct event *event,
    bool names_status)
{
	int status = answer_status(event);

	wire_text_append(out, STR("{"));
	if (names_status) {
		json_field_signed(out, STR("\"status\":"), status);
		wire_text_append(out, STR(","));
	}
	switch (event->kind) {
	case EVENT_FAILED:
		failure_put(out, &event->failure);
		break;
	case EVENT_DELIVERED:
		delivered_put(out, event);
		break;
	case EVENT_ROOM_INFO:
		room_info_put(out, event);
		break;
	case EVENT_ROOMS:
		answer_put_rooms(out, event);
		break;
	case EVENT_MEMBERS:
		answer_put_members(out, event);
		break;
	case EVENT_HISTORY:
		history_put(out, event);
		break;
	default:
		assert(false);
	}
	wire_text_append(out, STR("}"));
	return status;
}

static void
hash_put(struct wire_text *out, const uint8_t hash[BLOB_HASH_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	char hex[2 * BLOB_HASH_SIZE];

	for (size_t i = 0; i < BLOB_HASH_SIZE; i++) {
		hex[2 * i] = digits[hash[i] >> 4];
		hex[2 * i + 1] = digits[hash[i] & 15];
	}
	json_field_string(out, STR(",\"sha256\":"),
	    str_slice(hex, sizeof(hex)));
}

void
api_put_file(struct wire_text *out, const struct blob *blob, struct str base)
{
	wire_text_append(out, STR("{"));
	file_members_put(out, blob, base);
	if (blob->secret[0] != '\0')
		json_field_string(out, STR(",\"key\":"),
		    str_from(blob->secret));
	json_field_unsigned(out, STR(",\"offset\":"), blob->received);
	json_field_boolean(out, STR(",\"complete\":"), blob->is_complete);
	if (blob->is_complete)
		hash_put(out, blob->hash);
	if (blob->expires_ms != 0)
		json_field_signed(out, STR(",\"expires\":"), blob->expires_ms);
	wire_text_append(out, STR("}"));
}

/* --- server-sent events --------------------------------------------------- */

void
api_put_stream_begin(struct wire_text *out)
{
	wire_text_append(out, STR("retry: 2000\n\n"));
}

void
api_put_heartbeat(struct wire_text *out)
{
	wire_text_append(out, STR(":\n\n"));
}

/*
 * The data of an event ends with a line: outside of its strings JSON may have
 * line ends, which are white space like any other.
 */
static void
lines_join(struct wire_text *out, size_t from)
{
	for (size_t i = from; i < out->len; i++)
		if (out->data[i] == '\n' || out->data[i] == '\r')
			out->data[i] = ' ';
}

static void
stream_message_put(struct wire_text *out, struct str room,
    const struct message *message)
{
	size_t from = out->len;

	json_field_string(out, STR("{\"room\":"), room);
	wire_text_append(out, STR(","));
	message_fields_put(out, message);
	lines_join(out, from);
	wire_text_append(out, STR("}\n\n"));
}

void
api_put_stream_message(struct wire_text *out, struct str room, struct str epoch,
    const struct message *message)
{
	wire_text_append(out, STR("id: "));
	wire_text_append(out, epoch);
	json_field_unsigned(out, STR(":"), message->seq);
	wire_text_append(out, STR("\nevent: message\ndata: "));
	stream_message_put(out, room, message);
}

void
api_put_stream_change(struct wire_text *out, struct str room,
    const struct message *message)
{
	wire_text_append(out, STR("event: changed\ndata: "));
	stream_message_put(out, room, message);
}

static void
stream_member_put(struct wire_text *out, const struct event *event)
{
	json_field_string(out, STR(",\"member\":"), event->member);
	json_field_string(out, STR(",\"member_id\":"), event->member_id);
}

/* An edit, a redaction or a reaction. */
static void
stream_change_put(struct wire_text *out, const struct event *event)
{
	json_field_unsigned(out, STR(",\"seq\":"), event->seq);
	json_field_signed(out, STR(",\"at\":"), event->at_ms);
	stream_member_put(out, event);
	json_field_optional(out, STR(",\"reason\":"), event->reason);
	if (event->kind == EVENT_EDITED)
		json_field_message(out, STR(",\"message\":"), event->body);
	if (event->kind != EVENT_REACTED)
		return;
	json_field_string(out, STR(",\"reaction\":"), event->reaction);
	json_field_unsigned(out, STR(",\"count\":"), event->count);
	wire_text_append_if(out, event->is_removed, STR(",\"removed\":true"));
}

static void
stream_event_put(struct wire_text *out, const struct event *event)
{
	switch (event->kind) {
	case EVENT_COUNT:
		json_field_unsigned(out, STR(",\"members\":"), event->count);
		break;
	case EVENT_ENTERED:
	case EVENT_GONE:
		stream_member_put(out, event);
		break;
	case EVENT_RENAMED:
		json_field_string(out, STR(",\"was\":"), event->was);
		stream_member_put(out, event);
		break;
	default:
		stream_change_put(out, event);
	}
}

void
api_put_stream_event(struct wire_text *out, const struct event *event)
{
	size_t from;

	wire_text_append(out, STR("event: "));
	if (event->kind == EVENT_ENTERED)
		wire_text_append(out, STR("joined"));
	else if (event->kind == EVENT_GONE)
		wire_text_append(out, STR("left"));
	else
		wire_text_append(out, str_from(event_kind_word(event->kind)));
	wire_text_append(out, STR("\ndata: "));
	from = out->len;
	json_field_string(out, STR("{\"room\":"), event->room);
	stream_event_put(out, event);
	lines_join(out, from);
	wire_text_append(out, STR("}\n\n"));
}

void
api_put_events_gap(struct wire_text *out, struct str room, struct str epoch)
{
	json_field_string(out, STR("event: gap\ndata: {\"room\":"), room);
	json_field_string(out, STR(",\"epoch\":"), epoch);
	wire_text_append(out, STR(",\"events_missing\":true}\n\n"));
}

void
api_put_gap(struct wire_text *out, struct str room, struct str epoch,
    uint64_t first, uint64_t last)
{
	json_field_string(out, STR("event: gap\ndata: {\"room\":"), room);
	json_field_string(out, STR(",\"epoch\":"), epoch);
	if (first != 0) {
		json_field_unsigned(out, STR(",\"missing\":["), first);
		json_field_unsigned(out, STR(","), last);
		wire_text_append(out, STR("]}\n\n"));
	} else
		wire_text_append(out, STR(",\"epoch_changed\":true}\n\n"));
}

void
api_put_end(struct wire_text *out, struct str room, struct str reason)
{
	json_field_string(out, STR("event: end\ndata: {\"room\":"), room);
	json_field_string(out, STR(",\"reason\":"), reason);
	wire_text_append(out, STR("}\n\n"));
}

/* Takes the next line; false: there is none. */
static bool
stream_line_take(struct str *stream, struct str *line)
{
	const char *end =
	    stream->len == 0 ? NULL : memchr(stream->data, '\n', stream->len);

	if (end == NULL)
		return false;
	*line = str_slice(stream->data, (size_t)(end - stream->data));
	*stream = str_slice(end + 1, stream->len - line->len - 1);
	return true;
}

/* What follows these words in the line; absent: it has others. */
static struct str
stream_field_find(struct str line, struct str words)
{
	if (line.len < words.len ||
	    memcmp(line.data, words.data, words.len) != 0)
		return STR_ABSENT;
	return str_slice(line.data + words.len, line.len - words.len);
}

void
api_put_poll(struct wire_text *out, struct str position, struct str stream)
{
	bool is_first = true;
	struct str line;

	json_field_string(out, STR("{\"last_event_id\":"), position);
	wire_text_append(out, STR(",\"events\":["));
	while (stream_line_take(&stream, &line)) {
		struct str event = stream_field_find(line, STR("event: "));
		struct str data = stream_field_find(line, STR("data: {"));

		if (event.data != NULL) {
			wire_text_append_if(out, !is_first, STR(","));
			is_first = false;
			json_field_string(out, STR("{\"event\":"), event);
		} else if (data.data != NULL) {
			wire_text_append(out, STR(","));
			wire_text_append(out, data);
		}
	}
	wire_text_append(out, STR("]}"));
}
