/* The command line. */
#ifndef PARLEY_BENCH_OPTIONS_H
#define PARLEY_BENCH_OPTIONS_H

#include <stdbool.h>

enum number {
	NUMBER_SECONDS,  /* of CPU time */
	NUMBER_MESSAGES, /* of a closed loop, instead of seconds; 0: none */
	NUMBER_SLICES,   /* of the measured time */
	NUMBER_MEMBERS,  /* overrides the case's; 0: unchanged */
	NUMBER_RATE,     /* likewise */
	NUMBER_WINDOW,   /* likewise */
	NUMBER_SIZE,     /* likewise */
	NUMBER_DURATION, /* of the latency case, in seconds */
	NUMBERS
};

struct options {
	const char *case_name;
	const char *addresses; /* with commas between them */
	const char *pids;      /* likewise; NULL: none */
	const char *target;
	const char *dialect;
	const char *headers; /* a file; NULL: none */
	double numbers[NUMBERS];
	bool json;
};

/* Exits if they are invalid or ask for help. */
void options_read(struct options *, int argc, char **argv);

#endif
