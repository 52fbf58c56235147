#include "cmd/parley-bench/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/parley-bench/bench.h"
#include "cmd/parley-bench/fail.h"
#include "cmd/parley-bench/stamp.h"
#include "domain/base/count_of.h"

static void
print_usage(FILE *out)
{
	fputs(
	    "usage: parley-bench --pid PID[,PID] [options] CASE "
	    "ADDRESS:PORT[,ADDRESS:PORT]\n"
	    "       parley-bench [options] latency ADDRESS:PORT\n"
	    "\n"
	    "  --pid PID        process of the server, whose CPU time counts; "
	    "of several\n"
	    "                   nodes, over which clients are spread, the sum\n"
	    "  --target NAME    parley (default), bare (the limit program), "
	    "mqtt,\n                   centrifugo\n"
	    "  --seconds S      of CPU time of the server (default 1)\n"
	    "  --messages N     in a closed loop, or connections of churn, "
	    "instead\n"
	    "                   of seconds\n"
	    "  --slices N       of a closed loop or churn: measure in so many "
	    "parts, and\n"
	    "                   stop before each until SIGCONT comes\n"
	    "  --members N      members of a room, or connections\n"
	    "  --window N       messages of a sender in flight\n"
	    "  --size N         bytes of a message's body (128), 35 to 65536\n"
	    "  --headers FILE   of idle and churn: a line for each client, in "
	    "turn\n"
	    "  --json           one JSON object instead of a list\n"
	    "\n"
	    "  --clients N      people in the room of latency (default 4)\n"
	    "  --rate N         messages a second that each sends (30)\n"
	    "  --duration S     how long, by the clock on the wall (60)\n"
	    "  --dialect NAME   action (default), command or topic\n"
	    "\n"
	    "Exit status: 0, 1 if the server gave a wrong answer, 2 if the "
	    "run could\nnot be done. Run it on loopback.\n"
	    "\nCases:\n",
	    out);
	for (const struct bench_case *each = bench_cases; each->name != NULL;
	     each++)
		fprintf(out, "  %-16s %s\n", each->name, each->about);
}

/* Options with a number. */
static const struct number_option {
	const char *name;
	double least;
	double most;
	enum number number;
} takers[] = {
	{ "seconds", 0.01, 600, NUMBER_SECONDS },
	{ "messages", 1, 1e9, NUMBER_MESSAGES },
	{ "slices", 2, 10000, NUMBER_SLICES },
	{ "members", 1, 60000, NUMBER_MEMBERS },
	{ "clients", 2, 1000, NUMBER_MEMBERS },
	{ "window", 1, 512, NUMBER_WINDOW },
	{ "size", STAMP_SIZE, SHAPE_SIZE_MOST, NUMBER_SIZE },
	{ "rate", 1, 10000, NUMBER_RATE },
	{ "duration", 0.1, 86400, NUMBER_DURATION },
};

static double
bench_number_read(const struct number_option *option, const char *text)
{
	char *end;
	double number = strtod(text, &end);

	if (end == text || *end != '\0' || !(number >= option->least) ||
	    number > option->most)
		cannot_run("--%s takes a number from %g to %g, not %s",
		    option->name, option->least, option->most, text);
	return number;
}

static void
option_read(struct options *options, int option, const char *value)
{
	if (option < (int)COUNT_OF(takers))
		options->numbers[takers[option].number] =
		    bench_number_read(&takers[option], value);
	else if (option == 't')
		options->target = value;
	else if (option == 'p')
		options->pids = value;
	else if (option == 'd')
		options->dialect = value;
	else if (option == 'H')
		options->headers = value;
	else if (option == 'j')
		options->json = true;
	else {
		print_usage(option == 'h' ? stdout : stderr);
		exit(option == 'h' ? 0 : EXIT_CANNOT_RUN);
	}
}

void
options_read(struct options *options, int argc, char **argv)
{
	struct option longs[COUNT_OF(takers) + 7] = {
		[COUNT_OF(takers)] = { "target", required_argument, NULL, 't' },
		{ "pid", required_argument, NULL, 'p' },
		{ "dialect", required_argument, NULL, 'd' },
		{ "headers", required_argument, NULL, 'H' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
	};
	int option;

	for (size_t i = 0; i < COUNT_OF(takers); i++)
		longs[i] = (struct option){ takers[i].name, required_argument,
			NULL, (int)i };
	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1)
		option_read(options, option, optarg);
	if (argc - optind != 2) {
		print_usage(stderr);
		exit(EXIT_CANNOT_RUN);
	}
	options->case_name = argv[optind];
	options->addresses = argv[optind + 1];
}
