/* How the benchmark talks to what it measures: texts in, texts out. */
#ifndef PARLEY_BENCH_SPEECH_H
#define PARLEY_BENCH_SPEECH_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/parley-bench/stamp.h"

#define SPEECH_SIZE 512 /* the longest text, with its NUL */

/*
 * A way of speaking. Each function writes a NUL-terminated text; room is the
 * benchmark's number.
 */
struct speech {
	const char *target; /* "parley", "bare" */
	bool echo;          /* one is answered oneself; there are no rooms */
	/* What is asked for in the upgrade. */
	void (*path)(unsigned room, char out[SPEECH_SIZE]);
	/* How a member joins; NULL: being connected is enough. */
	void (*join)(unsigned room, char out[SPEECH_SIZE]);
	/* What the text contains that says one is in; NULL: nothing comes. */
	const char *settled;
	/* One message. */
	void (*say)(const struct stamp *, char out[SPEECH_SIZE]);
};

/* NULL: unknown target. */
const struct speech *speech_find(const char *target, bool echo);

#endif
