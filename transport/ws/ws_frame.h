/* The header of a WebSocket frame: RFC 6455 §5.2, §5.3. No I/O. Public. */
#ifndef TRANSPORT_WS_FRAME_H
#define TRANSPORT_WS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ws_opcode {
	WS_CONTINUATION = 0x0,
	WS_TEXT = 0x1,
	WS_BINARY = 0x2,
	WS_CLOSE = 0x8,
	WS_PING = 0x9,
	WS_PONG = 0xa
};

/* Close codes that we send: RFC 6455 §7.4.1, and our own. */
enum ws_close_code {
	WS_CLOSE_NORMAL = 1000,
	WS_CLOSE_GOING_AWAY = 1001,
	WS_CLOSE_PROTOCOL_ERROR = 1002,
	WS_CLOSE_UNSUPPORTED = 1003,
	WS_CLOSE_NO_STATUS = 1005, /* never on the wire */
	WS_CLOSE_ABNORMAL = 1006,  /* never on the wire */
	WS_CLOSE_BAD_DATA = 1007,
	WS_CLOSE_POLICY = 1008,
	WS_CLOSE_TOO_BIG = 1009,
	WS_CLOSE_INTERNAL = 1011,
	WS_CLOSE_AUTH_REQUIRED = 4001,
	WS_CLOSE_FORBIDDEN = 4003,
	WS_CLOSE_OVERLOADED = 4100,
	WS_CLOSE_RATE_LIMITED = 4101,
	WS_CLOSE_SLOW_CONSUMER = 4102,
	WS_CLOSE_TOO_MANY_CONNECTIONS = 4103,
	WS_CLOSE_TOKEN_EXPIRED = 4202,
	WS_CLOSE_PING_TIMEOUT = 4203
};

#define WS_FRAME_HEAD_MAX 14
#define WS_CONTROL_MAX 125 /* payload of a control frame */

struct ws_frame_head {
	bool fin;
	uint8_t rsv; /* the three bits, RSV1 being 4 */
	uint8_t opcode;
	bool masked;
	uint64_t length; /* of the payload */
	uint8_t mask[4];
};

enum ws_frame_result {
	WS_FRAME_OK,
	WS_FRAME_SHORT, /* the header is incomplete */
	WS_FRAME_BAD    /* the length is not minimal, or 2^63 and more */
};

/* Decodes a header; *used is its size. */
enum ws_frame_result ws_frame_decode(const uint8_t *data, size_t len,
    struct ws_frame_head *out, size_t *used);

/* Encodes the header of an unmasked frame; returns its size, at most 10. */
size_t ws_frame_encode(uint8_t opcode, bool fin, uint8_t rsv, uint64_t length,
    uint8_t out[WS_FRAME_HEAD_MAX]);

/* XORs a part of a payload, which begins at `offset`, with the mask. */
void ws_frame_mask(uint8_t *data, size_t len, const uint8_t mask[4],
    size_t offset);

#endif
