/* How the benchmark talks to what it measures: texts in, texts out. */
#ifndef PARLEY_BENCH_PROTOCOL_H
#define PARLEY_BENCH_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/parley-bench/stamp.h"

#define PROTOCOL_SIZE 512 /* the longest text, with its NUL */

/* What is said, and what counts as having been heard. */
enum protocol_kind {
	PROTOCOL_ROOMS, /* a message, heard by everybody in a room */
	PROTOCOL_ECHO,  /* a question, and its answer; there are no rooms */
	PROTOCOL_ACKS   /* a message that is kept, and its acknowledgement */
};

/*
 * A way of speaking; room is the benchmark's number. What is said need not be
 * text: those functions return its length.
 */
struct protocol {
	const char *target; /* "parley", "bare", "mqtt" */
	enum protocol_kind kind;
	/* What is asked for in the upgrade: a string. */
	void (*path)(unsigned room, char out[PROTOCOL_SIZE]);
	/* How a member joins; NULL: being connected is enough. */
	size_t (*join)(unsigned room, char out[PROTOCOL_SIZE]);
	/* What the text contains that says one is in; NULL: nothing comes. */
	const char *settled;
	/* One message. */
	size_t (*message)(const struct stamp *, char out[PROTOCOL_SIZE]);
	const char *headers; /* of the upgrade, each ended; "": none */
	bool binary;         /* what kind of message it is */
};

/* NULL: unknown target, or it has no such way. */
const struct protocol *protocol_find(const char *target, enum protocol_kind);

/* The dialects of parley, one for each member in turn. */
#define PROTOCOL_DIALECTS 3
const struct protocol *protocol_of_dialect(unsigned number);

#endif
