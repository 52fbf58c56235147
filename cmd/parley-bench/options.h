/* What was asked for on the command line. */
#ifndef PARLEY_BENCH_OPTIONS_H
#define PARLEY_BENCH_OPTIONS_H

#include <stdbool.h>

enum number {
	NUMBER_PID,      /* 0: none was named */
	NUMBER_SECONDS,  /* of CPU time */
	NUMBER_MEMBERS,  /* instead of the case's; 0: as the case says */
	NUMBER_RATE,     /* likewise */
	NUMBER_WINDOW,   /* likewise */
	NUMBER_DURATION, /* of the latency case, in seconds */
	NUMBERS
};

struct options {
	const char *case_name;
	const char *address;
	const char *target;
	const char *dialect;
	double numbers[NUMBERS];
	bool json;
};

/* Ends the run if they make no sense, or only help was asked for. */
void options_read(struct options *, int argc, char **argv);

#endif
