/*
 * What every message of the benchmark carries, so that a receiver can tell
 * loss, doubling, reordering and misrouting. Plain text that survives JSON.
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
	uint32_t sender; /* of the room, likewise */
	uint32_t seq;    /* of the speaker: 0, 1, 2 … */
};

/* Writes STAMP_SIZE characters, without NUL. */
void stamp_write(const struct stamp *, char *out);

/* The same, filled up to `size` characters; with NUL. */
void stamp_fill(const struct stamp *, char *out, size_t size);

/*
 * Finds the stamp in a text, trying *hint first, where the last one was.
 * False: there is none.
 */
bool stamp_find(const char *text, size_t len, size_t *hint, struct stamp *out);

#endif
