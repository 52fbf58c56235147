#include "transport/ws/ws_message.h"

#include <assert.h>
#include <string.h>

#include "transport/net/input_buffer.h"
#include "transport/ws/ws_deflate.h"

#define RSV1 0x4    /* compressed: RFC 7692 §6 */
#define CONTROL 0x8 /* the bit that control opcodes have: §5.5 */

enum reader_state {
	READER_HEAD,    /* the head of a frame comes next */
	READER_PAYLOAD, /* `remaining` bytes of payload */
	READER_CLOSED   /* nothing that counts: a close frame, or an error */
};

/* What every step of one call of ws_reader_feed() needs. */
struct feed {
	struct ws_reader *reader;
	const struct ws_reader_limits *limits;
	const struct ws_reader_ops *ops;
	void *arg;
};

static_assert(sizeof(struct ws_reader) <= 80, "there are very many of them");

void
ws_reader_init(struct ws_reader *reader, bool deflate)
{
	*reader = (struct ws_reader){ .deflate = deflate };
}

void
ws_reader_fini(struct ws_reader *reader, const struct ws_reader_limits *limits)
{
	input_buffer_free(&reader->message, limits->buffered);
	input_buffer_free(&reader->control, limits->buffered);
	reader->kind = 0;
	reader->head_len = 0;
}

bool
ws_reader_is_busy(const struct ws_reader *reader)
{
	return reader->kind != 0 || reader->head_len > 0 ||
	       reader->state == READER_PAYLOAD;
}

size_t
ws_reader_buffered(const struct ws_reader *reader)
{
	return input_buffer_size(reader->message) +
	       input_buffer_size(reader->control);
}

/* The reader is done for before the callback, which may be its end. */
static bool
fail(struct feed *feed, enum ws_close_code code, const char *why)
{
	ws_reader_fini(feed->reader, feed->limits);
	feed->reader->state = READER_CLOSED;
	feed->ops->error(feed->arg, code, why);
	return false;
}

/* --- the end of a frame: somebody hears of it ----------------------------- */

static bool
deliver_inflated(struct feed *feed, enum ws_opcode kind, struct str deflated)
{
	size_t most = feed->limits->message_bytes;
	size_t len = 0;
	char *data = NULL;

	switch (ws_inflater_run(feed->limits->inflater, deflated,
	    most == 0 ? SIZE_MAX : most, &data, &len)) {
	case WS_INFLATE_BAD:
		return fail(feed, WS_CLOSE_BAD_DATA, "bad deflate data");
	case WS_INFLATE_TOO_BIG:
		return fail(feed, WS_CLOSE_TOO_BIG, "inflates to too much");
	case WS_INFLATE_NO_MEMORY:
		return fail(feed, WS_CLOSE_INTERNAL, "no memory to inflate");
	case WS_INFLATE_OK:
		break;
	}
	if (kind == WS_TEXT && !utf8_is_valid(str_slice(data, len)))
		return fail(feed, WS_CLOSE_BAD_DATA, "text is not UTF-8");
	return feed->ops->message(feed->arg, kind, data, len);
}

/* The reader is idle before the callback. */
static bool
deliver_message(struct feed *feed, char *data, size_t len)
{
	struct ws_reader *reader = feed->reader;
	enum ws_opcode kind = reader->kind;

	reader->kind = 0;
	if (reader->compressed)
		return deliver_inflated(feed, kind, str_slice(data, len));
	if (kind == WS_TEXT && !utf8_is_complete(&reader->utf8))
		return fail(feed, WS_CLOSE_BAD_DATA, "text is cut off");
	return feed->ops->message(feed->arg, kind, data, len);
}

