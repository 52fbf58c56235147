#include "cmd/parley/sanitize.h"

#include <stdio.h>

#include "domain/text/unicode.h"
#include "domain/text/utf8.h"

/* Emoji sequences use these two; they are harmless. */
#define ZERO_WIDTH_JOINER 0x200d
#define VARIATION_SELECTOR_16 0xfe0f

static bool
is_harmless(uint32_t c)
{
	return unicode_kind(c) != UNICODE_HIDDEN || c == ZERO_WIDTH_JOINER ||
	       c == VARIATION_SELECTOR_16;
}

static void
plain_append(struct wire_text *out, const char *text)
{
	wire_text_append(out, str_from(text));
}

static void
escaped_put(struct wire_text *out, uint32_t c)
{
	char text[16];

	if (c == '\t')
		snprintf(text, sizeof(text), "    ");
	else if (c < 0x20 || c == 0x7f)
		snprintf(text, sizeof(text), "^%c", (char)(c ^ 0x40));
	else
		snprintf(text, sizeof(text), "<U+%04X>", (unsigned)c);
	plain_append(out, text);
}

static void
sanitized_put(struct wire_text *out, struct str text, const struct str *indent)
{
	size_t at = 0;

	while (at < text.len) {
		size_t start = at;
		uint32_t c = utf8_next(text, &at);

		if (c == UTF8_INVALID) {
			plain_append(out, "\xef\xbf\xbd"); /* U+FFFD */
		} else if (c == '\n' && indent != NULL) {
			plain_append(out, "\n");
			wire_text_append(out, *indent);
		} else if (is_harmless(c)) {
			wire_text_append(out,
			    str_slice(text.data + start, at - start));
		} else {
			escaped_put(out, c);
		}
	}
}

void
sanitize_line(struct wire_text *out, struct str text)
{
	sanitized_put(out, text, NULL);
}

void
sanitize_lines(struct wire_text *out, struct str text, struct str indent)
{
	sanitized_put(out, text, &indent);
}

static void
put_escaped(struct wire_text *out, uint32_t c)
{
	char text[16];

	if (c <= 0xffff)
		snprintf(text, sizeof(text), "\\u%04x", (unsigned)c);
	else
		snprintf(text, sizeof(text), "\\u%04x\\u%04x",
		    (unsigned)(0xd800 + ((c - 0x10000) >> 10)),
		    (unsigned)(0xdc00 + ((c - 0x10000) & 0x3ff)));
	plain_append(out, text);
}

/*
 * Outside of strings JSON contains only visible characters and white space.
 */
void
sanitize_json(struct wire_text *out, struct str json)
{
	size_t at = 0;

	while (at < json.len) {
		size_t start = at;
		uint32_t c = utf8_next(json, &at);

		if (c == '\n' || c == '\r' || c == '\t')
			plain_append(out, " ");
		else if (is_harmless(c))
			wire_text_append(out,
			    str_slice(json.data + start, at - start));
		else
			put_escaped(out, c);
	}
}
