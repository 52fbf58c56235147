/*
 * The reader, with deflate and without: the same bytes have the same result in
 * every split, and no memory is left at the end. The first byte chooses
 * limits, the second the size of the pieces.
 */
#include <stdlib.h>
#include <string.h>

#include "transport/ws/ws_deflate.h"
#include "transport/ws/ws_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ws_inflater *inflater;

static void
ws_messages_require(bool holds)
{
	if (!holds)
		abort();
}

/* A digest of the callbacks: FNV-1a. */
struct transcript {
	uint64_t hash;
	bool stops; /* the reader, after each message and control frame */
};

static void
hash_bytes(struct transcript *message, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++)
		message->hash =
		    (message->hash ^ bytes[i]) * UINT64_C(0x100000001b3);
}

/* Returns whether the reader continues. */
static bool
post_call(struct transcript *message, char call, unsigned number,
    const char *data, size_t len)
{
	hash_bytes(message, &call, 1);
	hash_bytes(message, &number, sizeof(number));
	hash_bytes(message, &len, sizeof(len));
	hash_bytes(message, data, len);
	return !message->stops;
}

static bool
sent_message(void *arg, enum ws_opcode kind, char *data, size_t len)
{
	bool goes_on;

	if (kind == WS_TEXT)
		ws_messages_require(utf8_is_valid(str_slice(data, len)));
	goes_on = post_call(arg, 'm', kind, data, len);
	if (len > 0)
		memset(data, 0x55, len);
	return goes_on;
}

static bool
sent_ping(void *arg, const char *data, size_t len)
{
	ws_messages_require(len <= WS_CONTROL_MAX);
	return post_call(arg, 'i', 0, data, len);
}

static bool
sent_pong(void *arg, const char *data, size_t len)
{
	ws_messages_require(len <= WS_CONTROL_MAX);
	return post_call(arg, 'o', 0, data, len);
}

static void
sent_close(void *arg, unsigned code, struct str reason)
{
	ws_messages_require(code == WS_CLOSE_NO_STATUS ||
			    ws_close_code_is_valid(code));
	ws_messages_require(utf8_is_valid(reason));
	post_call(arg, 'c', code, reason.data, reason.len);
}

static void
sent_error(void *arg, enum ws_close_code code, const char *why)
{
	ws_messages_require(why[0] != '\0');
	post_call(arg, 'e', code, NULL, 0);
}

static const struct ws_reader_ops ops = {
	.message = sent_message,
	.ping = sent_ping,
	.pong = sent_pong,
	.close = sent_close,
	.error = sent_error,
};

static uint64_t
messages_read_in_pieces(const struct ws_reader_limits *shared, bool deflate,
    const uint8_t *data, size_t size, size_t piece, bool stops)
{
	struct ws_reader_limits limits = *shared;
	struct transcript message = { UINT64_C(0xcbf29ce484222325), stops };
	struct ws_reader reader;
	size_t held = 0, at = 0;

	limits.buffered = &held;
	ws_reader_init(&reader, deflate);
	while (at < size) {
		size_t len = size - at < piece ? size - at : piece;
		uint8_t *copy = malloc(len);
		size_t used;

		ws_messages_require(copy != NULL);
		memcpy(copy, data + at, len);
		used =
		    ws_reader_feed(&reader, &limits, &ops, &message, copy, len);
		ws_messages_require(stops ? used > 0 && used <= len
					  : used == len);
		/* What was not used was not changed. */
		ws_messages_require(memcmp(copy + used, data + at + used,
					len - used) == 0);
		free(copy);
		at += used;
		ws_messages_require(held == ws_reader_buffered(&reader));
		ws_messages_require(held <= 2 * at + 64);
	}
	ws_reader_fini(&reader, &limits);
	ws_messages_require(held == 0);
	return message.hash;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ws_reader_limits limits = { 0 };
	uint64_t message;
	bool deflate;

	if (size < 3)
		return 0;
	if (inflater == NULL)
		inflater = ws_inflater_create(20, 65536);
	ws_messages_require(inflater != NULL);
	deflate = (data[0] & 1) != 0;
	limits.inflater = inflater;
	limits.message_bytes = data[0] & 2 ? 100 : 1 << 16;
	limits.fragments = data[0] & 4 ? 3 : 0;
	message = messages_read_in_pieces(&limits, deflate, data + 2, size - 2,
	    size, false);
	ws_messages_require(message == messages_read_in_pieces(&limits, deflate,
					   data + 2, size - 2, 1, false));
	ws_messages_require(message == messages_read_in_pieces(&limits, deflate,
					   data + 2, size - 2,
					   (size_t)data[1] + 1, true));
	ws_messages_require(message == messages_read_in_pieces(&limits, deflate,
					   data + 2, size - 2, size, true));
	return 0;
}
