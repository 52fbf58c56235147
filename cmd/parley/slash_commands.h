/* Parses the lines typed at the prompt. Pure. */
#ifndef CMD_PARLEY_SLASH_COMMANDS_H
#define CMD_PARLEY_SLASH_COMMANDS_H

#include "cmd/parley/client_dialect.h"

enum input_kind {
	INPUT_EMPTY, /* an empty line */
	INPUT_MESSAGE,
	INPUT_REQUEST,
	INPUT_SEND_FILE, /* request.text: its path */
	INPUT_GET_FILE,  /* request.name: which; request.text: a path, or empty
			  */
	INPUT_HELP,
	INPUT_QUIT,
	INPUT_INVALID /* `why` describes the mistake */
};

/* Texts point into the line. */
struct input_line {
	enum input_kind kind;
	struct client_request request; /* INPUT_REQUEST; of files */
	struct str text;               /* INPUT_MESSAGE */
	char why[160];
};

/* Parses a line. */
void slash_command_read(const struct client_dialect *, struct str line,
    struct input_line *out);

/* What can be typed at a place. */
enum argument_kind {
	ARGUMENT_NONE, /* anything, which no list has */
	ARGUMENT_COMMAND,
	ARGUMENT_ROOM,
	ARGUMENT_MEMBER,
	ARGUMENT_ROLE,
	ARGUMENT_FILE, /* of a message */
	ARGUMENT_PATH  /* of this machine */
};

/*
 * What the line can go on with, and what of that is typed already: the end of
 * the line.
 */
enum argument_kind slash_command_expects(const struct client_dialect *,
    struct str line, struct str *typed);

/* Visits the names of all commands of this dialect. */
void slash_command_each(const struct client_dialect *,
    void (*visit)(struct str name, void *arg), void *arg);

/* Appends the list of commands of this dialect. */
void slash_command_help(const struct client_dialect *, struct wire_text *);

#endif
