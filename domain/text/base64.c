#include "domain/text/base64.h"

#include <assert.h>
#include <stdint.h>

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz0123456789-_";

/* Returns the end of what it has written. */
static char *
base64_put(const char *alphabet, const uint8_t *bytes, size_t len, char *out)
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
		*out++ = alphabet[pending << (6 - bits) & 0x3f];
	return out;
}

void
base64_encode(const void *bytes, size_t len, char *out)
{
	char *end = base64_put(standard, bytes, len, out);

	while (end < out + BASE64_SIZE(len))
		*end++ = '=';
}

void
base64url_encode(const void *bytes, size_t len, char *out)
{
	base64_put(url_safe, bytes, len, out);
}

/* The value of a character; -1: not of the alphabet. */
static int
base64_digit_value(const char *alphabet, char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == alphabet[62] ? 62 : c == alphabet[63] ? 63 : -1;
}

/* Decodes digits without padding; *unused are the bits after the last byte. */
static bool
digits_decode(const char *alphabet, struct str digits, uint8_t *out,
    size_t size, size_t *len, unsigned *unused)
{
	uint32_t pending = 0; /* its low `bits` bits are not written yet */
	unsigned bits = 0;

	*len = digits.len / 4 * 3 + digits.len % 4 * 3 / 4;
	if (digits.len % 4 == 1 || *len > size)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		int value = base64_digit_value(alphabet, digits.data[i]);

		if (value < 0)
			return false;
		pending = pending << 6 | (uint32_t)value;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*out++ = (uint8_t)(pending >> bits);
		}
	}
	*unused = pending & ((1u << bits) - 1);
	return true;
}

/* False: the text has no whole groups. */
static bool
padding_remove(struct str *text)
{
	if (text->len % 4 != 0)
		return false;
	for (int i = 0; i < 2 && text->len > 0; i++)
		if (text->data[text->len - 1] == '=')
			text->len--;
	return true;
}

bool
base64_decode(struct str text, void *out, size_t size, size_t *len)
{
	unsigned unused;

	*len = 0;
	return padding_remove(&text) &&
	       digits_decode(standard, text, out, size, len, &unused);
}

bool
base64url_decode(struct str text, void *out, size_t size, size_t *len)
{
	unsigned unused;

	return digits_decode(url_safe, text, out, size, len, &unused) &&
	       unused == 0;
}

bool
base64_is_of(struct str text, size_t bytes)
{
	uint8_t decoded[64];
	size_t len;
	unsigned unused;

	assert(bytes <= sizeof(decoded));
	return text.len == BASE64_SIZE(bytes) && padding_remove(&text) &&
	       digits_decode(standard, text, decoded, sizeof(decoded), &len,
		   &unused) &&
	       len == bytes && unused == 0;
}
