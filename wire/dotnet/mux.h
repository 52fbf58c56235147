/*
 * The MultiplexingStream of Nerdbank.Streams, protocol version 1: channels
 * inside one stream of bytes. No I/O.
 *
 * Both sides begin with 20 bytes: the magic number, and 16 random bytes. The
 * side with the larger random bytes numbers its channels 1, 3, 5, …; those of
 * the server are 0, so the client does. Frames follow.
 */
#ifndef WIRE_MUX_H
#define WIRE_MUX_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/common/wire_text.h"

#define MUX_HELLO_BYTES 20
#define MUX_HEAD_BYTES 7
#define MUX_PAYLOAD_MOST 20480

enum mux_code {
	MUX_OFFER,    /* of a channel; its name */
	MUX_ACCEPT,   /* of that offer */
	MUX_CONTENT,  /* bytes of the channel */
	MUX_FINISH,   /* the sender writes nothing more to the channel */
	MUX_TERMINATE /* the channel, or the offer, is refused */
};

/* Zeroed at first. */
struct mux_reader {
	uint8_t head[MUX_HELLO_BYTES]; /* of the stream, or of a frame */
	uint8_t head_len;
	bool has_hello;
	bool in_frame;
	uint8_t code; /* enum mux_code, or unknown */
	uint16_t remaining;
	uint32_t channel;
};

enum mux_result {
	MUX_SHORT,     /* all bytes are read */
	MUX_HELLO,     /* the first 20 bytes were read */
	MUX_FRAME,     /* in_frame: a frame, or more of its payload */
	MUX_BAD_MAGIC, /* the first bytes are something else */
	MUX_NO_ODD,    /* the random bytes of both sides are equal */
	MUX_TOO_LONG   /* a payload of more than MUX_PAYLOAD_MOST bytes */
};

/*
 * Reads up to the payload of a frame, and removes it from the input. After
 * MUX_FRAME the first mux_available() bytes of the input are payload, which
 * the caller removes with mux_take(), all before it calls this again.
 */
enum mux_result mux_read(struct mux_reader *, struct str *input);

/* How much of the frame's payload is there. */
size_t mux_available(const struct mux_reader *, struct str input);

/* Removes payload. The frame ends with its last byte. */
struct str mux_take(struct mux_reader *, struct str *input, size_t len);

/* Appends the server's first 20 bytes. */
void mux_put_hello(struct wire_text *);

/* Appends a frame without a payload. */
void mux_put_frame(struct wire_text *, enum mux_code, uint32_t channel);

/*
 * Makes frames with content of a text, in place. No memory: text->failed is
 * set.
 */
void mux_wrap_content(struct wire_text *, uint32_t channel);

#endif
