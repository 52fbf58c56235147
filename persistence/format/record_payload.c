#include "persistence/format/record_payload.h"

#include <assert.h>

#include "persistence/format/little_endian.h"

/* A text after its length, in two bytes or four. */
#define SHORT_TEXT_SIZE(len) (2 + (len))
#define LONG_TEXT_SIZE(len) (4 + (len))

#define ROOM_IS_PERSISTENT 1u
#define ROOM_IS_PRIVATE 2u
#define ROOM_IS_MODERATED 4u
/* Fields that earlier versions do not know: */
#define ROOM_HAS_MORE 8u
#define ROOM_HAS_ORIGIN 16u

/* The largest number that all clients can represent. */
#define SEQ_MOST ((UINT64_C(1) << 53) - 1)

static char *
short_text_put(char *at, struct str text)
{
	assert(text.len <= UINT16_MAX);
	return str_put(put_u16(at, (uint16_t)text.len), text);
}

/* The rest of a payload; is_bad once something was invalid. */
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

/* Returns zeros if there are not so many bytes. */
static const char *
cursor_take(struct cursor *from, size_t len)
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
u64_take(struct cursor *from)
{
	return get_u64(cursor_take(from, 8));
}

static uint64_t
seq_take(struct cursor *from)
{
	uint64_t seq = u64_take(from);

	from->is_bad |= seq > SEQ_MOST;
	return seq;
}

static struct str
text_take(struct cursor *from, size_t len)
{
	const char *at = cursor_take(from, len);

	return str_slice(at, from->is_bad ? 0 : len);
}

static struct str
short_text_take(struct cursor *from)
{
	return text_take(from, get_u16(cursor_take(from, 2)));
}

static struct str
long_text_take(struct cursor *from)
{
	return text_take(from, get_u32(cursor_take(from, 4)));
}

static struct str
room_id_take(struct cursor *from)
{
	struct str id = short_text_take(from);

	if (!room_id_is_stored(id))
		from->is_bad = true;
	return id;
}

/* As a string; bad if it is too long or contains NUL. */
static void
string_take(struct cursor *from, char *out, size_t size)
{
	struct str text = short_text_take(from);

	if (text.len >= size || memchr(text.data, '\0', text.len) != NULL) {
		from->is_bad = true;
		text.len = 0;
	}
	memcpy(out, text.data, text.len);
	out[text.len] = '\0';
}

size_t
open_payload_write(char *out, const struct open_payload *entry)
{
	struct str version = entry->version;
	char *end = mempcpy(out, entry->boot_id, BOOT_ID_SIZE);

	if (version.len > PROGRAM_SIZE)
		version.len = PROGRAM_SIZE;
	end = put_u64(end, (uint64_t)entry->wall_ms);
	end = put_u64(end, entry->policy);
	end = short_text_put(end, version);
	return (size_t)(end - out);
}

bool
open_payload_read(struct str payload, struct open_payload *out)
{
	struct cursor from = cursor_of(payload);

	memcpy(out->boot_id, cursor_take(&from, BOOT_ID_SIZE), BOOT_ID_SIZE);
	out->wall_ms = (int64_t)u64_take(&from);
	out->policy = (uint8_t)u64_take(&from);
	out->version = short_text_take(&from);
	return !from.is_bad;
}

static bool
room_has_more(const struct room *room)
{
	return room->slow_ms != 0 || room->creator[0] != '\0';
}

size_t
room_payload_size(const struct room *room)
{
	size_t more = room_has_more(room)
			  ? 8 + SHORT_TEXT_SIZE(strlen(room->creator))
			  : 0;

	more += room->origin != 0 ? 8 : 0;
	return 5 * 8 + SHORT_TEXT_SIZE(strlen(room->id)) +
	       SHORT_TEXT_SIZE(strlen(room->name)) +
	       SHORT_TEXT_SIZE(strlen(room->epoch)) + more;
}

