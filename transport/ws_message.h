/*
 * Messages out of frames: fragments, control frames, closing, UTF-8.
 * RFC 6455 §5.4, §5.5, §7, §8.1; RFC 7692 §7.2. Pure: bytes in, calls out.
 */
#ifndef TRANSPORT_WS_MESSAGE_H
#define TRANSPORT_WS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/str.h"
#include "domain/utf8.h"
#include "transport/ws_frame.h"

struct ws_inflater;

/* What all readers of a server share. */
struct ws_reader_limits {
	size_t
	    message_bytes; /* a whole message, all its frames; inflated too */
	size_t fragments;  /* frames of one message */
	size_t *buffered;  /* counts the bytes that readers hold; NULL: nobody
			      counts */
	struct ws_inflater
	    *inflater; /* NULL: RSV1 is a protocol error everywhere */
};

/*
 * What a reader found. `data` may be changed by the callee and is good for
 * the call only. False: stop reading, the connection is done for; the
 * reader must not be fed again.
 */
struct ws_reader_ops {
	bool (*message)(void *arg, enum ws_opcode, char *data, size_t len);
	bool (*ping)(void *arg, const char *data, size_t len);
	bool (*pong)(void *arg, const char *data, size_t len);
	/* The peer's close frame; code is WS_CLOSE_NO_STATUS if it gave none.
	 */
	bool (*close)(void *arg, unsigned code, struct str reason);
	/* The peer broke a rule: close with this code; why is for the log. */
	bool (*error)(void *arg, enum ws_close_code, const char *why);
};

struct ws_buffer; /* what is held of an unfinished message or frame */

/* One direction of one connection. Small: nothing is held while idle. */
struct ws_reader {
	struct ws_buffer *message; /* of an unfinished message; else NULL */
	uint64_t remaining; /* payload bytes of the current frame to come */
	uint32_t fragments; /* frames of the current message */
	uint8_t head[WS_FRAME_HEAD_MAX]; /* a head that is not whole */
	uint8_t head_len;
	uint8_t mask[4];
	uint8_t mask_at; /* where in the mask the next byte is */
	uint8_t frame;   /* what of a frame is expected next, and its flags */
	uint8_t opcode;  /* of the current frame */
	uint8_t kind;    /* of the current message: text, binary, 0 for none */
	struct utf8_state utf8;
	bool compressed; /* the current message has RSV1 */
	bool deflate;    /* permessage-deflate was negotiated */
	char control_len;
	struct ws_buffer
	    *control; /* of an unfinished control frame; else NULL */
};

void ws_reader_init(struct ws_reader *, bool deflate);

/* Frees what is held. */
void ws_reader_fini(struct ws_reader *, const struct ws_reader_limits *);

/*
 * Reads bytes as they come from a client, split anywhere; changes them
 * (unmasking in place). Whole frames in one piece are not copied. False: a
 * callback said so, or error() was called.
 */
bool ws_reader_feed(struct ws_reader *, const struct ws_reader_limits *,
    const struct ws_reader_ops *, void *arg, uint8_t *data, size_t len);

/* Whether a message has begun and not ended. */
bool ws_reader_is_busy(const struct ws_reader *);

/* Bytes held for an unfinished message. */
size_t ws_reader_buffered(const struct ws_reader *);

/* Whether a peer may send this close code. */
bool ws_close_code_is_valid(unsigned code);

/* The payload of a close frame; returns its size, at most WS_CONTROL_MAX. */
size_t ws_close_payload(unsigned code, struct str reason,
    char out[WS_CONTROL_MAX]);

#endif
