/*
 * permessage-deflate (RFC 7692), without context takeover: messages are
 * compressed independently, so all connections share one stream. No I/O.
 */
#ifndef TRANSPORT_WS_DEFLATE_H
#define TRANSPORT_WS_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

#define WS_DEFLATE_RESPONSE_SIZE 160

/* Which offers the server accepts. */
struct ws_deflate_policy {
	int least_window_bits; /* 9–15: a smaller server window is declined */
};

/* The negotiated parameters. */
struct ws_deflate {
	bool on;
	int server_window_bits; /* 9–15 */
	/* For Sec-WebSocket-Extensions. */
	char response[WS_DEFLATE_RESPONSE_SIZE];
};

/*
 * Chooses from the offers of a Sec-WebSocket-Extensions header (several headers
 * joined with commas). Offers with unknown, repeated or malformed parameters
 * are ignored; out->on is false if no offer remains. False: the header is
 * malformed.
 */
bool ws_deflate_negotiate(struct str offers, const struct ws_deflate_policy *,
    struct ws_deflate *out);

/* Compresses messages. */
struct ws_deflater;

/* window_bits: 9–15. NULL without memory. */
struct ws_deflater *ws_deflater_create(int window_bits);
void ws_deflater_destroy(struct ws_deflater *);

/*
 * Compresses one message of up to 2 GiB. The result is valid until the next
 * call; NULL data: no memory.
 */
struct str ws_deflater_run(struct ws_deflater *, struct str message);

/* Decompresses messages. */
struct ws_inflater;
enum ws_inflate_result {
	WS_INFLATE_OK,
	WS_INFLATE_BAD,     /* not a deflated message */
	WS_INFLATE_TOO_BIG, /* beyond the bound, or a bomb */
	WS_INFLATE_NO_MEMORY
};

/*
 * ratio: a message may grow by this factor, and to `floor` bytes in any case;
 * beyond, it is a bomb. 0: no bound. NULL without memory.
 */
struct ws_inflater *ws_inflater_create(unsigned ratio, size_t floor);
void ws_inflater_set_bounds(struct ws_inflater *, unsigned ratio, size_t floor);
void ws_inflater_destroy(struct ws_inflater *);

/*
 * Decompresses one message to at most `most` bytes. Its buffer is at most twice
 * the size of the result, or 16 KiB. *out may be changed and is valid until the
 * next call, which shrinks the buffer.
 */
enum ws_inflate_result ws_inflater_run(struct ws_inflater *, struct str message,
    size_t most, char **out, size_t *out_len);

#endif
