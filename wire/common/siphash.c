#include "wire/common/siphash.h"

static uint64_t
siphash_rotate_left(uint64_t word, unsigned by)
{
	return word << by | word >> (64 - by);
}

/* SipRound, §2.2. */
static void
siphash_rounds(uint64_t v[4], int rounds)
{
	for (int i = 0; i < rounds; i++) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = siphash_rotate_left(v[1], 13) ^ v[0];
		v[3] = siphash_rotate_left(v[3], 16) ^ v[2];
		v[0] = siphash_rotate_left(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = siphash_rotate_left(v[1], 17) ^ v[2];
		v[3] = siphash_rotate_left(v[3], 21) ^ v[0];
		v[2] = siphash_rotate_left(v[2], 32);
	}
}

static void
siphash_add(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	siphash_rounds(v, 2);
	v[0] ^= word;
}

/* 8 bytes, little-endian. */
static uint64_t
read_le64(const char *at)
{
	uint64_t word = 0;

	for (int i = 7; i >= 0; i--)
		word = word << 8 | (unsigned char)at[i];
	return word;
}

uint64_t
siphash(const uint64_t key[2], struct str text)
{
	uint64_t v[4] = {
		key[0] ^ UINT64_C(0x736f6d6570736575),
		key[1] ^ UINT64_C(0x646f72616e646f6d),
		key[0] ^ UINT64_C(0x6c7967656e657261),
		key[1] ^ UINT64_C(0x7465646279746573),
	};
	char last[8] = { [7] = (char)text.len };
	size_t rest = text.len % 8;

	for (size_t at = 0; at + 8 <= text.len; at += 8)
		siphash_add(v, read_le64(text.data + at));
	memcpy(last, text.data + text.len - rest, rest);
	siphash_add(v, read_le64(last));
	v[2] ^= 0xff;
	siphash_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
