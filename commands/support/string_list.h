/* Texts copied one behind the other, until a list of them is told. */
#ifndef COMMANDS_STRING_LIST_H
#define COMMANDS_STRING_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/str.h"
#include "domain/error.h"

/* Filled with zeros but for the first two it is empty, without memory. */
struct strings {
	size_t most;       /* what all texts may cost; no more are taken */
	size_t extra;      /* what a text costs beside its bytes */
	struct str *items; /* good after strings_finish() */
	size_t count;
	size_t capacity;
	char *bytes;
	size_t used;
	size_t size;
	bool failed; /* there was no memory: the list is not whole */
};

void strings_fini(struct strings *);

/* Copy one more text. False: it was too much, or there was no memory. */
bool strings_add(struct strings *, struct str);

/* All are there: the items become good. CHAT_UNAVAILABLE: no memory. */
enum chat_error strings_finish(struct strings *);

#endif
