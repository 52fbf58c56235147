/*
 * Examples of a dialect, from tests/wire/vectors/<dialect>/, which specify it
 * in a readable form. A file is a list of
 *
 *	# a title
 *	> a message of a client          + an event,
 *	= the kind of the command,       + one part of it per line
 *	= one part of it per line        < its encoding
 *
 * and, after `~`, the part for a stream's second channel, if there is one; with
 * `!` instead of `=` for a failure; a `<` alone: not sent. `@` is the
 * client's stage (`new`, `outside`; default: inside a room), or `author` for
 * the author's view of an event; `x` is the close that follows.
 */
#ifndef TESTS_SUPPORT_WIRE_VECTORS_H
#define TESTS_SUPPORT_WIRE_VECTORS_H

#include "wire/dialect.h"

#define VECTOR_JSON_DEPTH 32
#define VECTOR_FRAME_BYTES ((size_t)1024 * 1024)
#define VECTOR_SEED 6455 /* of message ids */

/* One example; texts are NUL-terminated, absent ones are NULL. */
struct vector {
	const char *file;
	size_t line;
	char *title;
	char *sent;               /* > */
	char *means;              /* = and ! lines, each with its newline */
	char *event;              /* + lines, likewise */
	char *message;            /* < */
	char *second;             /* ~: for the second channel of a stream */
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

/* The context of an example: defaults where it has no `@`. */
struct wire_context vector_context(const struct vector *);

/* A decoded message, in the format of an example. */
char *vector_of_command(const struct command *);
char *vector_of_failure(const struct command *, const struct failure *);

#define VECTOR_ITEMS 4

/* The event of an example, with storage for its lists. */
struct vector_event {
	struct event event;
	struct reaction reactions[VECTOR_ITEMS];
	size_t reaction_count;
	struct str names[VECTOR_ITEMS];
	struct str ids[VECTOR_ITEMS];
	size_t id_count;
	struct message messages[VECTOR_ITEMS];
	struct room_entry rooms[VECTOR_ITEMS];
	char *text; /* all texts point to it */
};

/* Parses the + lines; ends the program at an unknown word. */
void vector_event_parse(struct vector_event *, const struct vector *);
void vector_event_free(struct vector_event *);

#endif
