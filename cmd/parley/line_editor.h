/*
 * Line editing in a terminal while the event loop runs: libedit on libevent.
 */
#ifndef CMD_PARLEY_LINE_EDITOR_H
#define CMD_PARLEY_LINE_EDITOR_H

#include <stdbool.h>

#include "domain/base/str.h"

struct line_editor;
struct event_base;

enum line_editor_result {
	LINE_EDITOR_LINE,
	LINE_EDITOR_INTERRUPT, /* Ctrl-C; the typed line is discarded */
	LINE_EDITOR_END,       /* Ctrl-D, or the end of the input */
	LINE_EDITOR_STOPPED    /* by line_editor_stop() */
};

/*
 * Reads standard input and writes to standard output, with editing if both
 * are a terminal. NULL: no memory.
 */
struct line_editor *line_editor_create(struct event_base *);
void line_editor_destroy(struct line_editor *);

/* Sets the prompt; it is copied. */
void line_editor_set_prompt(struct line_editor *, const char *prompt);

/*
 * Runs the event loop until a line is entered. *line has no newline and is
 * valid until the next call; after an interrupt it is the discarded text.
 */
enum line_editor_result line_editor_read(struct line_editor *,
    struct str *line);

/* Makes line_editor_read() return; called from the event loop. */
void line_editor_stop(struct line_editor *);

/* Clears the line that line_editor_read() returned from the terminal. */
void line_editor_wipe(struct line_editor *);

struct completion_result;

/* Completes the line up to the cursor, when Tab is pressed. */
typedef void line_editor_complete(void *arg, struct str line,
    struct completion_result *out);
void line_editor_on_tab(struct line_editor *, line_editor_complete *,
    void *arg);

/* Prints complete lines above the line being edited. */
void line_editor_print(struct line_editor *, struct str lines);

#endif
