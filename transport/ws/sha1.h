/* SHA-1 (FIPS 180-4). For Sec-WebSocket-Accept only: it is not secure. */
#ifndef TRANSPORT_SHA1_H
#define TRANSPORT_SHA1_H

#include <stdint.h>

#include "domain/base/str.h"

#define SHA1_SIZE 20

void sha1(struct str text, uint8_t out[SHA1_SIZE]);

#endif
