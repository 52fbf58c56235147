/*
 * Examples of a dialect, from tests/wire/vectors/<dialect>/: what the code
 * has to do, readable for people. A file is a list of
 *
 *	# a title
 *	> what a client sends            + what happens: an event, and
 *	= the command that it becomes,   + its parts, one in a line
 *	= its parts, one in a line       < how the dialect spells it
 *
 * with `!` instead of `=` for a failure, and a lone `<` for silence. `@` says
 * where the client stands (`new`, `outside`; else it is inside a room), or
 * that the `author` reads it, and `x` how the connection is closed then.
 */
#ifndef TESTS_SUPPORT_WIRE_VECTORS_H
#define TESTS_SUPPORT_WIRE_VECTORS_H

#include "wire/dialect.h"

#define VECTOR_JSON_DEPTH 32
#define VECTOR_FRAME_BYTES ((size_t)1024 * 1024)
#define VECTOR_SEED 6455 /* what ids of messages come from */

/* One example; texts are NUL-terminated, absent ones are NULL. */
struct vector {
	const char *file;
	size_t line;
	char *title;
	char *sent;               /* > */
	char *means;              /* = and ! lines, each with its newline */
	char *event;              /* + lines, likewise */
	char *said;               /* < */
	char *close;              /* x: code and reason */
	enum wire_stage stage;    /* @ */
	enum viewpoint viewpoint; /* @ */
};

struct vectors {
	struct vector *items;
	size_t count;
};

/*
 * Reads a file, for as long as the program runs; ends it if there is none, or
 * a line has no mark.
 */
struct vectors vectors_load(const char *path);

/* Whatever is not said with `@` is as usual. */
struct wire_context vector_context(const struct vector *);

/* What decoding led to, spelled like the lines of an example. */
char *vector_of_command(const struct command *);
char *vector_of_failure(const struct command *, const struct failure *);

#define VECTOR_ITEMS 4

/* An event out of an example, with room for what it points to. */
struct vector_event {
	struct event event;
	struct str names[VECTOR_ITEMS];
	struct message messages[VECTOR_ITEMS];
	struct room_entry rooms[VECTOR_ITEMS];
	char *text; /* what all texts point into */
};

/* Fills it from the + lines; ends the program if it does not know a word. */
void vector_event_parse(struct vector_event *, const struct vector *);
void vector_event_free(struct vector_event *);

#endif
