#include "domain/text/names.h"

#include <assert.h>

#include "domain/base/count_of.h"
#include "domain/text/unicode.h"
#include "domain/text/utf8.h"

static_assert(NAME_FOLDABLE_SIZE <= UNICODE_FOLDABLE_SIZE, "the skeleton fits");

/* True for most names. */
static bool
is_printable_ascii(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < ' ' || text.data[i] > '~')
			return false;
	return true;
}

/*
 * Reads until the text is full: every character decomposes into four at most,
 * so the rest would be cut off later.
 */
static void
text_read_visible(struct unicode_text *text, struct str wish)
{
	size_t offset = 0;
	bool has_base = false;

	text->count = 0;
	while (offset < wish.len) {
		uint32_t character = utf8_next(wish, &offset);

		if (character == UTF8_INVALID)
			continue;
		switch (unicode_kind(character)) {
		case UNICODE_HIDDEN:
			continue;
		case UNICODE_SPACE:
			if (text->count == 0)
				continue;
			has_base = false;
			break;
		case UNICODE_PLAIN:
			has_base |= !unicode_is_mark(character);
			if (!has_base)
				continue;
			break;
		}
		if (!unicode_text_add(text, character))
			return;
	}
}

bool
name_sanitize(struct str wish, size_t most, char *out)
{
	struct unicode_text text;

	assert(most * 4 <= UNICODE_TEXT_CHARS);
	text_read_visible(&text, wish);
	unicode_text_compose(&text);
	if (text.count > most)
		text.count = most;
	while (text.count > 0 &&
	       unicode_kind(text.chars[text.count - 1]) == UNICODE_SPACE)
		text.count--;
	unicode_text_write(&text, out, NAME_SIZE(most));
	return text.count > 0;
}

bool
name_is_plain(struct str name, size_t most)
{
	if (name.len == 0 || name.len > most)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c != '_')
			return false;
	}
	return true;
}

static size_t
copy_text(struct str text, char *out)
{
	memcpy(out, text.data, text.len);
	out[text.len] = '\0';
	return text.len;
}

static bool
name_is_valid(const struct unicode_text *text, size_t most)
{
	enum unicode_kind before = UNICODE_SPACE;

	if (text->count == 0 || text->count > most)
		return false;
	for (size_t i = 0; i < text->count; i++) {
		enum unicode_kind kind = unicode_kind(text->chars[i]);

		if (kind == UNICODE_HIDDEN)
			return false;
		/* A mark without a base shows next to anything, or nothing. */
		if (before == UNICODE_SPACE &&
		    (unicode_is_mark(text->chars[i]) ||
			(i == 0 && kind == UNICODE_SPACE)))
			return false;
		before = kind;
	}
	return before != UNICODE_SPACE;
}

enum chat_error
name_normalize(struct str wish, size_t most, char *out)
{
	struct unicode_text text;

	assert(most * 4 <= UNICODE_TEXT_CHARS);
	if (wish.len == 0)
		return CHAT_NAME_INVALID;
	if (wish.len <= most && is_printable_ascii(wish)) {
		if (wish.data[0] == ' ' || wish.data[wish.len - 1] == ' ')
			return CHAT_NAME_INVALID;
		copy_text(wish, out);
		return CHAT_OK;
	}
	if (!unicode_text_read(&text, wish))
		return CHAT_NAME_INVALID;
	unicode_text_compose(&text);
	if (!name_is_valid(&text, most))
		return CHAT_NAME_INVALID;
	unicode_text_write(&text, out, NAME_SIZE(most));
	return CHAT_OK;
}

static void
ascii_lower(char *text)
{
	for (; *text != '\0'; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
}

/* ASCII characters that look like others; names are in lower case here. */
static bool is_strict;

void
name_set_strict(bool strict)
{
	is_strict = strict;
}

static size_t
ascii_look(char *text)
{
	static const char from[] = "01i|", to[] = "olll";
	char *out = text;

	for (const char *at = text; *at != '\0'; at++) {
		const char *found = strchr(from, *at);

		if (at[0] == 'r' && at[1] == 'n') {
			*out++ = 'm';
			at++;
		} else
			*out++ = found != NULL ? to[found - from] : *at;
	}
	*out = '\0';
	return (size_t)(out - text);
}

/* Folds, compares by look, composes. The text is in NFD and is changed. */
static size_t
text_skeleton(struct unicode_text *text, char *out, size_t size)
{
	struct unicode_text folded;

	unicode_text_fold(text, &folded);
	unicode_text_look(&folded, text);
	unicode_text_compose(text);
	return unicode_text_write(text, out, size);
}

static size_t
skeleton_usual(struct str name, char *out, size_t size)
{
	struct unicode_text text;

	out[0] = '\0';
	if (name.len == 0 || name.len > NAME_FOLDABLE_SIZE)
		return 0;
	assert(name.len * 3 < size);
	if (is_printable_ascii(name)) {
		copy_text(name, out);
		ascii_lower(out);
		return name.len;
	}
	if (!unicode_text_read(&text, name))
		return 0;
	return text_skeleton(&text, out, size);
}

size_t
name_skeleton(struct str name, char *out, size_t size)
{
	size_t len = skeleton_usual(name, out, size);

	return is_strict ? ascii_look(out) : len;
}

static const struct str server_names[] = { STR("system"), STR("admin"),
	STR("root") };

static const struct str no_names[] = { STR("null"), STR("undefined") };

/* Whether a skeleton is that of one of the names. */
static bool
is_among(struct str skeleton, const struct str *names, size_t count)
{
	char other[32];

	for (size_t i = 0; i < count; i++) {
		size_t len = name_skeleton(names[i], other, sizeof(other));

		if (str_equal(skeleton, str_slice(other, len)))
			return true;
	}
	return false;
}

/*
 * Compares with and without folding first: the Greek capital nu looks like N,
 * the small one, which has the same skeleton, like v.
 */
static bool
looks_like(struct str name, const struct str *names, size_t count)
{
	char skeleton[NAME_FOLDABLE_SIZE * 3 + 1];
	struct unicode_text text, look;
	size_t len = name_skeleton(name, skeleton, sizeof(skeleton));

	if (is_among(str_slice(skeleton, len), names, count))
		return true;
	if (len == 0 || is_printable_ascii(name) ||
	    !unicode_text_read(&text, name))
		return false;
	unicode_text_look(&text, &look);
	len = text_skeleton(&look, skeleton, sizeof(skeleton));
	if (is_strict)
		len = ascii_look(skeleton);
	return is_among(str_slice(skeleton, len), names, count);
}

bool
name_is_of_server(struct str name)
{
	return looks_like(name, server_names, COUNT_OF(server_names));
}

bool
name_is_reserved(struct str name)
{
	return name_is_of_server(name) ||
	       looks_like(name, no_names, COUNT_OF(no_names));
}
