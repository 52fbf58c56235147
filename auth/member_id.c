#include "auth/member_id.h"

#include <assert.h>

#include "auth/sha256.h"

#define HASH_BYTES 16 /* 128 bits: 26 characters, the last one of 3 bits */

static void
base32_write(const uint8_t *bytes, size_t len, char *out)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint32_t bits = 0;
	unsigned count = 0;

	for (size_t i = 0; i < len; i++) {
		bits = (bits << 8) | bytes[i];
		for (count += 8; count >= 5; count -= 5)
			*out++ = alphabet[(bits >> (count - 5)) & 31];
	}
	if (count > 0)
		*out++ = alphabet[(bits << (5 - count)) & 31];
	*out = '\0';
}

void
user_member_id(struct str user_id, char out[USER_MEMBER_ID_SIZE])
{
	uint8_t hash[SHA256_SIZE];

	assert(!str_is_empty(user_id));
	sha256(user_id, hash);
	out[0] = 'u';
	base32_write(hash, HASH_BYTES, out + 1);
}
