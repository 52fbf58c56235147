/* What can be typed at the prompt, and what it means. Pure. */
#ifndef CMD_PARLEY_WORDS_H
#define CMD_PARLEY_WORDS_H

#include "cmd/parley/speech.h"

enum order_kind {
	ORDER_NOTHING, /* an empty line */
	ORDER_SAY,
	ORDER_DO,
	ORDER_HELP,
	ORDER_QUIT,
	ORDER_WRONG /* text says why */
};

/* Texts point into the line. */
struct order {
	enum order_kind kind;
	struct deed deed; /* ORDER_DO */
	struct str text;  /* what is to be said */
	char why[160];
};

/* Reads a line in this dialect. */
void words_read(const struct speech *, struct str line, struct order *out);

/* Appends a page about what this dialect has. */
void words_help(const struct speech *, struct wire_text *);

#endif
