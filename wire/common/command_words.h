/* What the words of a dialect stand for. */
#ifndef WIRE_COMMAND_WORDS_H
#define WIRE_COMMAND_WORDS_H

#include <stddef.h>

#include "domain/command.h"

/* A message on its way to becoming a command; each dialect has its own. */
struct decoding;

struct command_word {
	struct str word;
	enum command_kind kind;
	unsigned flags; /* of enum command_flag */
	/* Takes the rest out of the message; NULL: there is none. */
	enum chat_error (*take)(struct decoding *, struct command *);
};

/* NULL: the dialect has no such word. */
static inline const struct command_word *
command_word_find(const struct command_word table[], size_t count,
    struct str word)
{
	for (size_t i = 0; i < count; i++)
		if (str_equal(table[i].word, word))
			return &table[i];
	return NULL;
}

static inline enum chat_error
command_word_take(const struct command_word *word, struct decoding *decoding,
    struct command *out)
{
	out->kind = word->kind;
	out->flags = word->flags;
	return word->take != NULL ? word->take(decoding, out) : CHAT_OK;
}

#endif
