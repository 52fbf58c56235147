/* Typing in a terminal, while other things happen: libedit on libevent. */
#ifndef CMD_PARLEY_EDIT_H
#define CMD_PARLEY_EDIT_H

#include <stdbool.h>

#include "domain/base/str.h"

struct edit;
struct event_base;

enum edit_result {
	EDIT_LINE,
	EDIT_INTERRUPT, /* Ctrl-C; what was typed is thrown away */
	EDIT_END,       /* Ctrl-D, or the end of the input */
	EDIT_STOPPED    /* by edit_stop() */
};

/*
 * Reads standard input and writes to standard output, with editing if both
 * are a terminal. NULL: no memory.
 */
struct edit *edit_create(struct event_base *);
void edit_destroy(struct edit *);

bool edit_is_terminal(const struct edit *);

/* What stands before the line that is typed; it is copied. */
void edit_set_prompt(struct edit *, const char *prompt);

/*
 * Runs the event loop until a line was typed. *line is without its end, and
 * good until the next call; of an interrupted one it is what was typed.
 */
enum edit_result edit_read(struct edit *, struct str *line);

/* Makes edit_read() return; to be called from the event loop. */
void edit_stop(struct edit *);

/* Wipes the line that edit_read() has just returned off the terminal. */
void edit_wipe(struct edit *);

/* Prints whole lines, above the one that is being typed. */
void edit_print(struct edit *, struct str lines);

#endif
