/* The opening handshake, the client's side: RFC 6455 §4.1. Pure. */
#ifndef CMD_PARLEY_OPENING_H
#define CMD_PARLEY_OPENING_H

#include <stdint.h>

#include "cmd/parley/url.h"
#include "domain/base/str.h"
#include "transport/ws/base64.h"

#define OPENING_NONCE_BYTES 16
#define OPENING_KEY_SIZE (BASE64_SIZE(OPENING_NONCE_BYTES) + 1)
#define OPENING_REQUEST_SIZE 2048
/* A server that says more before it begins is none of ours. */
#define OPENING_RESPONSE_MAX 16384

void opening_key(const uint8_t nonce[OPENING_NONCE_BYTES],
    char out[OPENING_KEY_SIZE]);

/* Returns the size of the request; it always fits. */
size_t opening_request(const struct url *, const char *key,
    char out[OPENING_REQUEST_SIZE]);

enum opening_result {
	OPENING_SHORT,   /* the response is not whole */
	OPENING_DONE,    /* frames follow */
	OPENING_REFUSED, /* another status than 101 */
	OPENING_BAD      /* no answer to our request */
};

/*
 * Reads a response, all of it so far. *used is the size of a whole one, and
 * *status its status where it has one, else 0.
 */
enum opening_result http_conn_read(struct str response, const char *key,
    size_t *used, unsigned *status);

#endif