static bool
deliver_close(struct feed *feed, const char *data, size_t len)
{
	unsigned code = WS_CLOSE_NO_STATUS;
	struct str reason = STR("");

	if (len == 1)
		return fail(feed, WS_CLOSE_PROTOCOL_ERROR, "half a close code");
	if (len >= 2) {
		code = (unsigned)(uint8_t)data[0] << 8 | (uint8_t)data[1];
		reason = str_slice(data + 2, len - 2);
		if (!ws_close_code_is_valid(code))
			return fail(feed, WS_CLOSE_PROTOCOL_ERROR,
			    "invalid close code");
	}
	if (!utf8_is_valid(reason))
		return fail(feed, WS_CLOSE_BAD_DATA, "reason is not UTF-8");
	ws_reader_fini(feed->reader, feed->limits);
	feed->reader->state = READER_CLOSED;
	feed->ops->close(feed->arg, code, reason);
	return false;
}

static bool
deliver_control(struct feed *feed, char *data, size_t len)
{
	switch (feed->reader->opcode) {
	case WS_PING:
		return feed->ops->ping(feed->arg, data, len);
	case WS_PONG:
		return feed->ops->pong(feed->arg, data, len);
	default:
		return deliver_close(feed, data, len);
	}
}

/* --- the payload of a frame ----------------------------------------------- */

typedef bool delivery(struct feed *, char *data, size_t len);

/*
 * Hands over what lies in one piece without a copy. Anything else gathers in
 * *held until `last`, and `coming` more bytes are announced.
 */
static bool
gather(struct feed *feed, struct input_buffer **held, char *data, size_t len,
    bool last, uint64_t coming, delivery *deliver)
{
	size_t *count = feed->limits->buffered;
	struct input_buffer *whole;
	bool goes_on;

	if (last && *held == NULL)
		return deliver(feed, data, len);
	if (!input_buffer_append(held, data, len, coming, count))
		return fail(feed, WS_CLOSE_INTERNAL, "no memory to read");
	if (!last)
		return true;
	/* Ours alone from here: the callback may end the reader. */
	whole = *held;
	*held = NULL;
	goes_on = deliver(feed, whole->data, whole->len);
	input_buffer_free(&whole, count);
	return goes_on;
}

/* §8.1: a text fails at the first byte that cannot be UTF-8. */
static bool
take_payload(struct feed *feed, char *data, size_t len)
{
	struct ws_reader *reader = feed->reader;
	bool ends = reader->remaining == 0;

	if (ends)
		reader->state = READER_HEAD;
	if (reader->opcode & CONTROL)
		return gather(feed, &reader->control, data, len, ends,
		    reader->remaining, deliver_control);
	if (reader->kind == WS_TEXT && !reader->compressed &&
	    !utf8_feed(&reader->utf8, data, len))
		return fail(feed, WS_CLOSE_BAD_DATA, "text is not UTF-8");
	return gather(feed, &reader->message, data, len, ends && reader->fin,
	    reader->fin ? reader->remaining : UINT64_MAX, deliver_message);
}

static bool
read_payload(struct feed *feed, uint8_t *data, size_t len, size_t *used)
{
	struct ws_reader *reader = feed->reader;

	*used = len < reader->remaining ? len : (size_t)reader->remaining;
	ws_frame_mask(data, *used, reader->mask, reader->mask_at);
	reader->mask_at = (uint8_t)((reader->mask_at + *used) % 4);
	reader->remaining -= *used;
	return take_payload(feed, (char *)data, *used);
}

/* --- the head of a frame -------------------------------------------------- */

/* Which rule a head breaks; NULL: none. */
static const char *
head_fault(const struct feed *feed, const struct ws_frame_head *head)
{
	const struct ws_reader *reader = feed->reader;
	bool begins = head->opcode == WS_TEXT || head->opcode == WS_BINARY;
	bool may_deflate =
	    begins && reader->deflate && feed->limits->inflater != NULL;

	if (!head->masked)
		return "frame is not masked";
	if ((head->rsv & ~(may_deflate ? RSV1 : 0)) != 0)
		return "reserved bit is set";
	if (begins)
		return reader->kind != 0 ? "message inside a message" : NULL;
	switch (head->opcode) {
	case WS_CONTINUATION:
		return reader->kind == 0 ? "continuation of nothing" : NULL;
	case WS_CLOSE:
	case WS_PING:
	case WS_PONG:
		if (!head->fin)
			return "control frame in fragments";
		return head->length > WS_CONTROL_MAX ? "long control frame"
						     : NULL;
	default:
		return "reserved opcode";
	}
}

