#include "auth/base64url.h"

#include <assert.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz0123456789-_";

void
base64url_encode(const uint8_t *bytes, size_t len, char *out)
{
	uint32_t pending = 0; /* its low `bits` bits are not written yet */
	unsigned bits = 0;

	assert(bytes != NULL || len == 0);
	for (size_t i = 0; i < len; i++) {
		pending = pending << 8 | bytes[i];
		for (bits += 8; bits >= 6; bits -= 6)
			*out++ = alphabet[pending >> (bits - 6) & 0x3f];
	}
	if (bits > 0)
		*out = alphabet[pending << (6 - bits) & 0x3f];
}

/* The value of a character; -1: not of the alphabet. */
static int
base64url_digit_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool
base64url_decode(struct str text, uint8_t *out, size_t size, size_t *len)
{
	uint32_t pending = 0; /* its low `bits` bits are not written yet */
	unsigned bits = 0;

	*len = text.len / 4 * 3 + text.len % 4 * 3 / 4;
	if (text.len % 4 == 1 || *len > size)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		int value = base64url_digit_value(text.data[i]);

		if (value < 0)
			return false;
		pending = pending << 6 | (uint32_t)value;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*out++ = (uint8_t)(pending >> bits);
		}
	}
	return (pending & ((1u << bits) - 1)) == 0;
}
