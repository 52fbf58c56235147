#include "transport/ws/base64.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(const uint8_t *data, size_t len, char *out)
{
	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t group = (uint32_t)data[i] << 16 |
				 (left > 1 ? (uint32_t)data[i + 1] << 8 : 0) |
				 (left > 2 ? data[i + 2] : 0);

		*out++ = alphabet[group >> 18];
		*out++ = alphabet[group >> 12 & 0x3f];
		*out++ = left > 1 ? alphabet[group >> 6 & 0x3f] : '=';
		*out++ = left > 2 ? alphabet[group & 0x3f] : '=';
	}
}

static int
base64_digit_value(char c)
{
	const char *found = c == '\0' ? NULL : strchr(alphabet, c);

	return found == NULL ? -1 : (int)(found - alphabet);
}

bool
base64_is_of(struct str text, size_t bytes)
{
	size_t padding = (3 - bytes % 3) % 3;
	size_t digits = BASE64_SIZE(bytes) - padding;
	int last = 0;

	if (text.len != BASE64_SIZE(bytes))
		return false;
	for (size_t i = 0; i < digits; i++)
		if ((last = base64_digit_value(text.data[i])) < 0)
			return false;
	for (size_t i = digits; i < text.len; i++)
		if (text.data[i] != '=')
			return false;
	/* 2 digits hold 1 byte and 4 bits; 3 digits hold 2 bytes and 2 bits. */
	return (last & ((1 << 2 * padding) - 1)) == 0;
}
