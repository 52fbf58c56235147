/*
 * Decodes frames to messages: fragments, control frames, closing, UTF-8.
 * RFC 6455 §5.4, §5.5, §7, §8.1; RFC 7692 §7.2. No I/O. Public.
 */
#ifndef TRANSPORT_WS_MESSAGE_H
#define TRANSPORT_WS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "domain/text/utf8.h"
#include "transport/ws/ws_frame.h"

struct packer;
struct unpacker;
struct ws_inflater;

/*
 * Encoders write what fits their buffer: Go's compressor flushes 240 bytes at
 * a time, others 4 096.
 */
#define WS_FRAGMENT_BYTES 64

/* Limits and state that all readers of a server share. */
struct ws_reader_limits {
	/* A message with all its frames, also when inflated. 0: no limit. */
	size_t message_bytes;
	/*
	 * Frames of one message, besides one for each WS_FRAGMENT_BYTES of
	 * payload received before: bounds the work of a frame to that of its
	 * bytes. 0: no limit.
	 */
	size_t fragments;
	size_t *buffered; /* counts the bytes that readers buffer, or NULL */
	/* NULL: RSV1 is always an error. Outlives the readers. */
	struct ws_inflater *inflater;
};

/*
 * Callbacks. They may change `data`, which is valid during the call. False:
 * stop; the caller feeds the rest later.
 */
struct ws_reader_ops {
	bool (*message)(void *arg, enum ws_opcode, char *data, size_t len);
	bool (*ping)(void *arg, const char *data, size_t len);
	bool (*pong)(void *arg, const char *data, size_t len);
	/* The peer's close frame; WS_CLOSE_NO_STATUS if it has no code. */
	void (*close)(void *arg, unsigned code, struct str reason);
	/*
	 * The peer violated the protocol or a limit, or there is no memory
	 * (1011): close with this code; `why` is for the log.
	 */
	void (*error)(void *arg, enum ws_close_code, const char *why);
};

struct input_buffer;

/* The input of one connection. Without buffers while it is idle. */
struct ws_reader {
	struct input_buffer *message; /* of an unfinished message; else NULL */
	struct input_buffer *control; /* of an unfinished control frame */
	union {
		uint8_t head[WS_FRAME_HEAD_MAX]; /* between frames: a part */
		struct {                         /* inside a frame */
			uint64_t remaining;      /* missing payload */
			uint8_t mask[4];
			uint8_t mask_at; /* index of the mask's next byte */
			bool fin;
			uint8_t opcode;
		};
	};
	uint32_t fragments; /* frames of the current message so far */
	uint8_t head_len;   /* of an incomplete header */
	uint8_t state;      /* enum reader_state */
	uint8_t kind;       /* of the current message: text, binary; 0: none */
	bool compressed;    /* it has RSV1 */
	bool deflate;       /* permessage-deflate was negotiated */
	struct utf8_state utf8; /* of the current text, unless compressed */
};

static inline void
ws_reader_init(struct ws_reader *reader, bool deflate)
{
	*reader = (struct ws_reader){ .deflate = deflate };
}

/* Frees the buffers. */
void ws_reader_fini(struct ws_reader *, const struct ws_reader_limits *);

/*
 * Reads bytes of a client, split anywhere, and unmasks them in place. A frame
 * in one piece is not copied. Returns the number of bytes used: fewer than len
 * only if a callback returned false. After a close frame (§5.5.1) or an error
 * it discards input and has no buffers.
 */
size_t ws_reader_feed(struct ws_reader *, const struct ws_reader_limits *,
    const struct ws_reader_ops *, void *arg, uint8_t *data, size_t len);

/* Whether a message or a frame is incomplete. */
bool ws_reader_is_busy(const struct ws_reader *);

/* The size of the buffers. */
size_t ws_reader_buffered(const struct ws_reader *);

/* For another process: what has arrived. */
void ws_reader_pack(const struct ws_reader *, struct packer *);

/* Into a fresh reader, which is busy then. False: no such bytes, no memory. */
bool ws_reader_unpack(struct ws_reader *, const struct ws_reader_limits *,
    struct unpacker *);

/* Whether a peer may send this close code. */
bool ws_close_code_is_valid(unsigned code);

/*
 * Writes the payload of a close frame; returns its size, 0 for
 * WS_CLOSE_NO_STATUS. Cuts a long reason between two characters.
 */
size_t ws_close_payload(unsigned code, struct str reason,
    char out[WS_CONTROL_MAX]);

#endif
