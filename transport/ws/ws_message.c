/*
 * The reader of WebSocket messages: frame headers, payloads in any number of
 * pieces, fragments, control frames.
 */
#include "transport/ws/ws_message.h"

#include <assert.h>
#include <string.h>

#include "transport/net/input_buffer.h"
#include "transport/ws/ws_deflate.h"

#define RSV1 0x4    /* compressed: RFC 7692 §6 */
#define CONTROL 0x8 /* set in control opcodes: §5.5 */

enum reader_state {
	READER_HEAD,    /* expects the header of a frame */
	READER_PAYLOAD, /* expects `remaining` bytes of payload */
	READER_CLOSED   /* after a close frame or an error: discards input */
};

/* The arguments of one call of ws_reader_feed(). */
struct feed {
	struct ws_reader *reader;
	const struct ws_reader_limits *limits;
	const struct ws_reader_ops *ops;
	void *arg;
};

static_assert(sizeof(struct ws_reader) <= 48, "one per connection");

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

/* Ends the reader first: the callback may free it. */
static bool
feed_fail(struct feed *feed, enum ws_close_code code, const char *why)
{
	ws_reader_fini(feed->reader, feed->limits);
	feed->reader->state = READER_CLOSED;
	feed->ops->error(feed->arg, code, why);
	return false;
}

/* --- the end of a frame: callbacks ---------------------------------------- */

static bool
feed_deliver_inflated(struct feed *feed, enum ws_opcode kind,
    struct str deflated)
{
	size_t most = feed->limits->message_bytes;
	size_t len = 0;
	char *data = NULL;

	switch (ws_inflater_run(feed->limits->inflater, deflated,
	    most == 0 ? SIZE_MAX : most, &data, &len)) {
	case WS_INFLATE_BAD:
		return feed_fail(feed, WS_CLOSE_BAD_DATA, "bad deflate data");
	case WS_INFLATE_TOO_BIG:
		return feed_fail(feed, WS_CLOSE_TOO_BIG,
		    "inflated message is too big");
	case WS_INFLATE_NO_MEMORY:
		return feed_fail(feed, WS_CLOSE_INTERNAL,
		    "no memory to inflate");
	case WS_INFLATE_OK:
		break;
	}
	if (kind == WS_TEXT && !utf8_is_valid(str_slice(data, len)))
		return feed_fail(feed, WS_CLOSE_BAD_DATA, "text is not UTF-8");
	return feed->ops->message(feed->arg, kind, data, len);
}

/* Resets the reader before the callback. */
static bool
feed_deliver_message(struct feed *feed, char *data, size_t len)
{
	struct ws_reader *reader = feed->reader;
	enum ws_opcode kind = reader->kind;

	reader->kind = 0;
	if (reader->compressed)
		return feed_deliver_inflated(feed, kind, str_slice(data, len));
	if (kind == WS_TEXT && !utf8_is_complete(&reader->utf8))
		return feed_fail(feed, WS_CLOSE_BAD_DATA,
		    "text ends in a character");
	return feed->ops->message(feed->arg, kind, data, len);
}

static bool
feed_deliver_close(struct feed *feed, const char *data, size_t len)
{
	unsigned code = WS_CLOSE_NO_STATUS;
	struct str reason = STR("");

	if (len == 1)
		return feed_fail(feed, WS_CLOSE_PROTOCOL_ERROR,
		    "half a close code");
	if (len >= 2) {
		code = (unsigned)(uint8_t)data[0] << 8 | (uint8_t)data[1];
		reason = str_slice(data + 2, len - 2);
		if (!ws_close_code_is_valid(code))
			return feed_fail(feed, WS_CLOSE_PROTOCOL_ERROR,
			    "invalid close code");
	}
	if (!utf8_is_valid(reason))
		return feed_fail(feed, WS_CLOSE_BAD_DATA,
		    "reason is not UTF-8");
	ws_reader_fini(feed->reader, feed->limits);
	feed->reader->state = READER_CLOSED;
	feed->ops->close(feed->arg, code, reason);
	return false;
}

static bool
feed_deliver_control(struct feed *feed, char *data, size_t len)
{
	switch (feed->reader->opcode) {
	case WS_PING:
		return feed->ops->ping(feed->arg, data, len);
	case WS_PONG:
		return feed->ops->pong(feed->arg, data, len);
	default:
		return feed_deliver_close(feed, data, len);
	}
}

/* --- the payload of a frame ----------------------------------------------- */

typedef bool delivery(struct feed *, char *data, size_t len);

/*
 * Delivers what is in one piece without a copy. Otherwise appends to *held
 * until `last`; `coming` more bytes are announced.
 */
static bool
payload_add(struct feed *feed, struct input_buffer **held, char *data,
    size_t len, bool last, uint64_t coming, delivery *deliver)
{
	size_t *count = feed->limits->buffered;
	struct input_buffer *whole;
	bool go_on;

	if (last && *held == NULL)
		return deliver(feed, data, len);
	if (!input_buffer_append(held, data, len, coming, count))
		return feed_fail(feed, WS_CLOSE_INTERNAL, "no memory to read");
	if (!last)
		return true;
	/* Taken from the reader, which the callback may end. */
	whole = *held;
	*held = NULL;
	go_on = deliver(feed, whole->data, whole->len);
	input_buffer_free(&whole, count);
	return go_on;
}