static uint64_t
room_flags(const struct room *room)
{
	return (room->persistent ? ROOM_IS_PERSISTENT : 0) |
	       (room->is_private ? ROOM_IS_PRIVATE : 0) |
	       (room->is_moderated ? ROOM_IS_MODERATED : 0) |
	       (room_has_more(room) ? ROOM_HAS_MORE : 0) |
	       (room->origin != 0 ? ROOM_HAS_ORIGIN : 0);
}

size_t
room_payload_write(char *out, const struct room *room)
{
	char *end = put_u64(out, room_flags(room));

	end = put_u64(end, (uint64_t)room->ttl_ms);
	end = put_u64(end, (uint64_t)room->created_ms);
	end = put_u64(end, (uint64_t)room->active_ms);
	end = put_u64(end, room->max_members);
	end = short_text_put(end, str_from(room->id));
	end = short_text_put(end, str_from(room->name));
	end = short_text_put(end, str_from(room->epoch));
	if (room_has_more(room)) {
		end = put_u64(end, (uint64_t)room->slow_ms);
		end = short_text_put(end, str_from(room->creator));
	}
	if (room->origin != 0)
		end = put_u64(end, room->origin);
	return (size_t)(end - out);
}

bool
room_payload_read(struct str payload, struct room *out)
{
	struct cursor from = cursor_of(payload);
	uint64_t flags = u64_take(&from);

	*out = (struct room){
		.persistent = flags & ROOM_IS_PERSISTENT,
		.is_private = flags & ROOM_IS_PRIVATE,
		.is_moderated = flags & ROOM_IS_MODERATED,
	};
	out->ttl_ms = (int64_t)u64_take(&from);
	out->created_ms = (int64_t)u64_take(&from);
	out->active_ms = (int64_t)u64_take(&from);
	out->max_members = u64_take(&from);
	string_take(&from, out->id, sizeof(out->id));
	string_take(&from, out->name, sizeof(out->name));
	string_take(&from, out->epoch, sizeof(out->epoch));
	if (flags & ROOM_HAS_MORE) {
		out->slow_ms = (int64_t)u64_take(&from);
		string_take(&from, out->creator, sizeof(out->creator));
	}
	if (flags & ROOM_HAS_ORIGIN)
		out->origin = u64_take(&from);
	from.is_bad |= out->slow_ms < 0;
	return !from.is_bad && room_id_is_stored(str_from(out->id));
}

size_t
room_gone_payload_size(struct str room)
{
	return SHORT_TEXT_SIZE(room.len);
}

size_t
room_gone_payload_write(char *out, struct str room)
{
	return (size_t)(short_text_put(out, room) - out);
}

bool
room_gone_payload_read(struct str payload, struct str *room)
{
	struct cursor from = cursor_of(payload);

	*room = room_id_take(&from);
	return !from.is_bad;
}

size_t
message_payload_size(struct str room, const struct message *message)
{
	return 2 * 8 + SHORT_TEXT_SIZE(room.len) +
	       SHORT_TEXT_SIZE(message->author.len) +
	       SHORT_TEXT_SIZE(message->author_id.len) +
	       SHORT_TEXT_SIZE(message->key.len) +
	       LONG_TEXT_SIZE(message->body.len);
}

size_t
message_payload_write(char *out, struct str room, const struct message *message)
{
	char *end = put_u64(out, message->seq);

	assert(message->body.len <= RECORD_PAYLOAD_MOST);
	end = put_u64(end, (uint64_t)message->at_ms);
	end = short_text_put(end, room);
	end = short_text_put(end, message->author);
	end = short_text_put(end, message->author_id);
	end = short_text_put(end, message->key);
	end = put_u32(end, (uint32_t)message->body.len);
	end = str_put(end, message->body);
	return (size_t)(end - out);
}

