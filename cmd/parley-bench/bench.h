/* One run: the measured server or its nodes, the duration, the results. */
#ifndef PARLEY_BENCH_BENCH_H
#define PARLEY_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/parley-bench/client.h"
#include "cmd/parley-bench/header_lines.h"
#include "cmd/parley-bench/meter.h"
#include "cmd/parley-bench/report.h"

struct bench {
	struct addresses addresses;
	const char *target; /* "parley", "bare", "mqtt", "centrifugo" */
	struct meter meter;
	double seconds; /* of the server's CPU time in one interval */
	/* Of a closed loop, or connections of churn, instead of seconds; 0:
	 * none. */
	uint64_t messages;
	unsigned slices;             /* of the measured time */
	double duration_s;           /* wall-clock time of the latency case */
	const char *dialect;         /* likewise */
	uint32_t run;                /* in every stamp */
	struct header_lines headers; /* of idle and churn */
};

#define SHAPE_SIZE 128
#define SHAPE_SIZE_MOST 65536

/* The traffic of a case; unused fields are 0. */
struct shape {
	unsigned rooms;   /* 0: each client receives only its own messages */
	unsigned members; /* of each room; without rooms: connections */
	unsigned senders; /* of each room, the first of its members */
	unsigned window;  /* messages of a sender in flight */
	unsigned size;    /* bytes of a message's body; 0: SHAPE_SIZE */
	unsigned rate;    /* messages per second and sender; 0: closed loop */
	unsigned
	    stalled; /* additional members of the only room that do not read */
	unsigned standing; /* additional idle connections */
	unsigned quiet_s;  /* the CPU time of idle connections is measured */
	bool discards;     /* only senders look at what they receive */
	bool mixed;        /* members alternate between the dialects */
	bool acks;         /* count acknowledgements */
	bool unmetered;    /* the server's process is not measured */
};

struct bench_case {
	const char *name;
	const char *about;
	void (*run)(const struct bench *, const struct shape *,
	    struct report *);
	struct shape shape;
};

/* All cases; the last has no name. */
extern const struct bench_case bench_cases[];

/*
 * Before each slice of the measured time, while nothing is in flight. If there
 * are several, the process stops until it gets SIGCONT: so the generators of
 * several servers can take turns.
 */
void bench_await_slice(const struct bench *);

/* NULL: there is no case of this name. */
const struct bench_case *bench_case_find(const char *name);

/* The kinds of cases, each in a file of its name. */
void run_speed(const struct bench *, const struct shape *, struct report *);
void run_mixed(const struct bench *, const struct shape *, struct report *);
void run_stalled(const struct bench *, const struct shape *, struct report *);
void run_idle(const struct bench *, const struct shape *, struct report *);
void run_churn(const struct bench *, const struct shape *, struct report *);
void run_latency(const struct bench *, const struct shape *, struct report *);

#endif
