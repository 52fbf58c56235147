/*
 * The stamp in every message, by which a receiver detects loss, duplication,
 * reordering and misrouting. Plain text without JSON escapes.
 */
#ifndef PARLEY_BENCH_STAMP_H
#define PARLEY_BENCH_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STAMP_SIZE 35 /* "[bench 5d0c7a44 0001 0007 0000002a]" */

struct stamp {
	uint32_t run;
	uint32_t room;   /* up to 65535 */
	uint32_t sender; /* in the room, up to 65535 */
	uint32_t seq;    /* of the sender: 0, 1, 2 … */
};

/* Writes STAMP_SIZE characters, without NUL. */
void stamp_write(const struct stamp *, char *out);

/* The same, padded to `size` characters; with NUL, which it returns. */
char *stamp_fill(const struct stamp *, char *out, size_t size);

/*
 * Finds the stamp in a text, first at *hint, the previous position. False:
 * none.
 */
bool stamp_find(const char *text, size_t len, size_t *hint, struct stamp *out);

#endif
