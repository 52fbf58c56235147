/* How the server is doing: what a monitor shows. */
#ifndef DOMAIN_SERVER_STATS_H
#define DOMAIN_SERVER_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/histogram.h"
#include "domain/base/str.h"
#include "domain/error.h"
#include "domain/room.h"

#define SERVER_STATS_ROOMS 12

/* What the disk is doing, if anything is kept on one. */
struct store_health {
	bool is_kept;       /* else the rest says nothing */
	bool is_writable;   /* now */
	uint64_t lost;      /* records that were lost, at the start */
	uint64_t bytes;     /* of the journal, snapshots not counted */
	size_t waiting;     /* bytes that are to be written */
	uint64_t syncs;     /* total */
	uint64_t failures;  /* total: of what was to be written */
	uint64_t compacted; /* total: times that the journal was rewritten */
};

/* Kinds of closes and of refusals that are counted one by one. */
#define SERVER_STATS_CLOSES 48
#define SERVER_STATS_REFUSALS 24

/* WebSockets that ended with this close code, for this reason. */
struct close_total {
	unsigned code; /* 0: without a close frame */
	const char *reason;
	uint64_t count;
};

/* What was refused because of a limit. */
struct refusal_total {
	const char *limit; /* the name of its option */
	uint64_t count;
};

/* Totals grow from the start of the server; the others are of this moment. */
struct server_stats {
	struct str server; /* its name and version */
	int64_t uptime_ms;
	size_t connections;  /* WebSockets that are open */
	uint64_t opened;     /* total: of them */
	uint64_t commands;   /* total: what clients sent */
	uint64_t messages;   /* total: those of them that were said */
	uint64_t deliveries; /* total: to how many they were said */
	/* By close code and reason, limit, error; the first so many are used.
	 */
	struct close_total closes[SERVER_STATS_CLOSES];
	size_t close_count;
	struct refusal_total refusals[SERVER_STATS_REFUSALS];
	size_t refusal_count;
	uint64_t errors[CHAT_ERROR_KINDS]; /* total: answers, by error */
	size_t rooms;
	struct room
	    largest[SERVER_STATS_ROOMS]; /* by members, the most first */
	size_t largest_count;
	size_t held;     /* bytes, by our own accounting */
	size_t resident; /* bytes of memory, as the system sees it */
	uint64_t cpu_ms; /* total: time on a processor */
	struct store_health store;
	/* From when a command was read to when all of its turn was sent. */
	struct histogram latency;
	/* How late the loop was for its ten ticks a second. */
	struct histogram lag;
};

/* Puts a room where it belongs among the largest, or nowhere. */
void server_stats_add_room(struct server_stats *, const struct room *);

#endif
