/* A list of texts, copied into one buffer. */
#ifndef COMMANDS_STRING_LIST_H
#define COMMANDS_STRING_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/str.h"
#include "domain/error.h"

/* Filled with zeros but for the first two it is empty, without memory. */
struct string_list {
	size_t most;       /* what all texts may cost; no more are taken */
	size_t extra;      /* what a text costs beside its bytes */
	struct str *items; /* good after string_list_finish() */
	size_t count;
	size_t capacity;
	char *bytes;
	size_t used;
	size_t size;
	bool failed; /* there was no memory: the list is not whole */
};

void string_list_fini(struct string_list *);

/* Copy one more text. False: it was too much, or there was no memory. */
bool string_list_add(struct string_list *, struct str);

/* All are there: the items become good. CHAT_UNAVAILABLE: no memory. */
enum chat_error string_list_finish(struct string_list *);

#endif
