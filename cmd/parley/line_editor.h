/* Typing in a terminal, while other things happen: libedit on libevent. */
#ifndef CMD_PARLEY_LINE_EDITOR_H
#define CMD_PARLEY_LINE_EDITOR_H

#include <stdbool.h>

#include "domain/base/str.h"

struct line_editor;
struct event_base;

enum line_editor_result {
	LINE_EDITOR_LINE,
	LINE_EDITOR_INTERRUPT, /* Ctrl-C; what was typed is thrown away */
	LINE_EDITOR_END,       /* Ctrl-D, or the end of the input */
	LINE_EDITOR_STOPPED    /* by edit_stop() */
};

/*
 * Reads standard input and writes to standard output, with editing if both
 * are a terminal. NULL: no memory.
 */
struct line_editor *line_editor_create(struct event_base *);
void line_editor_destroy(struct line_editor *);

bool line_editor_is_terminal(const struct line_editor *);

/* What stands before the line that is typed; it is copied. */
void line_editor_set_prompt(struct line_editor *, const char *prompt);

/*
 * Runs the event loop until a line was typed. *line is without its end, and
 * good until the next call; of an interrupted one it is what was typed.
 */
enum line_editor_result line_editor_read(struct line_editor *,
    struct str *line);

/* Makes edit_read() return; to be called from the event loop. */
void line_editor_stop(struct line_editor *);

/* Wipes the line that edit_read() has just returned off the terminal. */
void line_editor_wipe(struct line_editor *);

/* Prints whole lines, above the one that is being typed. */
void line_editor_print(struct line_editor *, struct str lines);

#endif
