/*
 * A client's side of WebSocket frames: RFC 6455 §5. Pure: bytes in, calls
 * out.
 */
#ifndef CMD_PARLEY_FRAMES_H
#define CMD_PARLEY_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "domain/text/utf8.h"
#include "transport/ws/ws_frame.h"

/* A message as long as this is more than any server of ours sends. */
#define FRAMES_MESSAGE_MAX ((size_t)4 << 20)

/*
 * What was found. Texts are good for the call only; a text is UTF-8. False:
 * read no more.
 */
struct frames_ops {
	bool (*text)(void *arg, struct str);
	bool (*ping)(void *arg, struct str payload);
	/* The code is WS_CLOSE_NO_STATUS if none was given. */
	bool (*close)(void *arg, unsigned code, struct str reason);
};

/* What is held of a message that is not whole: never more than has come. */
struct frames {
	uint8_t head[WS_FRAME_HEAD_MAX];
	size_t head_len;
	struct ws_frame_head frame; /* the one whose payload is coming */
	uint64_t remaining;         /* of it */
	bool in_payload;
	bool in_message; /* fragments came, the last one did not */
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
 * Takes what a server sent, split anywhere. Returns 0, or the code to close
 * with: the server broke a rule, or there is no memory. *on becomes false if
 * a callee said so.
 */
unsigned frames_feed(struct frames *, const struct frames_ops *, void *arg,
    const char *data, size_t len, bool *on);

#define FRAMES_HEAD_MAX WS_FRAME_HEAD_MAX

/* The head of a masked frame that is whole; returns its size. */
size_t frames_write_head(enum ws_opcode, size_t payload, const uint8_t mask[4],
    uint8_t out[FRAMES_HEAD_MAX]);

#endif
