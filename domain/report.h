/* How the server is doing: what a monitor shows. */
#ifndef DOMAIN_REPORT_H
#define DOMAIN_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "domain/histogram.h"
#include "domain/room.h"
#include "domain/str.h"

#define REPORT_ROOMS 12

/* Totals grow from the start of the server; the others are of this moment. */
struct report {
	struct str server; /* its name and version */
	int64_t uptime_ms;
	size_t connections;  /* WebSockets that are open */
	uint64_t opened;     /* total: of them */
	uint64_t commands;   /* total: what clients sent */
	uint64_t messages;   /* total: those of them that were said */
	uint64_t deliveries; /* total: to how many they were said */
	size_t rooms;
	struct room largest[REPORT_ROOMS]; /* by members, the most first */
	size_t largest_count;
	size_t held;     /* bytes, by our own accounting */
	size_t resident; /* bytes of memory, as the system sees it */
	uint64_t cpu_ms; /* total: time on a processor */
	/* From when a command was read to when all of its turn was sent. */
	struct histogram latency;
	/* How late the loop was for its ten ticks a second. */
	struct histogram lag;
};

/* Puts a room where it belongs among the largest, or nowhere. */
void report_add_room(struct report *, const struct room *);

#endif
