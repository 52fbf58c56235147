#include "persistence/blobs/sha256.h"

#include <endian.h>
#include <string.h>

/* The fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constants[64] = {
	0x428a2f98,
	0x71374491,
	0xb5c0fbcf,
	0xe9b5dba5,
	0x3956c25b,
	0x59f111f1,
	0x923f82a4,
	0xab1c5ed5,
	0xd807aa98,
	0x12835b01,
	0x243185be,
	0x550c7dc3,
	0x72be5d74,
	0x80deb1fe,
	0x9bdc06a7,
	0xc19bf174,
	0xe49b69c1,
	0xefbe4786,
	0x0fc19dc6,
	0x240ca1cc,
	0x2de92c6f,
	0x4a7484aa,
	0x5cb0a9dc,
	0x76f988da,
	0x983e5152,
	0xa831c66d,
	0xb00327c8,
	0xbf597fc7,
	0xc6e00bf3,
	0xd5a79147,
	0x06ca6351,
	0x14292967,
	0x27b70a85,
	0x2e1b2138,
	0x4d2c6dfc,
	0x53380d13,
	0x650a7354,
	0x766a0abb,
	0x81c2c92e,
	0x92722c85,
	0xa2bfe8a1,
	0xa81a664b,
	0xc24b8b70,
	0xc76c51a3,
	0xd192e819,
	0xd6990624,
	0xf40e3585,
	0x106aa070,
	0x19a4c116,
	0x1e376c08,
	0x2748774c,
	0x34b0bcb5,
	0x391c0cb3,
	0x4ed8aa4a,
	0x5b9cca4f,
	0x682e6ff3,
	0x748f82ee,
	0x78a5636f,
	0x84c87814,
	0x8cc70208,
	0x90befffa,
	0xa4506ceb,
	0xbef9a3f7,
	0xc67178f2,
};

static uint32_t
rotate_right(uint32_t value, unsigned bits)
{
	return value >> bits | value << (32 - bits);
}

static void
schedule_make(uint32_t w[64], const uint8_t *block)
{
	for (size_t i = 0; i < 16; i++) {
		uint32_t word;

		memcpy(&word, block + 4 * i, sizeof(word));
		w[i] = be32toh(word);
	}
	for (size_t i = 16; i < 64; i++) {
		uint32_t low = w[i - 15], high = w[i - 2];

		w[i] =
		    w[i - 16] + w[i - 7] +
		    (rotate_right(low, 7) ^ rotate_right(low, 18) ^ low >> 3) +
		    (rotate_right(high, 17) ^ rotate_right(high, 19) ^
			high >> 10);
	}
}

/* §6.2.2 */
static void
block_compress(uint32_t state[8], const uint8_t *block)
{
	uint32_t w[64], s[8];

	schedule_make(w, block);
	memcpy(s, state, sizeof(s));
	for (size_t i = 0; i < 64; i++) {
		uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
		uint32_t majority =
		    (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
		uint32_t one = s[7] +
			       (rotate_right(s[4], 6) ^ rotate_right(s[4], 11) ^
				   rotate_right(s[4], 25)) +
			       choice + round_constants[i] + w[i];
		uint32_t two = (rotate_right(s[0], 2) ^ rotate_right(s[0], 13) ^
				   rotate_right(s[0], 22)) +
			       majority;

		memmove(s + 1, s, 7 * sizeof(*s));
		s[4] += one;
		s[0] = one + two;
	}
	for (size_t i = 0; i < 8; i++)
		state[i] += s[i];
}

void
sha256_init(struct sha256 *sha)
{
	static const uint32_t initial[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372,
		0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	memcpy(sha->state, initial, sizeof(initial));
	sha->len = 0;
}

void
sha256_add(struct sha256 *sha, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	size_t used = sha->len % 64;

	sha->len += len;
	if (used > 0) {
		size_t part = 64 - used < len ? 64 - used : len;

		memcpy(sha->block + used, at, part);
		at += part;
		len -= part;
		if (used + part < 64)
			return;
		block_compress(sha->state, sha->block);
	}
	for (; len >= 64; at += 64, len -= 64)
		block_compress(sha->state, at);
	if (len > 0)
		memcpy(sha->block, at, len);
}

/* §5.1.1 */
void
sha256_end(struct sha256 *sha, uint8_t out[SHA256_SIZE])
{
	static const uint8_t padding[64] = { 0x80 };
	uint64_t bits = htobe64(sha->len * 8);

	sha256_add(sha, padding, 1 + (119 - sha->len % 64) % 64);
	sha256_add(sha, &bits, sizeof(bits));
	for (size_t i = 0; i < 8; i++) {
		uint32_t word = htobe32(sha->state[i]);

		memcpy(out + 4 * i, &word, sizeof(word));
	}
}
