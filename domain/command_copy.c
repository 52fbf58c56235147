#include "domain/command_copy.h"

#include <string.h>

/* A command consists of words, which are the bits of a mask. */
#define WORD sizeof(uint64_t)
#define COMMAND_WORDS (sizeof(struct command) / WORD)
/* The words of most commands are among these. */
#define COMMON_WORDS (offsetof(struct command, fields) / WORD + 1)
_Static_assert(COMMAND_WORDS % 2 == 1 && COMMON_WORDS % 2 == 1,
    "the first word is followed by pairs");
_Static_assert(COMMAND_WORDS <= 64, "each word has a bit");
_Static_assert(sizeof(struct str) % WORD == 0 &&
		   offsetof(struct command, author) % WORD == 0,
    "a text begins with a word");

/* Texts, by their first word: what is not listed is not copied. */
#define TEXT(field) (UINT64_C(1) << offsetof(struct command, field) / WORD)
static const uint64_t texts_of_command =
    TEXT(author) | TEXT(scope) | TEXT(ref) | TEXT(word) | TEXT(room) |
    TEXT(name) | TEXT(recipient) | TEXT(after) | TEXT(body) | TEXT(key) |
    TEXT(fields) | TEXT(reaction) | TEXT(reason) | TEXT(topic) | TEXT(role) |
    TEXT(since_epoch) | TEXT(as_id) | TEXT(as_name) | TEXT(file.id) |
    TEXT(file.key) | TEXT(file.name) | TEXT(file.type);

/* The number of the lowest word of a mask, which is taken out of it. */
static size_t
mask_take(uint64_t *mask)
{
	size_t word = (size_t)__builtin_ctzll(*mask);

	*mask &= *mask - 1;
	return word;
}

static const struct str *
text_at(const struct command *command, size_t word)
{
	return (const void *)((const char *)command + word * WORD);
}

size_t
command_text_bytes(const struct command *command)
{
	uint64_t texts = texts_of_command;
	size_t bytes = 0;

	while (texts != 0)
		bytes += text_at(command, mask_take(&texts))->len;
	return bytes;
}

void
command_copy(const struct command *command, struct command *out, char *texts)
{
	uint64_t rest = texts_of_command;

	*out = *command;
	while (rest != 0) {
		struct str *text =
		    (void *)((char *)out + mask_take(&rest) * WORD);

		if (text->data == NULL)
			continue;
		memcpy(texts, text->data, text->len);
		text->data = texts;
		texts += text->len;
	}
}

/* --- packed --------------------------------------------------------------- */

/* All words of these texts. */
static uint64_t
words_of(uint64_t texts)
{
	return sizeof(struct str) > WORD ? texts | texts << 1 : texts;
}

/* Most words are zero: two are looked at together. */
static uint64_t
pairs_in_use(const struct command *command, size_t from, size_t to)
{
	uint64_t used = 0, two[2];

	for (size_t i = from; i < to; i += 2) {
		memcpy(two, (const char *)command + i * WORD, sizeof(two));
		if ((two[0] | two[1]) == 0)
			continue;
		used |= (uint64_t)(two[0] != 0) << i;
		used |= (uint64_t)(two[1] != 0) << i << 1;
	}
	return used;
}

static bool
has_rare_words(const struct command *command)
{
	uint64_t any = 0, word;

#pragma GCC unroll 64
	for (size_t i = COMMON_WORDS; i < COMMAND_WORDS; i++) {
		memcpy(&word, (const char *)command + i * WORD, WORD);
		any |= word;
	}
	return any != 0;
}

/* The first word is always kept. */
static uint64_t
words_in_use(const struct command *command)
{
	uint64_t used = 1 | pairs_in_use(command, 1, COMMON_WORDS);

	if (has_rare_words(command))
		used |= pairs_in_use(command, COMMON_WORDS, COMMAND_WORDS);
	return used;
}

struct command_pack
command_pack_plan(const struct command *command, bool with_content)
{
	uint64_t used = words_in_use(command), rest;
	struct command_pack pack;

	if (!with_content)
		used &= ~(TEXT(room) | TEXT(scope) | TEXT(body));
	pack.words = used & ~words_of(texts_of_command);
	pack.texts = used & texts_of_command;
	pack.bytes = (size_t)__builtin_popcountll(pack.words) * WORD;
	for (rest = pack.texts; rest != 0;)
		pack.bytes +=
		    sizeof(size_t) + text_at(command, mask_take(&rest))->len;
	return pack;
}

void
command_pack(const struct command *command, struct command_pack pack, char *out)
{
	while (pack.words != 0) {
		memcpy(out,
		    (const char *)command + mask_take(&pack.words) * WORD,
		    WORD);
		out += WORD;
	}
	while (pack.texts != 0) {
		struct str text = *text_at(command, mask_take(&pack.texts));

		memcpy(out, &text.len, sizeof(text.len));
		out = str_put(out + sizeof(text.len), text);
	}
}

void
command_unpack(struct command_pack pack, const char *packed,
    struct command *out)
{
	*out = (struct command){ .kind = 0 };
	while (pack.words != 0) {
		memcpy((char *)out + mask_take(&pack.words) * WORD, packed,
		    WORD);
		packed += WORD;
	}
	while (pack.texts != 0) {
		struct str *text =
		    (void *)((char *)out + mask_take(&pack.texts) * WORD);

		memcpy(&text->len, packed, sizeof(text->len));
		text->data = packed + sizeof(text->len);
		packed = text->data + text->len;
	}
}
