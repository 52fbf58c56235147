/* Figures of the server, for monitors. */
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

/* Figures of the file store. */
struct store_health {
	bool is_kept;       /* false: no file store, the rest is unset */
	bool is_writable;   /* now */
	uint64_t lost;      /* records that were lost, at the start */
	uint64_t bytes;     /* of the journal, snapshots not counted */
	size_t waiting;     /* bytes to be written */
	uint64_t syncs;     /* total */
	uint64_t failures;  /* total: failed writes and syncs */
	uint64_t compacted; /* total: compactions */
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

/*
 * Messages and droppable events for rooms and the lobby, times receivers. Each
 * copy that was accepted is in one of the others: accepted = delivered +
 * skipped + aborted + waiting.
 */
struct copy_totals {
	uint64_t accepted;
	uint64_t delivered; /* handed to the connection */
	uint64_t skipped;   /* by rule: droppable, or expired, for a slow one */
	uint64_t aborted;   /* the connection ended, or left the room */
	uint64_t waiting;   /* not a total: for slow connections, now */
};

/* Totals count from the start of the server; the others are current. */
struct server_stats {
	struct str server; /* its name and version */
	int64_t uptime_ms;
	size_t connections;  /* open WebSockets */
	uint64_t opened;     /* total: WebSockets */
	uint64_t commands;   /* total: received */
	uint64_t messages;   /* total: posted */
	uint64_t deliveries; /* total: of messages, once per connection */
	struct copy_totals copies;
	/* By close code and reason; by limit. The first close_count and
	 * refusal_count entries are set. */
	struct close_total closes[SERVER_STATS_CLOSES];
	size_t close_count;
	struct refusal_total refusals[SERVER_STATS_REFUSALS];
	size_t refusal_count;
	uint64_t errors[CHAT_ERROR_KINDS]; /* total: answers, by error */
	size_t rooms;
	struct room
	    largest[SERVER_STATS_ROOMS]; /* by members, the most first */
	size_t largest_count;
	size_t held;     /* bytes, by the server's own accounting */
	size_t resident; /* bytes of resident memory */
	uint64_t cpu_ms; /* total: CPU time */
	struct store_health store;
	/* From reading a command to sending all results of its turn. */
	struct histogram latency;
	/* Delay of the loop's ten ticks a second. */
	struct histogram lag;
};

/* Adds a room, sorted, if it is one of the largest. */
void server_stats_add_room(struct server_stats *, const struct room *);

#endif
