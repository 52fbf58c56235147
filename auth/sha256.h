/* SHA-256 of a text. */
#ifndef AUTH_SHA256_H
#define AUTH_SHA256_H

#include <stdint.h>

#include "domain/base/str.h"

#define SHA256_SIZE 32

void sha256(struct str text, uint8_t out[SHA256_SIZE]);

#endif
