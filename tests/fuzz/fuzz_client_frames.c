/*
 * A client's reader of frames: the same result in one or two pieces. And its
 * reader of HTTP answers.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/parley/frames.h"
#include "cmd/parley/http_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A digest of the callbacks. */
struct found {
	uint64_t sum;
	bool closed;
};

static void
frames_require(bool holds)
{
	if (!holds)
		abort();
}

static bool
found_add(struct found *found, unsigned kind, struct str text)
{
	frames_require(!found->closed);
	found->sum = found->sum * 31 + kind;
	for (size_t i = 0; i < text.len; i++)
		found->sum = found->sum * 31 + (uint8_t)text.data[i];
	return true;
}

static bool
found_text(void *arg, struct str text)
{
	frames_require(utf8_is_valid(text) && text.len <= FRAMES_MESSAGE_MAX);
	return found_add(arg, 1, text);
}

static bool
found_ping(void *arg, struct str payload)
{
	frames_require(payload.len <= WS_CONTROL_MAX);
	return found_add(arg, 2, payload);
}

static bool
found_close(void *arg, unsigned code, struct str reason)
{
	struct found *found = arg;

	frames_require(utf8_is_valid(reason));
	found_add(found, code, reason);
	found->closed = true;
	return false;
}

static const struct frames_ops ops = {
	.text = found_text,
	.ping = found_ping,
	.close = found_close,
};

static unsigned
found_feed(struct found *found, const uint8_t *data, size_t size, size_t split)
{
	struct frames frames;
	unsigned code;
	bool on;

	frames_init(&frames);
	code =
	    frames_feed(&frames, &ops, found, (const char *)data, split, &on);
	if (code == 0 && on)
		code = frames_feed(&frames, &ops, found,
		    (const char *)data + split, size - split, &on);
	frames_require(frames.len <= size);
	frames_fini(&frames);
	return code;
}

static void
answer_check(const uint8_t *data, size_t size)
{
	struct http_answer answer;

	if (http_answer_read(str_slice((const char *)data, size), &answer) ==
	    HTTP_ANSWER_HEAD)
		frames_require(answer.head_len <= size &&
			       answer.status >= 100 && answer.status <= 999);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct found whole = { 0 }, split = { 0 };
	size_t at = size == 0 ? 0 : data[size - 1] % size;

	answer_check(data, size);
	frames_require(found_feed(&whole, data, size, size) ==
		       found_feed(&split, data, size, at));
	frames_require(whole.sum == split.sum && whole.closed == split.closed);
	return 0;
}
