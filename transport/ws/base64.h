/* Base64 as RFC 4648 §4 has it, for the handshake. Public. */
#ifndef TRANSPORT_BASE64_H
#define TRANSPORT_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

/* Length of the encoding, without a NUL. */
#define BASE64_SIZE(bytes) (((bytes) + 2) / 3 * 4)

/* Writes BASE64_SIZE(len) characters. */
void base64_encode(const uint8_t *data, size_t len, char *out);

/*
 * Whether a text is the canonical encoding of so many bytes: padded, unused
 * bits zero.
 */
bool base64_is_of(struct str text, size_t bytes);

#endif
