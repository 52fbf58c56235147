/* One run: whom it measures, how long, and what came out. */
#ifndef PARLEY_BENCH_BENCH_H
#define PARLEY_BENCH_BENCH_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "cmd/parley-bench/meter.h"
#include "cmd/parley-bench/report.h"

struct bench {
	struct sockaddr_in address;
	const char *target; /* "parley", "bare", "mqtt" */
	struct meter meter;
	double seconds; /* of the server's CPU time: as long as a stint lasts */
	double duration_s;   /* by the clock on the wall: the latency case */
	const char *dialect; /* likewise */
	uint32_t run;        /* in every stamp */
};

/* Who talks to whom in a case; what a case has no use for is 0. */
struct shape {
	unsigned rooms;    /* 0: everybody hears oneself only */
	unsigned members;  /* of each room; connections, without rooms */
	unsigned senders;  /* of each room, the first of its members */
	unsigned window;   /* messages of a speaker that are under way */
	unsigned rate;     /* messages a second and speaker; 0: closed loop */
	unsigned stalled;  /* more members of the only room, who do not read */
	unsigned standing; /* more connections, which stay and do nothing */
	bool mixed;        /* members take turns in speaking another dialect */
	bool acks;         /* the acknowledgement is what counts */
	bool unmetered;    /* nothing is asked about the server's process */
};

struct bench_case {
	const char *name;
	const char *about;
	void (*run)(const struct bench *, const struct shape *,
	    struct report *);
	struct shape shape;
};

/* All cases, ended by one without a name. */
extern const struct bench_case bench_cases[];

/* NULL: there is none of that name. */
const struct bench_case *bench_case_find(const char *name);

/* The kinds of cases, each in the file of that name. */
void run_speed(const struct bench *, const struct shape *, struct report *);
void run_mixed(const struct bench *, const struct shape *, struct report *);
void run_stalled(const struct bench *, const struct shape *, struct report *);
void run_idle(const struct bench *, const struct shape *, struct report *);
void run_churn(const struct bench *, const struct shape *, struct report *);
void run_latency(const struct bench *, const struct shape *, struct report *);

#endif
