/*
 * How the people of the latency case talk: each dialect as its clients speak
 * it, answers included.
 */
#ifndef PARLEY_BENCH_LATENCY_PROTOCOL_H
#define PARLEY_BENCH_LATENCY_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/parley-bench/stamp.h"

#define LATENCY_SIZE 512    /* the longest text, with its NUL */
#define LATENCY_ROOM_MAX 64 /* the longest id of a room, without it */

/* Functions write a NUL-terminated text. Marks are parts of texts. */
struct latency_protocol {
	const char *dialect;
	const char *path;     /* asked for in the upgrade */
	const char *greeting; /* one may join behind it; NULL: at once */
	/* The first makes the room. */
	void (*create)(char out[LATENCY_SIZE]);
	/* The others come to it, by the id that its maker was told. */
	void (*join)(unsigned client, const char *room, char out[LATENCY_SIZE]);
	const char *joined; /* the answer to either */
	void (*message)(const char *room, const struct stamp *,
	    char out[LATENCY_SIZE]);
	const char *answered; /* comes once for each message, in their order */
};

/* NULL: there is no such dialect. */
const struct latency_protocol *latency_protocol_find(const char *dialect);

/* The id in the answer to create(); false: there is none. */
bool latency_protocol_room(const char *text, size_t len,
    char out[LATENCY_ROOM_MAX + 1]);

#endif
