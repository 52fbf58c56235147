/*
 * Base64 with padding, RFC 4648 §4, and base64url without, §5, as RFC 7515 uses
 * it. Public.
 */
#ifndef DOMAIN_BASE64_H
#define DOMAIN_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/str.h"

/* The lengths of so many bytes when encoded. */
#define BASE64_SIZE(bytes) (((bytes) + 2) / 3 * 4)
#define BASE64URL_LEN(bytes) (((bytes)*4 + 2) / 3)

/* Write that many characters, without a NUL. */
void base64_encode(const void *bytes, size_t len, char *out);
void base64url_encode(const void *bytes, size_t len, char *out);

/*
 * Decode at most `size` bytes. False: they are more, or the text is not of that
 * encoding. base64url is strict: unused bits are zero, so that each value has
 * one spelling.
 */
bool base64_decode(struct str text, void *out, size_t size, size_t *len);
bool base64url_decode(struct str text, void *out, size_t size, size_t *len);

/* Whether a text is the strict encoding, with padding, of so many bytes. */
bool base64_is_of(struct str text, size_t bytes);

#endif
