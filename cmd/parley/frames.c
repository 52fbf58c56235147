#include "cmd/parley/frames.h"

#include <stdlib.h>
#include <string.h>

#include "transport/ws/ws_message.h"

#define CAPACITY_FIRST 4096
#define MASKED 0x80

void
frames_init(struct frames *frames)
{
	memset(frames, 0, sizeof(*frames));
}

void
frames_fini(struct frames *frames)
{
	free(frames->data);
	frames_init(frames);
}

static bool
head_is_control(const struct ws_frame_head *head)
{
	return (head->opcode & 0x8) != 0;
}

static unsigned
head_check_control(const struct ws_frame_head *head)
{
	bool known = head->opcode == WS_CLOSE || head->opcode == WS_PING ||
		     head->opcode == WS_PONG;

	return known && head->fin && head->length <= WS_CONTROL_MAX
		   ? 0
		   : WS_CLOSE_PROTOCOL_ERROR;
}

/* No dialect uses binary frames. */
static unsigned
head_check(const struct frames *frames, const struct ws_frame_head *head)
{
	if (head->masked || head->rsv != 0)
		return WS_CLOSE_PROTOCOL_ERROR;
	if (head_is_control(head))
		return head_check_control(head);
	if (head->opcode == WS_BINARY)
		return WS_CLOSE_UNSUPPORTED;
	if (head->opcode != (frames->in_message ? WS_CONTINUATION : WS_TEXT))
		return WS_CLOSE_PROTOCOL_ERROR;
	if (head->length > FRAMES_MESSAGE_MAX - frames->len)
		return WS_CLOSE_TOO_BIG;
	return 0;
}

/* Reads the head byte by byte: it has at most ten. */
static unsigned
frames_read_head(struct frames *frames, const char **at)
{
	size_t used;

	frames->head[frames->head_len++] = (uint8_t) * (*at)++;
	switch (ws_frame_decode(frames->head, frames->head_len, &frames->frame,
	    &used)) {
	case WS_FRAME_SHORT:
		return 0;
	case WS_FRAME_BAD:
		return WS_CLOSE_PROTOCOL_ERROR;
	case WS_FRAME_OK:
		break;
	}
	frames->head_len = 0;
	frames->remaining = frames->frame.length;
	frames->control_len = 0;
	frames->in_payload = true;
	return head_check(frames, &frames->frame);
}

static bool
frames_reserve(struct frames *frames, size_t len)
{
	size_t capacity =
	    frames->capacity > 0 ? frames->capacity : CAPACITY_FIRST;
	char *data;

	if (frames->capacity - frames->len >= len)
		return true;
	while (capacity - frames->len < len)
		capacity *= 2;
	data = realloc(frames->data, capacity);
	if (data == NULL)
		return false;
	frames->data = data;
	frames->capacity = capacity;
	return true;
}

static unsigned
frames_read_payload(struct frames *frames, const char **at, size_t len)
{
	if (len > frames->remaining)
		len = (size_t)frames->remaining;
	if (head_is_control(&frames->frame)) {
		memcpy(frames->control + frames->control_len, *at, len);
		frames->control_len += len;
	} else {
		if (!utf8_feed(&frames->utf8, *at, len))
			return WS_CLOSE_BAD_DATA;
		if (!frames_reserve(frames, len))
			return WS_CLOSE_INTERNAL;
		if (len > 0)
			memcpy(frames->data + frames->len, *at, len);
		frames->len += len;
	}
	*at += len;
	frames->remaining -= len;
	return 0;
}

/* §5.5.1: empty, or a code and a reason in UTF-8. */
static unsigned
frames_end_close(struct str payload, const struct frames_ops *ops, void *arg,
    bool *on)
{
	const uint8_t *bytes = (const uint8_t *)payload.data;
	unsigned code = WS_CLOSE_NO_STATUS;
	struct str reason = { payload.data, 0 };

	if (payload.len >= 2) {
		code = (unsigned)bytes[0] << 8 | bytes[1];
		reason = str_slice(payload.data + 2, payload.len - 2);
	}
	if (payload.len == 1 ||
	    (payload.len >= 2 && !ws_close_code_is_valid(code)))
		return WS_CLOSE_PROTOCOL_ERROR;
	if (!utf8_is_valid(reason))
		return WS_CLOSE_BAD_DATA;
	*on = ops->close(arg, code, reason);
	return 0;
}

static unsigned
frames_end_control(struct frames *frames, const struct frames_ops *ops,
    void *arg, bool *on)
{
	struct str payload = { frames->control, frames->control_len };

	if (frames->frame.opcode == WS_CLOSE)
		return frames_end_close(payload, ops, arg, on);
	if (frames->frame.opcode == WS_PING)
		*on = ops->ping(arg, payload);
	return 0;
}

static unsigned
frames_end_message(struct frames *frames, const struct frames_ops *ops,
    void *arg, bool *on)
{
	size_t len = frames->len;

	frames->in_message = !frames->frame.fin;
	if (frames->in_message)
		return 0;
	if (!utf8_is_complete(&frames->utf8))
		return WS_CLOSE_BAD_DATA;
	frames->len = 0;
	*on = ops->text(arg, str_slice(len > 0 ? frames->data : "", len));
	return 0;
}

static unsigned
frames_end_frame(struct frames *frames, const struct frames_ops *ops, void *arg,
    bool *on)
{
	frames->in_payload = false;
	return head_is_control(&frames->frame)
		   ? frames_end_control(frames, ops, arg, on)
		   : frames_end_message(frames, ops, arg, on);
}

unsigned
frames_feed(struct frames *frames, const struct frames_ops *ops, void *arg,
    const char *data, size_t len, bool *on)
{
	const char *end = data + len;
	unsigned code = 0;

	*on = true;
	while (code == 0 && *on && data < end) {
		if (!frames->in_payload)
			code = frames_read_head(frames, &data);
		else
			code = frames_read_payload(frames, &data,
			    (size_t)(end - data));
		if (code == 0 && frames->in_payload && frames->remaining == 0)
			code = frames_end_frame(frames, ops, arg, on);
	}
	return code;
}

size_t
frames_write_head(enum ws_opcode opcode, size_t payload, const uint8_t mask[4],
    uint8_t out[FRAMES_HEAD_MAX])
{
	size_t size = ws_frame_encode((uint8_t)opcode, true, 0, payload, out);

	out[1] |= MASKED;
	memcpy(out + size, mask, 4);
	return size + 4;
}
