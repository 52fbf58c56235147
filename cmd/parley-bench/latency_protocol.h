/*
 * The messages of the latency case in each dialect, including the answers.
 */
#ifndef PARLEY_BENCH_LATENCY_PROTOCOL_H
#define PARLEY_BENCH_LATENCY_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/parley-bench/stamp.h"

#define LATENCY_SIZE 512    /* of the longest text, with NUL */
#define LATENCY_ROOM_MAX 64 /* of the longest room id, without NUL */

/* Functions write NUL-terminated texts. Marks are substrings of messages. */
struct latency_protocol {
	const char *dialect;
	const char *path;     /* of the upgrade */
	const char *greeting; /* join after this mark; NULL: at once */
	/* The first client creates the room. */
	void (*create)(char out[LATENCY_SIZE]);
	/* The others join it by its id. */
	void (*join)(unsigned client, const char *room, char out[LATENCY_SIZE]);
	const char *joined; /* mark of the answer to either */
	void (*message)(const char *room, const struct stamp *,
	    char out[LATENCY_SIZE]);
	const char *answered; /* mark of the answer to each message, in order */
};

/* NULL: there is no such dialect. */
const struct latency_protocol *latency_protocol_find(const char *dialect);

/* Extracts the room id from the answer to create(); false: none. */
bool latency_protocol_room(const char *text, size_t len,
    char out[LATENCY_ROOM_MAX + 1]);

#endif
