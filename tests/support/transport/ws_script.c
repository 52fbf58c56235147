#include "tests/support/transport/ws_script.h"
#include "domain/base/pack.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MASKED 0x80

void
ws_script_write(const struct ws_script_frame *frame, uint8_t *out, size_t *len)
{
	uint64_t length = frame->announced != 0 ? frame->announced : frame->len;
	uint8_t *head = out + *len;
	size_t size = ws_frame_encode(0, false, 0, length & INT64_MAX, head);
	uint8_t mask[4] = { 0x37, 0xfa, 0x21, (uint8_t)(0x3d + *len) };

	head[0] = (uint8_t)frame->first;
	if (length > INT64_MAX)
		head[2] |= 0x80;
	if (!frame->unmasked) {
		head[1] |= MASKED;
		memcpy(head + size, mask, sizeof(mask));
		size += sizeof(mask);
	}
	if (frame->len > 0)
		memcpy(head + size, frame->payload, frame->len);
	if (!frame->unmasked)
		ws_frame_mask(head + size, frame->len, mask, 0);
	*len += size + frame->len;
}

static void
write_text(FILE *out, const char *data, size_t len)
{
	fputc(' ', out);
	for (size_t i = 0; i < len; i++) {
		uint8_t c = (uint8_t)data[i];

		fprintf(out, isprint(c) && c < 0x80 ? "%c" : "\\x%02x", c);
	}
	fputc('\n', out);
}

static bool
script_message(void *arg, enum ws_opcode kind, char *data, size_t len)
{
	fputs(kind == WS_TEXT ? "text" : "binary", arg);
	write_text(arg, data, len);
	/* The data are the callee's to change, all of them. */
	memset(data, 0x55, len);
	return true;
}

static bool
script_ping(void *arg, const char *data, size_t len)
{
	fputs("ping", arg);
	write_text(arg, data, len);
	return true;
}

static bool
script_pong(void *arg, const char *data, size_t len)
{
	fputs("pong", arg);
	write_text(arg, data, len);
	return true;
}

static void
script_close(void *arg, unsigned code, struct str reason)
{
	fprintf(arg, "close %u", code);
	write_text(arg, reason.data, reason.len);
}

static void
script_error(void *arg, enum ws_close_code code, const char *why)
{
	assert(why[0] != '\0');
	fprintf(arg, "error %u\n", (unsigned)code);
}

static const struct ws_reader_ops post = {
	.message = script_message,
	.ping = script_ping,
	.pong = script_pong,
	.close = script_close,
	.error = script_error,
};

/* One piece, in memory of its own that ends where it ends. */
static void
script_feed(struct ws_reader *reader, const struct ws_reader_limits *limits,
    FILE *out, const uint8_t *data, size_t len)
{
	uint8_t *piece = malloc(len > 0 ? len : 1);
	size_t used;

	assert(piece != NULL);
	memcpy(piece, data, len);
	used = ws_reader_feed(reader, limits, &post, out, piece, len);
	assert(used == len);
	free(piece);
}

static void
check_held(const struct ws_reader *reader, size_t held, size_t fed)
{
	assert(held == ws_reader_buffered(reader));
	/* Two buffers with their heads, none above twice what came. */
	assert(held <= 2 * fed + 2 * sizeof(size_t[2]));
	assert(held == 0 || ws_reader_is_busy(reader));
}

/* As to another process. */
static void
reader_move(struct ws_reader *reader, const struct ws_reader_limits *limits,
    bool deflate)
{
	struct packer packer = { .len = 0 };
	struct unpacker from;
	bool was_busy = ws_reader_is_busy(reader);

	ws_reader_pack(reader, &packer);
	ws_reader_fini(reader, limits);
	if (was_busy) {
		ws_reader_init(reader, deflate);
		from = (struct unpacker){ .rest = packer_str(&packer) };
		was_busy = ws_reader_unpack(reader, limits, &from);
		assert(was_busy && from.rest.len == 0);
	}
	packer_fini(&packer);
}

char *
ws_script_run(const struct ws_reader_limits *shared, bool deflate,
    const uint8_t *data, size_t len, struct ws_script_split split)
{
	struct ws_reader_limits limits = *shared;
	size_t written, held = 0, step = split.first, at = 0;
	struct ws_reader reader;
	char *transcript = NULL;
	FILE *out = open_memstream(&transcript, &written);

	assert(out != NULL);
	limits.buffered = &held;
	ws_reader_init(&reader, deflate);
	while (at < len) {
		if (step == 0)
			step = split.rest == 0 ? len : split.rest;
		if (step > len - at)
			step = len - at;
		script_feed(&reader, &limits, out, data + at, step);
		at += step;
		if (split.moves)
			reader_move(&reader, &limits, deflate);
		check_held(&reader, held, at);
		step = 0;
	}
	ws_reader_fini(&reader, &limits);
	assert(held == 0);
	fclose(out);
	return transcript;
}
