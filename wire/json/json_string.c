#include "wire/json/json_string.h"

#include <stdint.h>
#include <string.h>

#include "domain/text/utf8.h"

static int
hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit |= 0x20;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

int32_t
json_string_unit(const char *at, const char *end)
{
	int32_t unit = 0;

	if (end - at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int value = hex_value(at[i]);

		if (value < 0)
			return -1;
		unit = unit * 16 + value;
	}
	return unit;
}

/* RFC 8259 §7: a character beyond the BMP is a pair of units. */
static size_t
json_unescape_unit(const char **at, char out[4])
{
	int32_t unit = json_string_unit(*at + 2, *at + 6), low;

	*at += 6;
	if (!JSON_UNIT_IS_HIGH(unit))
		return utf8_put((uint32_t)unit, out);
	low = json_string_unit(*at + 2, *at + 6);
	*at += 6;
	return utf8_put(0x10000 + (uint32_t)(unit - 0xd800) * 0x400 +
			    (uint32_t)(low - 0xdc00),
	    out);
}

size_t
json_string_next(const char **at, char out[4])
{
	static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
	const char *letter;

	if (**at != '\\') {
		out[0] = *(*at)++;
		return 1;
	}
	if ((*at)[1] == 'u')
		return json_unescape_unit(at, out);
	letter = strchr(letters, (*at)[1]);
	out[0] = letter == NULL ? (*at)[1] : meanings[letter - letters];
	*at += 2;
	return 1;
}

static bool
json_string_equal_text(const struct json_string *a, struct str b)
{
	const char *at = a->body.data, *end = at + a->body.len;
	size_t done = 0;

	while (at < end) {
		char bytes[4];
		size_t len = json_string_next(&at, bytes);

		if (b.len - done < len ||
		    memcmp(b.data + done, bytes, len) != 0)
			return false;
		done += len;
	}
	return done == b.len;
}

bool
json_string_equal_unescaped(const struct json_string *a,
    const struct json_string *b)
{
	const char *at[2] = { a->body.data, b->body.data };
	const char *end[2] = { at[0] + a->body.len, at[1] + b->body.len };
	char bytes[2][4];
	size_t len[2] = { 0, 0 }, done[2] = { 0, 0 };

	for (;;) {
		for (int i = 0; i < 2; i++) {
			if (done[i] < len[i] || at[i] == end[i])
				continue;
			len[i] = json_string_next(&at[i], bytes[i]);
			done[i] = 0;
		}
		if (done[0] == len[0] || done[1] == len[1])
			return done[0] == len[0] && done[1] == len[1];
		if (bytes[0][done[0]++] != bytes[1][done[1]++])
			return false;
	}
}

bool
json_string_is(const struct json_string *string, struct str text)
{
	if (!string->escaped)
		return str_equal(string->body, text);
	return json_string_equal_text(string, text);
}

size_t
json_string_len(const struct json_string *string)
{
	const char *at = string->body.data, *end = at + string->body.len;
	size_t len = 0;

	if (!string->escaped)
		return string->body.len;
	while (at < end) {
		char bytes[4];

		len += json_string_next(&at, bytes);
	}
	return len;
}

bool
json_string_copy(const struct json_string *string, char *out, size_t size,
    size_t *len)
{
	const char *at = string->body.data, *end = at + string->body.len;

	if (!string->escaped) {
		*len = string->body.len;
		if (*len > size)
			return false;
		memcpy(out, string->body.data, *len);
		return true;
	}
	*len = 0;
	while (at < end) {
		char bytes[4];
		size_t n = json_string_next(&at, bytes);

		if (size - *len < n)
			return false;
		memcpy(out + *len, bytes, n);
		*len += n;
	}
	return true;
}
