/* Parses the lines typed at the prompt. Pure. */
#ifndef CMD_PARLEY_SLASH_COMMANDS_H
#define CMD_PARLEY_SLASH_COMMANDS_H

#include "cmd/parley/client_dialect.h"

enum input_kind {
	INPUT_EMPTY, /* an empty line */
	INPUT_MESSAGE,
	INPUT_REQUEST,
	INPUT_HELP,
	INPUT_QUIT,
	INPUT_INVALID /* `why` describes the mistake */
};

/* Texts point into the line. */
struct input_line {
	enum input_kind kind;
	struct client_request request; /* INPUT_REQUEST */
	struct str text;               /* INPUT_MESSAGE */
	char why[160];
};

/* Parses a line. */
void slash_command_read(const struct client_dialect *, struct str line,
    struct input_line *out);

/* Appends the list of commands of this dialect. */
void slash_command_help(const struct client_dialect *, struct wire_text *);

#endif
