#include "domain/text/names.h"

#include <assert.h>

#include "domain/base/count_of.h"
#include "domain/text/unicode.h"
#include "domain/text/utf8.h"

static_assert(NAME_FOLDABLE_SIZE <= UNICODE_FOLDABLE_SIZE, "room to fold");

/* Printable ASCII: nearly every name. */
static bool
is_printable_ascii(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < ' ' || text.data[i] > '~')
			return false;
	return true;
}

/*
 * As many characters as a name may need: they have four parts at most, so
 * those that do not fit would be cut off later. Of a long text no more is read.
 */
static void
read_visible(struct unicode_text *text, struct str wish)
{
	size_t offset = 0;

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
			break;
		case UNICODE_PLAIN:
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
	read_visible(&text, wish);
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
copy_out(struct str text, char *out)
{
	memcpy(out, text.data, text.len);
	out[text.len] = '\0';
	return text.len;
}

static bool
may_be_kept(const struct unicode_text *text, size_t most)
{
	if (text->count == 0 || text->count > most)
		return false;
	for (size_t i = 0; i < text->count; i++)
		if (unicode_kind(text->chars[i]) == UNICODE_HIDDEN)
			return false;
	return unicode_kind(text->chars[0]) != UNICODE_SPACE &&
	       unicode_kind(text->chars[text->count - 1]) != UNICODE_SPACE;
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
		copy_out(wish, out);
		return CHAT_OK;
	}
	if (!unicode_text_read(&text, wish))
		return CHAT_NAME_INVALID;
	unicode_text_compose(&text);
	if (!may_be_kept(&text, most))
		return CHAT_NAME_INVALID;
	unicode_text_write(&text, out, NAME_SIZE(most));
	return CHAT_OK;
}

static void
lower(char *text)
{
	for (; *text != '\0'; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
}

size_t
name_fold(struct str name, char *out, size_t size)
{
	struct unicode_text text, folded;

	out[0] = '\0';
	if (name.len == 0 || name.len > NAME_FOLDABLE_SIZE)
		return 0;
	assert(name.len * 3 < size);
	if (is_printable_ascii(name)) {
		copy_out(name, out);
		lower(out);
		return name.len;
	}
	if (!unicode_text_read(&text, name))
		return 0;
	unicode_text_fold(&text, &folded);
	unicode_text_compose(&folded);
	return unicode_text_write(&folded, out, size);
}

static const struct str server_words[] = { STR("system"), STR("admin"),
	STR("root") };

static const struct str nobody_words[] = { STR("null"), STR("undefined") };

static bool
is_among(struct str name, const struct str *words, size_t count)
{
	char folded[NAME_FOLDABLE_SIZE * 3 + 1];
	struct str text = { folded, name_fold(name, folded, sizeof(folded)) };

	for (size_t i = 0; i < count; i++)
		if (str_equal(text, words[i]))
			return true;
	return false;
}

bool
name_is_of_server(struct str name)
{
	return is_among(name, server_words, COUNT_OF(server_words));
}

bool
name_is_reserved(struct str name)
{
	return name_is_of_server(name) ||
	       is_among(name, nobody_words, COUNT_OF(nobody_words));
}
