/* What can be typed at the prompt, and what it means. Pure. */
#ifndef CMD_PARLEY_SLASH_COMMANDS_H
#define CMD_PARLEY_SLASH_COMMANDS_H

#include "cmd/parley/client_dialect.h"

enum input_kind {
	INPUT_EMPTY, /* an empty line */
	INPUT_MESSAGE,
	INPUT_REQUEST,
	INPUT_HELP,
	INPUT_QUIT,
	INPUT_INVALID /* text says why */
};

/* Texts point into the line. */
struct input_line {
	enum input_kind kind;
	struct client_request deed; /* ORDER_DO */
	struct str text;            /* what is to be said */
	char why[160];
};

/* Reads a line in this dialect. */
void slash_command_read(const struct client_dialect *, struct str line,
    struct input_line *out);

/* Appends a page about what this dialect has. */
void slash_command_help(const struct client_dialect *, struct wire_text *);

#endif
