/* SHA-256: FIPS 180-4. Pure. */
#ifndef PERSISTENCE_SHA256_H
#define PERSISTENCE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32

struct sha256 {
	uint32_t state[8];
	uint64_t len; /* bytes so far */
	uint8_t block[64];
};

void sha256_init(struct sha256 *);
void sha256_add(struct sha256 *, const void *, size_t);
/* Nothing may be added afterwards. */
void sha256_end(struct sha256 *, uint8_t out[SHA256_SIZE]);

#endif
