/*
 * Messages out of frames: fragments, control frames, closing, UTF-8.
 * RFC 6455 §5.4, §5.5, §7, §8.1; RFC 7692 §7.2. Pure: bytes in, calls out.
 * Public.
 */
#ifndef TRANSPORT_WS_MESSAGE_H
#define TRANSPORT_WS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "domain/text/utf8.h"
#include "transport/ws/ws_frame.h"

struct ws_inflater;

/*
 * Encoders write what fits their buffer: Go's compressor flushes 240 bytes at
 * a time, others 4 096.
 */
#define WS_FRAGMENT_BYTES 64

/* What all readers of a server share. */
struct ws_reader_limits {
	/* A whole message, all its frames, inflated too. 0: no limit. */
	size_t message_bytes;
	/*
	 * Frames of one message, besides one for each WS_FRAGMENT_BYTES of
	 * payload received before: bounds the work of a frame to that of its
	 * bytes. 0: no limit.
	 */
	size_t fragments;
	size_t *buffered; /* counts the bytes that readers hold, or NULL */
	/* NULL: RSV1 is an error everywhere. Outlives the readers. */
	struct ws_inflater *inflater;
};

/*
 * What a reader found. `data` may be changed by the callee and is good for
 * the call only. False: stop here, the rest is fed again later.
 */
struct ws_reader_ops {
	bool (*message)(void *arg, enum ws_opcode, char *data, size_t len);
	bool (*ping)(void *arg, const char *data, size_t len);
	bool (*pong)(void *arg, const char *data, size_t len);
	/* The peer's close frame; WS_CLOSE_NO_STATUS if it gave no code. */
	void (*close)(void *arg, unsigned code, struct str reason);
	/*
	 * The peer broke a rule, or there is no memory (1011): close with
	 * this code; why is for the log.
	 */
	void (*error)(void *arg, enum ws_close_code, const char *why);
};

struct input_buffer; /* what is held of an unfinished message or frame */

/* One direction of one connection. Small: nothing is held while idle. */
struct ws_reader {
	struct input_buffer *message; /* of an unfinished message; else NULL */
	struct input_buffer *control; /* of an unfinished control frame */
	uint64_t remaining;           /* payload of the current frame to come */
	size_t fragments;             /* frames of the current message so far */
	uint8_t head[WS_FRAME_HEAD_MAX]; /* a head that is not whole */
	uint8_t head_len;
	uint8_t mask[4]; /* of the current frame; its fin and opcode: */
	bool fin;
	uint8_t opcode;
	uint8_t mask_at; /* where in the mask the next byte is */
	uint8_t state;   /* what is expected next */
	uint8_t kind;    /* of the current message: text, binary; 0: none */
	bool compressed; /* it has RSV1 */
	bool deflate;    /* permessage-deflate was negotiated */
	struct utf8_state utf8; /* of the current text, unless compressed */
};

void ws_reader_init(struct ws_reader *, bool deflate);

/* Frees what is held. */
void ws_reader_fini(struct ws_reader *, const struct ws_reader_limits *);

/*
 * Reads bytes as they come from a client, split anywhere; changes them
 * (unmasking in place). Whole frames in one piece are not copied. Returns how
 * many were used: fewer than all only if a callback stopped it. What follows
 * a close frame (§5.5.1) or an error is swallowed; nothing is held then.
 */
size_t ws_reader_feed(struct ws_reader *, const struct ws_reader_limits *,
    const struct ws_reader_ops *, void *arg, uint8_t *data, size_t len);

/* Whether a message, or any other frame, has begun and not ended. */
bool ws_reader_is_busy(const struct ws_reader *);

/* The memory held for unfinished messages and frames. */
size_t ws_reader_buffered(const struct ws_reader *);

/* Whether a peer may send this close code. */
bool ws_close_code_is_valid(unsigned code);

/*
 * The payload of a close frame; returns its size, 0 for WS_CLOSE_NO_STATUS.
 * A reason that is too long is cut between two characters.
 */
size_t ws_close_payload(unsigned code, struct str reason,
    char out[WS_CONTROL_MAX]);

#endif
