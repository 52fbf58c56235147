/* Completes commands, and names and rooms that were seen. Pure. */
#ifndef CMD_PARLEY_COMPLETION_H
#define CMD_PARLEY_COMPLETION_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/parley/client_dialect.h"
#include "domain/base/list.h"
#include "wire/common/wire_text.h"

/* The least recent of more is forgotten. */
#define COMPLETION_WORDS_MOST 1000

struct completion {
	const struct client_dialect *dialect;
	struct list words; /* the most recent first */
	size_t count;
	struct text_buffer texts;
	struct wire_text insert;
	struct wire_text choices;
};

void completion_init(struct completion *, const struct client_dialect *);
void completion_fini(struct completion *);

/* Notes the members and rooms of an event. */
void completion_note(struct completion *, const struct server_event *);

/* A file of a message: its name, or its id. */
void completion_note_file(struct completion *, struct str word);

/* What is to be done with the line. Texts are good until the next call. */
struct completion_result {
	size_t erase;      /* so many characters before the cursor, … */
	struct str insert; /* … for these, with a NUL behind; empty: nothing */
	struct str choices; /* to be shown; empty: none */
};

/* Completes the line up to the cursor. */
void completion_find(struct completion *, struct str line,
    struct completion_result *out);

#endif