bool
message_payload_read(struct str payload, struct str *room, struct message *out)
{
	struct cursor from = cursor_of(payload);

	*out = (struct message){ 0 };
	out->seq = seq_take(&from);
	out->at_ms = (int64_t)u64_take(&from);
	*room = room_id_take(&from);
	out->author = short_text_take(&from);
	out->author_id = short_text_take(&from);
	out->key = short_text_take(&from);
	if (out->key.len == 0)
		out->key.data = NULL;
	out->body = long_text_take(&from);
	return !from.is_bad && out->seq > 0;
}

size_t
attribute_payload_size(struct str room, const struct attribute *attribute)
{
	return 3 * 8 + SHORT_TEXT_SIZE(room.len) +
	       SHORT_TEXT_SIZE(attribute->subject.len) +
	       SHORT_TEXT_SIZE(attribute->label.len) +
	       SHORT_TEXT_SIZE(attribute->value.len) +
	       SHORT_TEXT_SIZE(attribute->by.len) +
	       LONG_TEXT_SIZE(attribute->body.len);
}

size_t
attribute_payload_write(char *out, struct str room,
    const struct attribute *attribute)
{
	char *end = put_u64(out, attribute->kind);

	assert(attribute_can_be_set(attribute));
	assert(attribute->body.len <= RECORD_PAYLOAD_MOST);
	end = put_u64(end, attribute->seq);
	end = put_u64(end, (uint64_t)attribute->at_ms);
	end = short_text_put(end, room);
	end = short_text_put(end, attribute->subject);
	end = short_text_put(end, attribute->label);
	end = short_text_put(end, attribute->value);
	end = short_text_put(end, attribute->by);
	end = put_u32(end, (uint32_t)attribute->body.len);
	end = str_put(end, attribute->body);
	return (size_t)(end - out);
}

bool
attribute_payload_read(struct str payload, struct str *room,
    struct attribute *out)
{
	struct cursor from = cursor_of(payload);
	uint64_t kind = u64_take(&from);

	*out = (struct attribute){ .seq = seq_take(&from) };
	out->at_ms = (int64_t)u64_take(&from);
	*room = room_id_take(&from);
	out->subject = short_text_take(&from);
	out->label = short_text_take(&from);
	out->value = short_text_take(&from);
	out->by = short_text_take(&from);
	out->body = long_text_take(&from);
	if (from.is_bad || kind >= ATTRIBUTE_KINDS)
		return false;
	out->kind = (enum attribute_kind)kind;
	return attribute_can_be_set(out);
}

size_t
trim_payload_size(struct str room)
{
	return 2 * 8 + SHORT_TEXT_SIZE(room.len);
}

size_t
trim_payload_write(char *out, struct str room, uint64_t seq, int64_t at_ms)
{
	char *end = put_u64(out, seq);

	end = put_u64(end, (uint64_t)at_ms);
	return (size_t)(short_text_put(end, room) - out);
}

bool
trim_payload_read(struct str payload, struct str *room, uint64_t *seq,
    int64_t *at_ms)
{
	struct cursor from = cursor_of(payload);

	*seq = seq_take(&from);
	*at_ms = (int64_t)u64_take(&from);
	*room = room_id_take(&from);
	return !from.is_bad;
}

size_t
lost_payload_write(char *out, const struct lost_range *range)
{
	char *end = put_u64(out, range->first);

	end = put_u64(end, range->last);
	end = put_u64(end, range->records);
	return (size_t)(put_u64(end, range->snapshot) - out);
}

bool
lost_payload_read(struct str payload, struct lost_range *out)
{
	struct cursor from = cursor_of(payload);

	out->first = u64_take(&from);
	out->last = u64_take(&from);
	out->records = u64_take(&from);
	out->snapshot = u64_take(&from);
	return !from.is_bad && out->first > 0 && out->first <= out->last &&
	       out->last <= RECORD_LSN_MOST;
}

size_t
snap_end_payload_write(char *out, uint64_t count)
{
	return (size_t)(put_u64(out, count) - out);
}

bool
snap_end_payload_read(struct str payload, uint64_t *count)
{
	struct cursor from = cursor_of(payload);

	*count = u64_take(&from);
	return !from.is_bad;
}
