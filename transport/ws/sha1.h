/* SHA-1 (FIPS 180-4) of short texts. For Sec-WebSocket-Accept only: as a
 * safeguard it is broken. */
#ifndef TRANSPORT_SHA1_H
#define TRANSPORT_SHA1_H

#include <stdint.h>

#include "domain/base/str.h"

#define SHA1_SIZE 20

void sha1(struct str text, uint8_t out[SHA1_SIZE]);

#endif
