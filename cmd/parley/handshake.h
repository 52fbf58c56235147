/* The opening handshake of a client: RFC 6455 §4.1. Pure. */
#ifndef CMD_PARLEY_HANDSHAKE_H
#define CMD_PARLEY_HANDSHAKE_H

#include <stdint.h>

#include "cmd/parley/url.h"
#include "domain/base/str.h"
#include "transport/ws/base64.h"

#define HANDSHAKE_NONCE_BYTES 16
#define HANDSHAKE_KEY_SIZE (BASE64_SIZE(HANDSHAKE_NONCE_BYTES) + 1)
#define HANDSHAKE_REQUEST_SIZE 2048
/* A longer response is refused. */
#define HANDSHAKE_RESPONSE_MAX 16384

void handshake_key(const uint8_t nonce[HANDSHAKE_NONCE_BYTES],
    char out[HANDSHAKE_KEY_SIZE]);

/* Writes the request; returns its size. */
size_t handshake_request(const struct url *, const char *key,
    char out[HANDSHAKE_REQUEST_SIZE]);

enum handshake_result {
	HANDSHAKE_SHORT,   /* the response is incomplete */
	HANDSHAKE_DONE,    /* frames follow */
	HANDSHAKE_REFUSED, /* another status than 101 */
	HANDSHAKE_BAD      /* not a valid response */
};

/*
 * Parses a response from its beginning. *used: its size once complete;
 * *status: its status, or 0.
 */
enum handshake_result handshake_read(struct str response, const char *key,
    size_t *used, unsigned *status);

#endif