/* §8.1: a text fails at the first byte that is not UTF-8. */
static bool
payload_take(struct feed *feed, char *data, size_t len)
{
	struct ws_reader *reader = feed->reader;
	bool ends = reader->remaining == 0;

	if (ends)
		reader->state = READER_HEAD;
	if (reader->opcode & CONTROL)
		return payload_add(feed, &reader->control, data, len, ends,
		    reader->remaining, feed_deliver_control);
	if (reader->kind == WS_TEXT && !reader->compressed &&
	    !utf8_feed(&reader->utf8, data, len))
		return feed_fail(feed, WS_CLOSE_BAD_DATA, "text is not UTF-8");
	return payload_add(feed, &reader->message, data, len,
	    ends && reader->fin, reader->fin ? reader->remaining : UINT64_MAX,
	    feed_deliver_message);
}

static bool
payload_read(struct feed *feed, uint8_t *data, size_t len, size_t *used)
{
	struct ws_reader *reader = feed->reader;

	*used = len < reader->remaining ? len : (size_t)reader->remaining;
	ws_frame_mask(data, *used, reader->mask, reader->mask_at);
	reader->mask_at = (uint8_t)((reader->mask_at + *used) % 4);
	reader->remaining -= *used;
	return payload_take(feed, (char *)data, *used);
}

/* --- the header of a frame ------------------------------------------------ */

/* The rule that a header violates; NULL: none. */
static const char *
head_violation(const struct feed *feed, const struct ws_frame_head *head)
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
		return reader->kind == 0 ? "continuation without a message"
					 : NULL;
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

/* Does not add lengths from the peer, which could overflow. */
static bool
size_exceeds(size_t limit, size_t held, uint64_t more)
{
	return limit != 0 && (held > limit || more > limit - held);
}

static bool
frame_begin_data(struct feed *feed, const struct ws_frame_head *head)
{
	const struct ws_reader_limits *limits = feed->limits;
	struct ws_reader *reader = feed->reader;
	size_t held = reader->message == NULL ? 0 : reader->message->len;
	size_t small; /* fragments so far, less those allowed by their bytes */

	if (head->opcode != WS_CONTINUATION) {
		reader->kind = head->opcode;
		reader->compressed = (head->rsv & RSV1) != 0;
		reader->fragments = 0;
		reader->utf8 = (struct utf8_state){ 0 };
	}
	small = reader->fragments++;
	small -=
	    small < held / WS_FRAGMENT_BYTES ? small : held / WS_FRAGMENT_BYTES;
	if (size_exceeds(limits->fragments, small, 1))
		return feed_fail(feed, WS_CLOSE_POLICY, "too many fragments");
	if (size_exceeds(limits->message_bytes, held, head->length))
		return feed_fail(feed, WS_CLOSE_TOO_BIG, "message is too big");
	return true;
}

static bool
frame_begin(struct feed *feed, const struct ws_frame_head *head, char *payload)
{
	struct ws_reader *reader = feed->reader;
	const char *violation = head_violation(feed, head);

	if (violation != NULL)
		return feed_fail(feed, WS_CLOSE_PROTOCOL_ERROR, violation);
	reader->head_len = 0;
	reader->fin = head->fin;
	reader->opcode = head->opcode;
	reader->remaining = head->length;
	memcpy(reader->mask, head->mask, sizeof(reader->mask));
	reader->mask_at = 0;
	reader->state = READER_PAYLOAD;
	if (!(head->opcode & CONTROL) && !frame_begin_data(feed, head))
		return false;
	/* An empty payload is complete without a further call. */
	return head->length > 0 || payload_take(feed, payload, 0);
}

static bool
frame_read_head(struct feed *feed, uint8_t *data, size_t len, size_t *used)
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
		return frame_begin(feed, &head, (char *)data + *used);
	case WS_FRAME_SHORT:
		/* Shorter than the longest header, so it fits. */
		memcpy(reader->head + kept, data, len);
		reader->head_len = (uint8_t)(kept + len);
		*used = len;
		return true;
	case WS_FRAME_BAD:
		break;
	}
	return feed_fail(feed, WS_CLOSE_PROTOCOL_ERROR, "bad frame length");
}

size_t
ws_reader_feed(struct ws_reader *reader, const struct ws_reader_limits *limits,
    const struct ws_reader_ops *ops, void *arg, uint8_t *data, size_t len)
{
	struct feed feed = { reader, limits, ops, arg };
	bool go_on = true;
	size_t used = 0;

	while (go_on && used < len && reader->state != READER_CLOSED) {
		size_t step = 0;

		go_on =
		    reader->state == READER_HEAD
			? frame_read_head(&feed, data + used, len - used, &step)
			: payload_read(&feed, data + used, len - used, &step);
		used += step;
	}
	return reader->state == READER_CLOSED ? len : used;
}
