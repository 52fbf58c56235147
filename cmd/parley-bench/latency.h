/*
 * A few people talk in one room, each at a rate. Nothing ends the run that
 * happens to a message: what is lost, comes twice or out of order is counted.
 */
#ifndef PARLEY_BENCH_LATENCY_H
#define PARLEY_BENCH_LATENCY_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/parley-bench/bench.h"
#include "cmd/parley-bench/crowd.h"
#include "cmd/parley-bench/histogram.h"
#include "cmd/parley-bench/latency_protocol.h"

/* The parts share it: latency.c, latency_hear.c. */
struct latency {
	const struct bench *bench;
	const struct latency_protocol *protocol;
	struct crowd crowd;
	char room[LATENCY_ROOM_MAX + 1]; /* "": nobody has made it yet */
	unsigned clients;
	uint32_t messages; /* that each of them will say */
	size_t stamp_hint;
	uint64_t *due_ns;   /* of each message: client by client */
	uint32_t *said;     /* messages, by each client */
	uint32_t *answered; /* of them */
	uint32_t *next;     /* seq that each client waits for of each other */
	bool *received;     /* which messages, for each client and other */

	uint64_t deliveries; /* to others than the author, each once */
	uint64_t answers;
	uint64_t duplicates;
	uint64_t reorderings; /* heard after a later one of the same author */
	struct histogram one_way_ns;    /* from being due to being heard */
	struct histogram round_trip_ns; /* from being due to its answer */
};

/* How many have been said so far, by all. */
uint64_t latency_said(const struct latency *);

/* Whether every message has been heard by all others, and answered. */
bool latency_is_complete(const struct latency *);

/* What the crowd hears. */
extern const struct crowd_ops latency_ops;

#endif
