/* The body of a request, by its length or in chunks: RFC 9112 §6, §7. Pure. */
#ifndef TRANSPORT_HTTP_BODY_H
#define TRANSPORT_HTTP_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

struct http_body {
	uint64_t remaining; /* of the length, or of the current chunk */
	uint64_t received;  /* bytes of the body so far */
	uint64_t most;      /* that it may have */
	uint32_t framing;   /* bytes of chunk extensions and trailers */
	uint8_t state;
	uint8_t digits; /* of the chunk's size */
	bool has_name;  /* of the trailer line */
};

enum http_body_result {
	HTTP_BODY_MORE,     /* it is not whole; no bytes are left */
	HTTP_BODY_PIECE,    /* the next bytes of it are in *piece */
	HTTP_BODY_END,      /* it is whole */
	HTTP_BODY_BAD,      /* a rule is broken: 400 */
	HTTP_BODY_TOO_LARGE /* 413 */
};

/* A body of this length, or chunked; 413 is known at once for the former. */
void http_body_init_length(struct http_body *, uint64_t length);
void http_body_init_chunked(struct http_body *, uint64_t most);

/* Nothing more of it will come. */
bool http_body_is_whole(const struct http_body *);

/*
 * Reads on in data, split anywhere. *used is how many bytes were consumed:
 * call again with the rest after HTTP_BODY_PIECE. What follows the body's
 * end is not touched.
 */
enum http_body_result http_body_feed(struct http_body *, const char *data,
    size_t len, size_t *used, struct str *piece);

#endif