/* Compares only: a length from the wire is never added to anything. */
static bool
is_beyond(size_t limit, size_t held, uint64_t more)
{
	return limit != 0 && (held > limit || more > limit - held);
}

static bool
begin_data_frame(struct feed *feed, const struct ws_frame_head *head)
{
	const struct ws_reader_limits *limits = feed->limits;
	struct ws_reader *reader = feed->reader;
	size_t held = reader->message == NULL ? 0 : reader->message->len;
	size_t small; /* fragments beyond those that their bytes allow */

	if (head->opcode != WS_CONTINUATION) {
		reader->kind = head->opcode;
		reader->compressed = (head->rsv & RSV1) != 0;
		reader->fragments = 0;
		reader->utf8 = (struct utf8_state){ 0 };
	}
	small = reader->fragments++;
	small -=
	    small < held / WS_FRAGMENT_BYTES ? small : held / WS_FRAGMENT_BYTES;
	if (is_beyond(limits->fragments, small, 1))
		return fail(feed, WS_CLOSE_POLICY, "too many fragments");
	if (is_beyond(limits->message_bytes, held, head->length))
		return fail(feed, WS_CLOSE_TOO_BIG, "message is too big");
	return true;
}

static bool
begin_frame(struct feed *feed, const struct ws_frame_head *head, char *payload)
{
	struct ws_reader *reader = feed->reader;
	const char *fault = head_fault(feed, head);

	if (fault != NULL)
		return fail(feed, WS_CLOSE_PROTOCOL_ERROR, fault);
	reader->head_len = 0;
	reader->fin = head->fin;
	reader->opcode = head->opcode;
	reader->remaining = head->length;
	memcpy(reader->mask, head->mask, sizeof(reader->mask));
	reader->mask_at = 0;
	reader->state = READER_PAYLOAD;
	if (!(head->opcode & CONTROL) && !begin_data_frame(feed, head))
		return false;
	/* An empty payload has no byte that would make anybody call again. */
	return head->length > 0 || take_payload(feed, payload, 0);
}

static bool
read_head(struct feed *feed, uint8_t *data, size_t len, size_t *used)
{
	struct ws_reader *reader = feed->reader;
	size_t kept = reader->head_len, room = sizeof(reader->head) - kept;
	enum ws_frame_result result;
	struct ws_frame_head head;

	if (kept == 0) {
		result = ws_frame_decode(data, len, &head, used);
	} else {
		room = len < room ? len : room;
		memcpy(reader->head + kept, data, room);
		result =
		    ws_frame_decode(reader->head, kept + room, &head, used);
	}
	switch (result) {
	case WS_FRAME_OK:
		*used -= kept;
		return begin_frame(feed, &head, (char *)data + *used);
	case WS_FRAME_SHORT:
		/* Shorter than the longest head: there is room for all. */
		memcpy(reader->head + kept, data, len);
		reader->head_len = (uint8_t)(kept + len);
		*used = len;
		return true;
	case WS_FRAME_BAD:
		break;
	}
	return fail(feed, WS_CLOSE_PROTOCOL_ERROR, "bad frame length");
}

size_t
ws_reader_feed(struct ws_reader *reader, const struct ws_reader_limits *limits,
    const struct ws_reader_ops *ops, void *arg, uint8_t *data, size_t len)
{
	struct feed feed = { reader, limits, ops, arg };
	bool goes_on = true;
	size_t used = 0;

	while (goes_on && used < len && reader->state != READER_CLOSED) {
		size_t step = 0;

		goes_on =
		    reader->state == READER_HEAD
			? read_head(&feed, data + used, len - used, &step)
			: read_payload(&feed, data + used, len - used, &step);
		used += step;
	}
	return reader->state == READER_CLOSED ? len : used;
}
