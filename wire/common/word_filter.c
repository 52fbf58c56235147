#include "wire/common/word_filter.h"

#include <stdio.h>
#include <stdlib.h>

#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "domain/base/str_trim.h"
#include "domain/text/names.h"
#include "domain/text/unicode.h"
#include "domain/text/utf8.h"
#include "wire/common/wire_text.h"
#include "wire/json/json_string.h"

#define SKELETON_SIZE (NAME_FOLDABLE_SIZE * 3 + 1)

struct listed_word {
	struct list link;
	size_t len;
	char skeleton[];
};

struct word_filter {
	struct message_filter base;
	enum word_action action;
	struct id_map words;
	struct list all;
	struct wire_text changed; /* the message with asterisks */
};

static struct str
listed_word_key(const void *entry)
{
	const struct listed_word *word = entry;

	return str_slice(word->skeleton, word->len);
}

/* --- words ---------------------------------------------------------------- */

/*
 * The word that is being read, in NFKC; longer ones than any in the list do not
 * fit.
 */
struct word {
	const char *from; /* where it begins in the message; NULL: nowhere */
	const char *to;
	size_t chars; /* as shown */
	size_t len;
	bool is_too_long;
	char text[NAME_FOLDABLE_SIZE];
};

/* Adds what a character that is shown from `at` to `end` stands for. */
static void
word_add(struct word *word, uint32_t character, const char *at, const char *end)
{
	char bytes[4];
	size_t len = utf8_put(character, bytes);

	if (word->from == NULL)
		*word = (struct word){ .from = at };
	word->chars += word->to != end;
	word->to = end;
	word->is_too_long |= word->len + len > sizeof(word->text);
	if (word->is_too_long)
		return;
	memcpy(word->text + word->len, bytes, len);
	word->len += len;
}

static bool
word_is_listed(const struct word_filter *filter, const struct word *word)
{
	char skeleton[SKELETON_SIZE];
	size_t len;

	if (word->from == NULL || word->is_too_long)
		return false;
	len = name_skeleton(str_slice(word->text, word->len), skeleton,
	    sizeof(skeleton));
	return len > 0 &&
	       id_map_find(&filter->words, str_slice(skeleton, len)) != NULL;
}

static bool
is_part_of_word(uint32_t character)
{
	return character != UTF8_INVALID &&
	       (unicode_is_word(character) || unicode_is_mark(character));
}

/* Controls and line breaks part words, other invisible characters do not. */
static bool
char_is_ignored(uint32_t character)
{
	return character >= 0xa0 && character != 0x2028 &&
	       character != 0x2029 && character != UTF8_INVALID &&
	       unicode_kind(character) == UNICODE_HIDDEN;
}

/* --- messages ------------------------------------------------------------- */

/* A message that is being read. */
struct reading {
	struct word_filter *filter;
	const char *copied; /* the message up to here is in filter->changed */
	struct word word;
	bool found; /* in the present string */
};

/*
 * Replaces the word by asterisks. A character that stands for several may
 * belong to the end of one word and to the next one.
 */
static void
word_mask(struct reading *reading)
{
	const struct word *word = &reading->word;
	struct wire_text *out = &reading->filter->changed;
	bool is_begun = word->from < reading->copied;

	if (!is_begun)
		wire_text_append(out,
		    str_slice(reading->copied,
			(size_t)(word->from - reading->copied)));
	for (size_t i = is_begun; i < word->chars; i++)
		wire_text_append(out, STR("*"));
	reading->copied = word->to;
}

/* Looks the word up that ends here. */
static void
word_end(struct reading *reading)
{
	if (word_is_listed(reading->filter, &reading->word)) {
		reading->found = true;
		word_mask(reading);
	}
	reading->word.from = NULL;
}

static void
character_read(struct reading *reading, uint32_t character, const char *from,
    const char *to)
{
	uint32_t parts[UNICODE_COMPATIBLE_MOST];
	size_t count = unicode_compatible(character, parts);

	for (size_t i = 0; i < count; i++)
		if (is_part_of_word(parts[i]))
			word_add(&reading->word, parts[i], from, to);
		else if (!char_is_ignored(parts[i]))
			word_end(reading);
}

/* The next character of a text; *at moves past it. */
static uint32_t
character_next(const char **at, const char *end, bool is_escaped)
{
	struct str rest = str_slice(*at, (size_t)(end - *at));
	char bytes[4];
	size_t offset = 0;
	uint32_t character;

	if (is_escaped && **at == '\\') {
		rest = str_slice(bytes, json_string_next(at, bytes));
		return utf8_next(rest, &offset);
	}
	character = utf8_next(rest, &offset);
	*at += offset;
	return character;
}

/* `is_escaped`: as a string is between its quotes. True: a word was found. */
static bool
words_read(struct reading *reading, const char *at, const char *end,
    bool is_escaped)
{
	reading->word.from = NULL;
	reading->found = false;
	while (at < end) {
		const char *from = at;
		uint32_t character = character_next(&at, end, is_escaped);

		character_read(reading, character, from, at);
	}
	word_end(reading);
	return reading->found;
}

