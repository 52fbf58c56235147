#include "persistence/format/record_payload.h"

#include <assert.h>

#include "persistence/format/little_endian.h"

/* A text with its length in front, in two bytes or in four. */
#define SHORT_TEXT_SIZE(len) (2 + (len))
#define LONG_TEXT_SIZE(len) (4 + (len))

#define ROOM_IS_PERSISTENT 1u

/* As far as every client can count. */
#define SEQ_MOST ((UINT64_C(1) << 53) - 1)

static char *
put_bytes(char *at, struct str text)
{
	return text.len > 0 ? mempcpy(at, text.data, text.len) : at;
}

static char *
put_short_text(char *at, struct str text)
{
	assert(text.len <= UINT16_MAX);
	return put_bytes(put_u16(at, (uint16_t)text.len), text);
}

/* What is left of a payload; is_bad once something was not as it must be. */
struct cursor {
	const char *at;
	size_t left;
	bool is_bad;
};

static struct cursor
cursor_of(struct str payload)
{
	return (struct cursor){ payload.data, payload.len, false };
}

/* Zeros, if there are no such many bytes any more. */
static const char *
take(struct cursor *from, size_t len)
{
	static const char zeros[BOOT_ID_SIZE];
	const char *at = from->at;

	if (from->is_bad || from->left < len) {
		from->is_bad = true;
		return zeros;
	}
	from->at += len;
	from->left -= len;
	return at;
}

static uint64_t
take_u64(struct cursor *from)
{
	return get_u64(take(from, 8));
}

static uint64_t
take_seq(struct cursor *from)
{
	uint64_t seq = take_u64(from);

	from->is_bad |= seq > SEQ_MOST;
	return seq;
}

static struct str
take_text(struct cursor *from, size_t len)
{
	const char *at = take(from, len);

	return str_slice(at, from->is_bad ? 0 : len);
}

static struct str
take_short_text(struct cursor *from)
{
	return take_text(from, get_u16(take(from, 2)));
}

static struct str
take_long_text(struct cursor *from)
{
	return take_text(from, get_u32(take(from, 4)));
}

static struct str
take_room_id(struct cursor *from)
{
	struct str id = take_short_text(from);

	if (!room_id_is_valid(id))
		from->is_bad = true;
	return id;
}

/* As a string; one that does not fit, or holds NUL, is none of ours. */
static void
take_string(struct cursor *from, char *out, size_t size)
{
	struct str text = take_short_text(from);

	if (text.len >= size || memchr(text.data, '\0', text.len) != NULL) {
		from->is_bad = true;
		text.len = 0;
	}
	memcpy(out, text.data, text.len);
	out[text.len] = '\0';
}

size_t
open_entry_write(char *out, const struct open_entry *entry)
{
	struct str version = entry->version;
	char *end = mempcpy(out, entry->boot_id, BOOT_ID_SIZE);

	if (version.len > PROGRAM_SIZE)
		version.len = PROGRAM_SIZE;
	end = put_u64(end, (uint64_t)entry->wall_ms);
	end = put_u64(end, entry->policy);
	end = put_short_text(end, version);
	return (size_t)(end - out);
}

bool
open_entry_read(struct str payload, struct open_entry *out)
{
	struct cursor from = cursor_of(payload);

	memcpy(out->boot_id, take(&from, BOOT_ID_SIZE), BOOT_ID_SIZE);
	out->wall_ms = (int64_t)take_u64(&from);
	out->policy = (uint8_t)take_u64(&from);
	out->version = take_short_text(&from);
	return !from.is_bad;
}

size_t
room_entry_size(const struct room *room)
{
	return 5 * 8 + SHORT_TEXT_SIZE(strlen(room->id)) +
	       SHORT_TEXT_SIZE(strlen(room->name)) +
	       SHORT_TEXT_SIZE(strlen(room->epoch));
}

size_t
room_entry_write(char *out, const struct room *room)
{
	char *end = put_u64(out, room->persistent ? ROOM_IS_PERSISTENT : 0);

	end = put_u64(end, (uint64_t)room->ttl_ms);
	end = put_u64(end, (uint64_t)room->created_ms);
	end = put_u64(end, (uint64_t)room->active_ms);
	end = put_u64(end, room->max_members);
	end = put_short_text(end, str_from(room->id));
	end = put_short_text(end, str_from(room->name));
	end = put_short_text(end, str_from(room->epoch));
	return (size_t)(end - out);
}

