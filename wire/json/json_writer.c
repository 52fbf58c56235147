#include "wire/json/json_writer.h"

#include "domain/base/decimal.h"
#include "wire/json/json_scan.h"

static void
json_put_char(struct wire_text *out, char c)
{
	wire_text_append(out, str_slice(&c, 1));
}

/* RFC 8259 §7: the quote, the backslash and control characters. */
static void
json_put_escape(struct wire_text *out, char c)
{
	static const char letters[] = "\"\\bfnrt", meant[] = "\"\\\b\f\n\r\t";
	static const char hex[] = "0123456789abcdef";
	const char *known = memchr(meant, c, sizeof(meant) - 1);
	char escape[6] = { '\\', 'u', '0', '0' };

	if (known != NULL) {
		escape[1] = letters[known - meant];
		wire_text_append(out, str_slice(escape, 2));
		return;
	}
	escape[4] = hex[(c >> 4) & 15];
	escape[5] = hex[c & 15];
	wire_text_append(out, str_slice(escape, 6));
}

void
json_put_string_part(struct wire_text *out, struct str text)
{
	const char *at = text.data, *end = at + text.len, *plain = at;

	while ((at = json_skip_plain(at, end)) < end) {
		/* Non-ASCII characters need no escape. */
		if ((unsigned char)*at >= 0x80) {
			at++;
			continue;
		}
		wire_text_append(out, str_slice(plain, (size_t)(at - plain)));
		json_put_escape(out, *at++);
		plain = at;
	}
	wire_text_append(out, str_slice(plain, (size_t)(end - plain)));
}

void
json_put_string(struct wire_text *out, struct str text)
{
	const char *end = text.data + text.len;
	char *at;

	/* Most strings have no escapes and are copied at once. */
	if (json_skip_plain(text.data, end) == end) {
		at = wire_text_reserve(out, text.len + 2);
		if (at == NULL)
			return;
		*at++ = '"';
		at = str_put(at, text);
		*at = '"';
		out->len += text.len + 2;
		return;
	}
	json_put_char(out, '"');
	json_put_string_part(out, text);
	json_put_char(out, '"');
}

void
json_put_unsigned(struct wire_text *out, uint64_t number)
{
	char digits[DECIMAL_MOST];

	wire_text_append(out, decimal_write(number, digits));
}

void
json_put_signed(struct wire_text *out, int64_t number)
{
	if (number < 0)
		json_put_char(out, '-');
	json_put_unsigned(out,
	    number < 0 ? -(uint64_t)number : (uint64_t)number);
}
