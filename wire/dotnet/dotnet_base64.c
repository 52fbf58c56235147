#include "wire/dotnet/dotnet_base64.h"

#include <stdint.h>

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
dotnet_base64_put(struct wire_text *out, struct str bytes)
{
	const unsigned char *at = (const unsigned char *)bytes.data;
	size_t size = (bytes.len + 2) / 3 * 4;
	char *to = wire_text_reserve(out, size);

	if (to == NULL)
		return;
	for (size_t i = 0; i < bytes.len; i += 3, to += 4) {
		size_t left = bytes.len - i;
		uint32_t three = (uint32_t)at[i] << 16;

		if (left > 1)
			three |= (uint32_t)at[i + 1] << 8;
		if (left > 2)
			three |= at[i + 2];
		to[0] = digits[three >> 18];
		to[1] = digits[three >> 12 & 63];
		to[2] = left > 1 ? digits[three >> 6 & 63] : '=';
		to[3] = left > 2 ? digits[three & 63] : '=';
	}
	out->len += size;
}

static int
dotnet_base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool
dotnet_base64_decode(struct str text, char *out, size_t size, size_t *len)
{
	uint32_t bits = 0;
	size_t padding = 0;

	*len = 0;
	if (text.len % 4 != 0)
		return false;
	while (padding < 2 && padding < text.len &&
	       text.data[text.len - 1 - padding] == '=')
		padding++;
	for (size_t i = 0; i < text.len - padding; i++) {
		int value = dotnet_base64_value(text.data[i]);

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		if (i % 4 == 0)
			continue;
		if (*len == size)
			return false;
		out[(*len)++] = (char)(bits >> (6 - 2 * (i % 4)));
	}
	return true;
}
