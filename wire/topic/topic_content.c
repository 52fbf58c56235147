#include "wire/topic/topic_content.h"

#include <string.h>

#include "domain/text/unicode.h"
#include "domain/text/utf8.h"
#include "wire/json/json_writer.h"

/*
 * The rules are Python regular expressions with IGNORECASE in the FastAPI
 * server. They run over an outline with one byte per character: letters that
 * fold to ASCII become the lower-case letter, white space except line ends
 * becomes a blank, anything else is a word character or OTHER.
 */
#define OTHER_WORD '\x80'
#define OTHER '\x81'

struct outline {
	size_t len;
	char bytes[TOPIC_MESSAGE_CHARS];
};

/* --- characters ----------------------------------------------------------- */

/* \s in Python, which includes four control characters. */
static bool
is_space(uint32_t c)
{
	if (c < 0x80)
		return (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= ' ');
	return c == 0x85 || c == 0xa0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
	       c == 0x202f || c == 0x205f || c == 0x3000;
}

/* Removed from messages. */
static bool
is_control(uint32_t c)
{
	return (c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
}

/* Only these three match ASCII letters with IGNORECASE. */
static char
outline_of_non_ascii(uint32_t c)
{
	if (c == 0x17f) /* long s */
		return 's';
	if (c == 0x130 || c == 0x131) /* İ, ı */
		return 'i';
	if (is_space(c))
		return ' ';
	return unicode_is_word(c) ? OTHER_WORD : OTHER;
}

static char
outline_of(uint32_t c)
{
	if (c >= 0x80)
		return outline_of_non_ascii(c);
	if (c >= 'A' && c <= 'Z')
		return (char)(c | 0x20);
	return is_space(c) && c != '\n' ? ' ' : (char)c;
}

/* False: too long. */
static bool
outline_make(struct outline *outline, struct str text)
{
	size_t at = 0;

	outline->len = 0;
	if (text.len > TOPIC_MESSAGE_BYTES)
		return false;
	while (at < text.len) {
		if (outline->len == TOPIC_MESSAGE_CHARS)
			return false;
		outline->bytes[outline->len++] =
		    outline_of(utf8_next(text, &at));
	}
	return true;
}

/* --- rules ---------------------------------------------------------------- */

/* The end of the next occurrence of a word; NULL: none. */
static const char *
find_word_end(const char *at, const char *end, struct str word)
{
	const char *found = memmem(at, (size_t)(end - at), word.data, word.len);

	return found == NULL ? NULL : found + word.len;
}

/* javascript:  @import */
static bool
has_word(const struct outline *outline, struct str word)
{
	return find_word_end(outline->bytes, outline->bytes + outline->len,
		   word) != NULL;
}

/* <script…>…</script> within one line. */
static bool
line_has_script(const char *at, const char *end)
{
	at = find_word_end(at, end, STR("<script"));
	if (at != NULL)
		at = find_word_end(at, end, STR(">"));
	return at != NULL && find_word_end(at, end, STR("</script>")) != NULL;
}

static bool
has_script(const struct outline *outline)
{
	const char *at = outline->bytes, *end = at + outline->len;

	while (at < end) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));

		if (line_end == NULL)
			line_end = end;
		if (line_has_script(at, line_end))
			return true;
		at = line_end + 1;
	}
	return false;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\n';
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == OTHER_WORD;
}

static const char *
skip_blanks(const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	return at;
}

/* expression\s*\( */
static bool
has_expression(const struct outline *outline)
{
	const char *at = outline->bytes, *end = at + outline->len;

	while ((at = find_word_end(at, end, STR("expression"))) != NULL) {
		at = skip_blanks(at, end);
		if (at < end && *at == '(')
			return true;
	}
	return false;
}

/* on\w+\s*= anywhere, also in `configuration = 5`. */
static bool
has_handler(const struct outline *outline)
{
	const char *at = outline->bytes, *end = at + outline->len;

	while ((at = find_word_end(at, end, STR("on"))) != NULL) {
		const char *more = at;

		while (at < end && is_word(*at))
			at++;
		if (at == more)
			continue;
		at = skip_blanks(at, end);
		if (at < end && *at == '=')
			return true;
	}
	return false;
}

/* Each rule needs one of these characters, which few messages contain. */
static bool
may_match_rule(struct str text)
{
	static const char needed[] = { '>', ':', '=', '(', '@' };

	for (size_t i = 0; i < sizeof(needed); i++)
		if (memchr(text.data, needed[i], text.len) != NULL)
			return true;
	return false;
}

bool
topic_content_is_allowed(struct str text)
{
	struct outline outline;

	if (str_is_empty(text))
		return false;
	if (text.len <= TOPIC_MESSAGE_CHARS && !may_match_rule(text))
		return true;
	if (!outline_make(&outline, text))
		return false;
	return !has_script(&outline) &&
	       !has_word(&outline, STR("javascript:")) &&
	       !has_handler(&outline) && !has_expression(&outline) &&
	       !has_word(&outline, STR("@import"));
}

/* --- cleaning ------------------------------------------------------------- */

static bool
is_dropped_at_ends(uint32_t c)
{
	return is_space(c) || is_control(c);
}

static struct str
trim_front(struct str text)
{
	size_t at = 0, next = 0;

	while (at < text.len && is_dropped_at_ends(utf8_next(text, &next)))
		at = next;
	return str_slice(text.data + at, text.len - at);
}

static struct str
trim_back(struct str text)
{
	while (text.len > 0) {
		size_t last = text.len - 1, at;

		while (((unsigned char)text.data[last] & 0xc0) == 0x80)
			last--;
		at = last;
		if (!is_dropped_at_ends(utf8_next(text, &at)))
			break;
		text.len = last;
	}
	return text;
}

/* The length of the text before the next control character. */
static size_t
length_before_control(struct str text)
{
	size_t len = 0;

	while (len < text.len && !is_control((unsigned char)text.data[len]))
		len++;
	return len;
}

bool
topic_content_is_clean(struct str text)
{
	return trim_front(trim_back(text)).len == text.len &&
	       length_before_control(text) == text.len;
}

void
topic_content_put(struct wire_text *out, struct str text)
{
	text = trim_front(trim_back(text));
	wire_text_append(out, STR("\""));
	while (!str_is_empty(text)) {
		size_t len = length_before_control(text);

		json_put_string_part(out, str_slice(text.data, len));
		if (len < text.len)
			len++;
		text = str_slice(text.data + len, text.len - len);
	}
	wire_text_append(out, STR("\""));
}
