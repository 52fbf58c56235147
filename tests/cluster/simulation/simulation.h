/* One schedule of the simulation: clients, faults, and checks. */
#ifndef TESTS_SIMULATION_H
#define TESTS_SIMULATION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/support/cluster/sim_net.h"

/* What a schedule may do besides delays, as bits. */
enum sim_fault {
	SIM_CUT = 1 << 0,      /* connections to Redis are lost */
	SIM_LOSE = 1 << 1,     /* publications are lost */
	SIM_PAUSE = 1 << 2,    /* nodes do nothing for a while */
	SIM_STOP = 1 << 3,     /* Redis cannot be reached */
	SIM_KILL = 1 << 4,     /* nodes are killed, and new ones started */
	SIM_TAIL = 1 << 5,     /* Redis loses what was appended last */
	SIM_RECEIVER = 1 << 6, /* the receiver of hooks fails */
	SIM_FAULTS = 1 << 7
};

struct sim_result {
	const char *violation; /* NULL: no violation */
	char detail[256];
	int64_t at_ms;
	/* What happened. */
	unsigned acked;
	unsigned unknown;
	unsigned refused;
	unsigned lost;     /* acknowledged, and of an epoch that is over */
	unsigned resumed;  /* joins with `since` */
	unsigned declared; /* that were answered with another epoch */
	unsigned restarts;
	uint64_t scripts;
	uint64_t sent;     /* events to the receiver of hooks */
	uint64_t repeated; /* sent again */
	unsigned gaps;     /* 1: the receiver got a gap event */
};

/* Runs a schedule; its story is written to `story`, which may be NULL. */
void simulate(uint64_t seed, unsigned faults, enum sim_plant, FILE *story,
    struct sim_result *);

#endif
