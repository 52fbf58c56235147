#include "domain/text/log_text.h"

#include <stdio.h>

#include "domain/text/unicode.h"
#include "domain/text/utf8.h"

static const char ellipsis[] = "\xe2\x80\xa6";

/* What a byte takes if it is escaped. */
#define ESCAPED_LEN 4

static bool
is_shown(uint32_t character)
{
	return character != UTF8_INVALID && character != '"' &&
	       character != '\\' && unicode_kind(character) != UNICODE_HIDDEN &&
	       (unicode_kind(character) != UNICODE_SPACE || character == ' ');
}

void
log_text_write(struct str text, char out[LOG_TEXT_SIZE])
{
	size_t used = 0, at = 0;

	while (at < text.len) {
		size_t from = at;
		bool shown = is_shown(utf8_next(text, &at));
		size_t len = (at - from) * (shown ? 1 : ESCAPED_LEN);

		if (used + len + sizeof(ellipsis) > LOG_TEXT_SIZE) {
			memcpy(out + used, ellipsis, sizeof(ellipsis));
			return;
		}
		if (shown)
			memcpy(out + used, text.data + from, len);
		for (size_t i = from; !shown && i < at; i++)
			snprintf(out + used + (i - from) * ESCAPED_LEN,
			    ESCAPED_LEN + 1, "\\x%02x",
			    (unsigned char)text.data[i]);
		used += len;
	}
	out[used] = '\0';
}
