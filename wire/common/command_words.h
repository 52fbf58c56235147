/* A dialect's table of commands: the word and how to decode its fields. */
#ifndef WIRE_COMMAND_WORDS_H
#define WIRE_COMMAND_WORDS_H

#include <stddef.h>

#include "domain/command.h"

/* The state of one decoder; each dialect defines its own. */
struct decoding;

struct command_word {
	struct str word;
	enum command_kind kind;
	unsigned flags; /* of enum command_flag */
	/* Decodes the other fields; NULL: there are none. */
	enum chat_error (*decode)(struct decoding *, struct command *);
};

/* The table has the most frequent words first. NULL: unknown to the dialect. */
static inline const struct command_word *
command_word_find(const struct command_word table[], size_t count,
    struct str word)
{
	for (size_t i = 0; i < count && word.len > 0; i++)
		if (table[i].word.data[0] == word.data[0] &&
		    str_equal(table[i].word, word))
			return &table[i];
	return NULL;
}

static inline enum chat_error
command_word_decode(const struct command_word *word, struct decoding *decoding,
    struct command *out)
{
	out->kind = word->kind;
	out->flags = word->flags;
	return word->decode != NULL ? word->decode(decoding, out) : CHAT_OK;
}

#endif
