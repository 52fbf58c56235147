/* The few parts of RFC 6455 that a server without rules needs. */
#ifndef LIMIT_FRAME_H
#define LIMIT_FRAME_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Writes the head of an unmasked frame; returns its size, at most 10. */
static inline size_t
frame_head(char *out, unsigned opcode, size_t len)
{
	out[0] = (char)(0x80 | opcode);
	if (len < 126) {
		out[1] = (char)len;
		return 2;
	}
	if (len <= UINT16_MAX) {
		out[1] = 126;
		out[2] = (char)(len >> 8);
		out[3] = (char)len;
		return 4;
	}
	out[1] = 127;
	for (int i = 0; i < 8; i++)
		out[2 + i] = (char)(len >> (56 - 8 * i));
	return 10;
}

/* Copies a payload, unmasking it eight bytes at a time. */
static inline void
frame_unmask(char *to, const char *from, size_t len, const char mask[4])
{
	uint64_t wide;
	size_t i = 0;

	memcpy(&wide, mask, 4);
	memcpy((char *)&wide + 4, mask, 4);
	for (; len - i >= 8; i += 8) {
		uint64_t word;

		memcpy(&word, from + i, 8);
		word ^= wide;
		memcpy(to + i, &word, 8);
	}
	for (; i < len; i++)
		to[i] = (char)(from[i] ^ mask[i % 4]);
}

#endif
