/* Frames of a client as literals; the callbacks of a reader as text. */
#ifndef TESTS_SUPPORT_TRANSPORT_WS_SCRIPT_H
#define TESTS_SUPPORT_TRANSPORT_WS_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/ws/ws_message.h"

/* The first byte of a frame, or'ed together. */
#define FIN 0x80
#define RSV1 0x40
#define RSV2 0x20
#define RSV3 0x10

/* A frame with a payload written as a literal. */
#define F(first_byte, literal)                                \
	{                                                     \
		.first = (first_byte), .payload = "" literal, \
		.len = sizeof(literal) - 1                    \
	}
/* … whose length is more than there is. */
#define F_LONG(first_byte, literal, length)                                 \
	{                                                                   \
		.first = (first_byte), .payload = "" literal,               \
		.len = sizeof(literal) - 1, .announced = (uint64_t)(length) \
	}
/* … without a mask. */
#define F_BARE(first_byte, literal)                           \
	{                                                     \
		.first = (first_byte), .payload = "" literal, \
		.len = sizeof(literal) - 1, .unmasked = true  \
	}

struct ws_script_frame {
	unsigned first;
	const char *payload;
	size_t len;
	uint64_t announced; /* 0: as long as the payload is */
	bool unmasked;
};

/*
 * Adds a frame, masked as a client does it, at out + *len. out has room for
 * the payload and WS_FRAME_HEAD_MAX bytes.
 */
void ws_script_write(const struct ws_script_frame *, uint8_t *out, size_t *len);

/* How the bytes are split. */
struct ws_script_split {
	size_t first; /* a first piece of this size; 0: none */
	size_t rest;  /* then pieces of this size; 0: all at once */
	bool moves;   /* another reader goes on behind each piece */
};

/*
 * Feeds bytes to a new reader, and returns its callbacks, a line for each call:
 * `text Hello`, `ping`, `close 1000 bye`, `error 1002`. Bytes beyond ASCII are
 * written \xff. Checks that it reads no byte behind a piece, holds no more than
 * it may, and nothing in the end. To be freed.
 */
char *ws_script_run(const struct ws_reader_limits *, bool deflate,
    const uint8_t *data, size_t len, struct ws_script_split);

#endif
