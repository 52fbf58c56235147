#include "transport/ws/sha1.h"

#define BLOCK 64

static uint32_t
sha1_rotate_left(uint32_t x, unsigned by)
{
	return x << by | x >> (32 - by);
}

/* §6.1.2: the function and the constant of the t-th round. */
static inline uint32_t
sha1_function(unsigned t, uint32_t b, uint32_t c, uint32_t d)
{
	if (t < 20)
		return (d ^ (b & (c ^ d))) + 0x5a827999;
	if (t < 40)
		return (b ^ c ^ d) + 0x6ed9eba1;
	if (t < 60)
		return ((b & c) | ((b | c) & d)) + 0x8f1bbcdc;
	return (b ^ c ^ d) + 0xca62c1d6;
}

/* A round; for the next one, the five words change places. */
static inline void
sha1_round(unsigned t, uint32_t a, uint32_t *b, uint32_t c, uint32_t d,
    uint32_t *e, uint32_t word)
{
	*e += sha1_rotate_left(a, 5) + sha1_function(t, *b, c, d) + word;
	*b = sha1_rotate_left(*b, 30);
}

static void
sha1_add_block(uint32_t state[5], const uint8_t block[BLOCK])
{
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
	uint32_t e = state[4], w[80];

	for (unsigned t = 0; t < 16; t++)
		w[t] = (uint32_t)block[4 * t] << 24 |
		       (uint32_t)block[4 * t + 1] << 16 |
		       (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
	for (unsigned t = 16; t < 80; t++)
		w[t] = sha1_rotate_left(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^
					    w[t - 16],
		    1);
	for (unsigned t = 0; t < 80; t += 5) {
		sha1_round(t, a, &b, c, d, &e, w[t]);
		sha1_round(t, e, &a, b, c, &d, w[t + 1]);
		sha1_round(t, d, &e, a, b, &c, w[t + 2]);
		sha1_round(t, c, &d, e, a, &b, w[t + 3]);
		sha1_round(t, b, &c, d, e, &a, w[t + 4]);
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
}

void
sha1(struct str text, uint8_t out[SHA1_SIZE])
{
	uint32_t state[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
		0xc3d2e1f0 };
	uint8_t end[2 * BLOCK] = { 0 };
	size_t left = text.len % BLOCK, whole = text.len - left;
	size_t size = left < BLOCK - 8 ? BLOCK : 2 * BLOCK;
	uint64_t bits = (uint64_t)text.len * 8;

	for (size_t at = 0; at < whole; at += BLOCK)
		sha1_add_block(state, (const uint8_t *)text.data + at);
	/* §5.1.1: a one bit, zeros, and the length. */
	if (left > 0)
		memcpy(end, text.data + whole, left);
	end[left] = 0x80;
	for (unsigned i = 0; i < 8; i++)
		end[size - 1 - i] = (uint8_t)(bits >> 8 * i);
	for (size_t at = 0; at < size; at += BLOCK)
		sha1_add_block(state, end + at);
	for (unsigned i = 0; i < SHA1_SIZE; i++)
		out[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}
