#include "tests/support/parley/frame_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
frame_note(struct frame_log *log, const char *format, ...)
{
	size_t room = sizeof(log->text) - log->len;
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vsnprintf(log->text + log->len, room, format, arguments);
	va_end(arguments);
	log->len += (size_t)len < room ? (size_t)len : room - 1;
	return log->stop_after == 0 || --log->stop_after > 0;
}

/* Long texts are recorded by their length. */
static bool
frame_log_text(void *arg, struct str text)
{
	if (text.len > 64)
		return frame_note(arg, "text of %zu ", text.len);
	return frame_note(arg, "text:%.*s ", (int)text.len, text.data);
}

static bool
frame_log_ping(void *arg, struct str payload)
{
	return frame_note(arg, "ping:%.*s ", (int)payload.len, payload.data);
}

static bool
frame_log_close(void *arg, unsigned code, struct str reason)
{
	frame_note(arg, "close:%u:%.*s ", code, (int)reason.len, reason.data);
	return false;
}

static const struct frames_ops ops = {
	.text = frame_log_text,
	.ping = frame_log_ping,
	.close = frame_log_close,
};

void
frame_log_feed(struct frame_log *log, const char *data, size_t len,
    size_t piece)
{
	struct frames frames;
	bool on = true;
	unsigned code = 0;

	frames_init(&frames);
	for (size_t at = 0; at < len && on && code == 0; at += piece) {
		size_t size = len - at < piece ? len - at : piece;
		char *exact = malloc(size);

		memcpy(exact, data + at, size);
		code = frames_feed(&frames, &ops, log, exact, size, &on);
		free(exact);
	}
	if (code != 0)
		frame_note(log, "error:%u ", code);
	frames_fini(&frames);
}
