/*
 * A few clients send to one room, each at a rate. Lost, duplicate and
 * reordered messages are counted and do not end the run.
 */
#ifndef PARLEY_BENCH_LATENCY_H
#define PARLEY_BENCH_LATENCY_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/parley-bench/bench.h"
#include "cmd/parley-bench/crowd.h"
#include "cmd/parley-bench/histogram.h"
#include "cmd/parley-bench/latency_protocol.h"

/* Shared by latency.c and latency_receive.c. */
struct latency {
	const struct bench *bench;
	const struct latency_protocol *protocol;
	struct crowd crowd;
	char room[LATENCY_ROOM_MAX + 1]; /* "": not created yet */
	unsigned clients;
	uint32_t messages; /* sent by each of them */
	size_t stamp_hint;
	uint64_t *due_ns;   /* of each message, by client */
	uint32_t *sent;     /* messages sent, by client */
	uint32_t *answered; /* of them */
	uint32_t *next;     /* the next seq for each pair of clients */
	bool *received;     /* received messages for each pair of clients */

	uint64_t deliveries; /* to other clients, without duplicates */
	uint64_t answers;
	uint64_t duplicates;
	uint64_t
	    reorderings; /* received after a later one of the same author */
	struct histogram one_way_ns;    /* from the due time to the reception */
	struct histogram round_trip_ns; /* from the due time to the answer */
};

/* Messages sent so far. */
uint64_t latency_sent(const struct latency *);

/* The callbacks of the crowd. */
extern const struct crowd_ops latency_ops;

#endif
