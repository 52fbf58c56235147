#include "wire/json/json_ascii.h"

#include <assert.h>

#include "domain/text/utf8.h"

/* Beyond U+FFFF: two surrogates, RFC 8259 §7. */
#define SUPPLEMENTARY 0x10000u
#define REPLACEMENT 0xfffdu

static void
unit_put(struct wire_text *out, uint32_t unit)
{
	static const char hex[] = "0123456789ABCDEF";
	char escape[6] = { '\\', 'u' };

	for (int i = 0; i < 4; i++)
		escape[2 + i] = hex[unit >> (12 - 4 * i) & 15];
	wire_text_append(out, str_slice(escape, sizeof(escape)));
}

static void
character_put(struct wire_text *out, uint32_t c)
{
	if (c == UTF8_INVALID)
		c = REPLACEMENT;
	if (c < SUPPLEMENTARY) {
		unit_put(out, c);
		return;
	}
	c -= SUPPLEMENTARY;
	unit_put(out, 0xd800 + (c >> 10));
	unit_put(out, 0xdc00 + (c & 0x3ff));
}

static bool
is_ascii(char c)
{
	return (unsigned char)c < 0x80;
}

static bool
is_plain_ascii(char c)
{
	return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

/* Copies what needs no escape, and escapes all other characters. */
static void
ascii_put_text(struct wire_text *out, struct str text, bool (*is_copied)(char))
{
	size_t at = 0;

	while (at < text.len) {
		size_t from = at;

		while (at < text.len && is_copied(text.data[at]))
			at++;
		wire_text_append(out, str_slice(text.data + from, at - from));
		if (at < text.len)
			character_put(out, utf8_next(text, &at));
	}
}

void
json_put_ascii_part(struct wire_text *out, struct str text)
{
	ascii_put_text(out, text, is_plain_ascii);
}

/* Only strings contain other characters. */
void
json_put_ascii_json(struct wire_text *out, struct str json)
{
	ascii_put_text(out, json, is_ascii);
}

/* The escapes of a JSON string are those of the other one. */
void
json_put_ascii_body(struct wire_text *out, struct str json)
{
	assert(json.len > 0);
	if (json.data[0] == '"')
		json_put_ascii_json(out,
		    str_slice(json.data + 1, json.len - 2));
	else
		ascii_put_text(out, json, is_plain_ascii);
}