/* The quote that ends a string which begins at `at`. */
static const char *
string_end(const char *at, const char *end)
{
	while (at < end && *at != '"')
		at += *at == '\\' ? 2 : 1;
	return at < end ? at : end;
}

static bool
is_key(const char *behind, const char *end)
{
	while (behind < end && strchr(" \t\r\n", *behind) != NULL)
		behind++;
	return behind < end && *behind == ':';
}

static enum filter_verdict
word_filter_apply(struct message_filter *base, struct str body, struct str *out)
{
	struct word_filter *filter = (struct word_filter *)base;
	struct reading reading = { .filter = filter, .copied = body.data };
	const char *end = body.data + body.len;

	wire_text_reset(&filter->changed);
	for (const char *at = body.data; at < end; at++) {
		const char *quote;

		if (*at != '"')
			continue;
		quote = string_end(at + 1, end);
		if (words_read(&reading, at + 1, quote, true) &&
		    (filter->action == WORD_REJECT ||
			(quote < end && is_key(quote + 1, end))))
			return FILTER_REFUSED;
		at = quote;
	}
	if (reading.copied == body.data)
		return FILTER_PASSED;
	wire_text_append(&filter->changed,
	    str_slice(reading.copied, (size_t)(end - reading.copied)));
	if (filter->changed.failed)
		return FILTER_FAILED;
	*out = str_slice(filter->changed.data, filter->changed.len);
	return FILTER_CHANGED;
}

static bool
word_filter_allows(struct message_filter *base, struct str text)
{
	struct word_filter *filter = (struct word_filter *)base;
	struct reading reading = { .filter = filter, .copied = text.data };

	wire_text_reset(&filter->changed);
	return !words_read(&reading, text.data, text.data + text.len, false);
}

static const struct message_filter_ops word_filter_ops = {
	.apply = word_filter_apply,
	.allows = word_filter_allows,
};

/* --- the list ------------------------------------------------------------- */

/* False: it is no whole word. */
static bool
line_read_word(struct str line, struct word *word)
{
	size_t at = 0;

	*word = (struct word){ 0 };
	while (at < line.len) {
		uint32_t parts[UNICODE_COMPATIBLE_MOST];
		size_t count = unicode_compatible(utf8_next(line, &at), parts);

		for (size_t i = 0; i < count; i++)
			if (is_part_of_word(parts[i]))
				word_add(word, parts[i], line.data,
				    line.data + at);
			else
				return false;
	}
	return line.len > 0 && !word->is_too_long;
}

/* False: no memory. A word that is there already is not added again. */
static bool
list_add(struct word_filter *filter, const struct word *read)
{
	char skeleton[SKELETON_SIZE];
	size_t len = name_skeleton(str_slice(read->text, read->len), skeleton,
	    sizeof(skeleton));
	struct listed_word *word;

	if (id_map_find(&filter->words, str_slice(skeleton, len)) != NULL)
		return true;
	word = malloc(sizeof(*word) + len);
	if (word == NULL)
		return false;
	word->len = len;
	memcpy(word->skeleton, skeleton, len);
	if (!id_map_put(&filter->words, word)) {
		free(word);
		return false;
	}
	list_append(&filter->all, &word->link);
	return true;
}

static struct str
line_next(struct str *list)
{
	const char *end = memchr(list->data, '\n', list->len);
	size_t len = end != NULL ? (size_t)(end - list->data) : list->len;
	struct str line = str_slice(list->data, len);

	len += end != NULL;
	*list = str_slice(list->data + len, list->len - len);
	return str_trim(line, STR(" \t\r"));
}

static bool
list_read(struct word_filter *filter, struct str list, char *why, size_t size)
{
	for (unsigned number = 1; list.len > 0; number++) {
		struct str line = line_next(&list);
		struct word word;

		if (line.len == 0 || line.data[0] == '#')
			continue;
		if (!line_read_word(line, &word)) {
			snprintf(why, size, "line %u is not one word", number);
			return false;
		}
		if (!list_add(filter, &word)) {
			snprintf(why, size, "no memory");
			return false;
		}
	}
	return true;
}

struct word_filter *
word_filter_create(struct str list, enum word_action action, char *why,
    size_t size)
{
	struct word_filter *filter = calloc(1, sizeof(*filter));

	if (filter == NULL) {
		snprintf(why, size, "no memory");
		return NULL;
	}
	filter->base.ops = &word_filter_ops;
	filter->action = action;
	id_map_init(&filter->words, listed_word_key);
	list_init(&filter->all);
	wire_text_init(&filter->changed);
	if (list_read(filter, list, why, size))
		return filter;
	word_filter_destroy(filter);
	return NULL;
}

void
word_filter_destroy(struct word_filter *filter)
{
	if (filter == NULL)
		return;
	while (!list_is_empty(&filter->all)) {
		struct listed_word *word =
		    LIST_OWNER(filter->all.next, struct listed_word, link);

		list_remove(&word->link);
		free(word);
	}
	id_map_fini(&filter->words);
	wire_text_fini(&filter->changed);
	free(filter);
}

struct message_filter *
word_filter_base(struct word_filter *filter)
{
	return &filter->base;
}

size_t
word_filter_count(const struct word_filter *filter)
{
	return id_map_count(&filter->words);
}
