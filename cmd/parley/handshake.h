/* The opening handshake of a client: RFC 6455 §4.1. Pure. */
#ifndef CMD_PARLEY_HANDSHAKE_H
#define CMD_PARLEY_HANDSHAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/parley/url.h"
#include "domain/base/str.h"
#include "domain/text/base64.h"

#define HANDSHAKE_NONCE_BYTES 16
#define HANDSHAKE_KEY_SIZE (BASE64_SIZE(HANDSHAKE_NONCE_BYTES) + 1)
/* The longest token that a server takes, and NUL. */
#define HANDSHAKE_TOKEN_SIZE 8193
#define HANDSHAKE_REQUEST_SIZE (2048 + HANDSHAKE_TOKEN_SIZE)
#define HANDSHAKE_HOST_SIZE (URL_HOST_SIZE + 16)
/* A longer response is refused. */
#define HANDSHAKE_RESPONSE_MAX 16384

void handshake_key(const uint8_t nonce[HANDSHAKE_NONCE_BYTES],
    char out[HANDSHAKE_KEY_SIZE]);

/* Host and port, as the Host header has them. */
void handshake_host(const struct url *, char out[HANDSHAKE_HOST_SIZE]);

/* Whether it can be sent: visible ASCII, not empty, not too long. */
bool handshake_token_is_valid(const char *token);

/* Writes the request; returns its size. The token may be NULL. */
size_t handshake_request(const struct url *, const char *key, const char *token,
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