bool
room_entry_read(struct str payload, struct room *out)
{
	struct cursor from = cursor_of(payload);

	*out = (struct room){ 0 };
	out->persistent = take_u64(&from) & ROOM_IS_PERSISTENT;
	out->ttl_ms = (int64_t)take_u64(&from);
	out->created_ms = (int64_t)take_u64(&from);
	out->active_ms = (int64_t)take_u64(&from);
	out->max_members = take_u64(&from);
	take_string(&from, out->id, sizeof(out->id));
	take_string(&from, out->name, sizeof(out->name));
	take_string(&from, out->epoch, sizeof(out->epoch));
	return !from.is_bad && room_id_is_valid(str_from(out->id));
}

size_t
gone_entry_size(struct str room)
{
	return SHORT_TEXT_SIZE(room.len);
}

size_t
gone_entry_write(char *out, struct str room)
{
	return (size_t)(put_short_text(out, room) - out);
}

bool
gone_entry_read(struct str payload, struct str *room)
{
	struct cursor from = cursor_of(payload);

	*room = take_room_id(&from);
	return !from.is_bad;
}

size_t
message_entry_size(struct str room, const struct message *message)
{
	return 2 * 8 + SHORT_TEXT_SIZE(room.len) +
	       SHORT_TEXT_SIZE(message->author.len) +
	       SHORT_TEXT_SIZE(message->author_id.len) +
	       SHORT_TEXT_SIZE(message->key.len) +
	       LONG_TEXT_SIZE(message->body.len);
}

size_t
message_entry_write(char *out, struct str room, const struct message *message)
{
	char *end = put_u64(out, message->seq);

	assert(message->body.len <= RECORD_PAYLOAD_MOST);
	end = put_u64(end, (uint64_t)message->at_ms);
	end = put_short_text(end, room);
	end = put_short_text(end, message->author);
	end = put_short_text(end, message->author_id);
	end = put_short_text(end, message->key);
	end = put_u32(end, (uint32_t)message->body.len);
	end = put_bytes(end, message->body);
	return (size_t)(end - out);
}

bool
message_entry_read(struct str payload, struct str *room, struct message *out)
{
	struct cursor from = cursor_of(payload);

	out->seq = take_seq(&from);
	out->at_ms = (int64_t)take_u64(&from);
	*room = take_room_id(&from);
	out->author = take_short_text(&from);
	out->author_id = take_short_text(&from);
	out->key = take_short_text(&from);
	if (out->key.len == 0)
		out->key.data = NULL;
	out->body = take_long_text(&from);
	return !from.is_bad && out->seq > 0;
}

size_t
trim_entry_size(struct str room)
{
	return 2 * 8 + SHORT_TEXT_SIZE(room.len);
}

size_t
trim_entry_write(char *out, struct str room, uint64_t seq, int64_t at_ms)
{
	char *end = put_u64(out, seq);

	end = put_u64(end, (uint64_t)at_ms);
	return (size_t)(put_short_text(end, room) - out);
}

bool
trim_entry_read(struct str payload, struct str *room, uint64_t *seq,
    int64_t *at_ms)
{
	struct cursor from = cursor_of(payload);

	*seq = take_seq(&from);
	*at_ms = (int64_t)take_u64(&from);
	*room = take_room_id(&from);
	return !from.is_bad;
}

size_t
lost_entry_write(char *out, const struct lost_range *range)
{
	char *end = put_u64(out, range->first);

	end = put_u64(end, range->last);
	end = put_u64(end, range->records);
	return (size_t)(put_u64(end, range->snapshot) - out);
}

bool
lost_entry_read(struct str payload, struct lost_range *out)
{
	struct cursor from = cursor_of(payload);

	out->first = take_u64(&from);
	out->last = take_u64(&from);
	out->records = take_u64(&from);
	out->snapshot = take_u64(&from);
	return !from.is_bad && out->first > 0 && out->first <= out->last &&
	       out->last <= RECORD_LSN_MOST;
}

size_t
snap_end_entry_write(char *out, uint64_t count)
{
	return (size_t)(put_u64(out, count) - out);
}

bool
snap_end_entry_read(struct str payload, uint64_t *count)
{
	struct cursor from = cursor_of(payload);

	*count = take_u64(&from);
	return !from.is_bad;
}
