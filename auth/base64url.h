/* Base64 for URLs without padding: RFC 4648 §5, as RFC 7515 uses it. Public. */
#ifndef AUTH_BASE64URL_H
#define AUTH_BASE64URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

/* The length of `len` bytes when encoded. */
#define BASE64URL_LEN(len) (((len)*4 + 2) / 3)

/* Writes BASE64URL_LEN(len) characters, without NUL. */
void base64url_encode(const uint8_t *bytes, size_t len, char *out);

/*
 * Decodes strictly: padding, other characters, impossible lengths and unused
 * bits that are not zero are refused, so each value has one spelling. False
 * also if it needs more than size bytes.
 */
bool base64url_decode(struct str text, uint8_t *out, size_t size, size_t *len);

#endif
