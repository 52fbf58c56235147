/*
 * Client-side WebSocket frames: RFC 6455 §5. Pure: bytes in, calls out.
 */
#ifndef CMD_PARLEY_FRAMES_H
#define CMD_PARLEY_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "domain/text/utf8.h"
#include "transport/ws/ws_frame.h"

/* Longer messages are refused; no server of ours sends them. */
#define FRAMES_MESSAGE_MAX ((size_t)4 << 20)

/*
 * Texts are valid during the call; messages are UTF-8. False: stop reading.
 */
struct frames_ops {
	bool (*text)(void *arg, struct str);
	bool (*ping)(void *arg, struct str payload);
	/* The code is WS_CLOSE_NO_STATUS if the frame has none. */
	bool (*close)(void *arg, unsigned code, struct str reason);
};

/* State of an incomplete message; memory grows only with received bytes. */
struct frames {
	uint8_t head[WS_FRAME_HEAD_MAX];
	size_t head_len;
	struct ws_frame_head frame; /* whose payload is being read */
	uint64_t remaining;         /* bytes of the payload */
	bool in_payload;
	bool in_message; /* between the first and the last fragment */
	char control[WS_CONTROL_MAX];
	size_t control_len;
	char *data;
	size_t len;
	size_t capacity;
	struct utf8_state utf8;
};

void frames_init(struct frames *);
void frames_fini(struct frames *);

/*
 * Feeds received bytes, split anywhere. Returns 0, or the close code for a
 * protocol violation or lack of memory. *on is false if a callback returned
 * false.
 */
unsigned frames_feed(struct frames *, const struct frames_ops *, void *arg,
    const char *data, size_t len, bool *on);

#define FRAMES_HEAD_MAX WS_FRAME_HEAD_MAX

/* Writes the head of an unfragmented masked frame; returns its size. */
size_t frames_write_head(enum ws_opcode, size_t payload, const uint8_t mask[4],
    uint8_t out[FRAMES_HEAD_MAX]);

#endif
