/* parley-bench: puts load on a chat server and checks what comes back. */
#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd/parley-bench/bench.h"
#include "cmd/parley-bench/fail.h"
#include "cmd/parley-bench/speech.h"

struct options {
	const char *case_name;
	const char *address;
	const char *target;
	pid_t pid;
	double seconds;
	unsigned members; /* instead of the case's; 0: as the case says */
	bool json;
};

static void
print_usage(FILE *out)
{
	fputs(
	    "usage: parley-bench --pid PID [options] CASE ADDRESS:PORT\n"
	    "\n"
	    "  --pid PID        process of the server, whose CPU time counts\n"
	    "  --target NAME    parley (default), or bare: the limit program\n"
	    "  --seconds S      of CPU time of the server (default 1)\n"
	    "  --members N      members of a room, or connections\n"
	    "  --json           one JSON object instead of a list\n"
	    "\n"
	    "Exit status: 0, 1 if the server gave a wrong answer, 2 if the "
	    "run could\nnot be done. Run it on loopback.\n"
	    "\nCases:\n",
	    out);
	for (const struct bench_case *each = bench_cases; each->name != NULL;
	     each++)
		fprintf(out, "  %-16s %s\n", each->name, each->about);
}

static double
read_number(const char *option, const char *text, double least, double most)
{
	char *end;
	double number = strtod(text, &end);

	if (end == text || *end != '\0' || !(number >= least) || number > most)
		cannot_run("--%s takes a number from %g to %g, not %s", option,
		    least, most, text);
	return number;
}

static void
read_options(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "pid", required_argument, NULL, 'p' },
		{ "target", required_argument, NULL, 't' },
		{ "seconds", required_argument, NULL, 's' },
		{ "members", required_argument, NULL, 'm' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (option == 'p')
			options->pid =
			    (pid_t)read_number("pid", optarg, 1, 1 << 30);
		else if (option == 't')
			options->target = optarg;
		else if (option == 's')
			options->seconds =
			    read_number("seconds", optarg, 0.01, 600);
		else if (option == 'm')
			options->members =
			    (unsigned)read_number("members", optarg, 1, 60000);
		else if (option == 'j')
			options->json = true;
		else {
			print_usage(option == 'h' ? stdout : stderr);
			exit(option == 'h' ? 0 : EXIT_CANNOT_RUN);
		}
	}
	if (argc - optind != 2 || options->pid == 0) {
		print_usage(stderr);
		exit(EXIT_CANNOT_RUN);
	}
	options->case_name = argv[optind];
	options->address = argv[optind + 1];
}

static void
read_address(const char *text, struct sockaddr_in *out)
{
	char host[64];
	unsigned port;

	*out = (struct sockaddr_in){ .sin_family = AF_INET };
	if (sscanf(text, "%63[0-9.]:%5u", host, &port) != 2 || port == 0 ||
	    port > UINT16_MAX || inet_pton(AF_INET, host, &out->sin_addr) != 1)
		cannot_run("%s is no IPv4 address with a port", text);
	out->sin_port = htons((uint16_t)port);
}

int
main(int argc, char **argv)
{
	struct options options = { .target = "parley", .seconds = 1 };
	struct bench bench = { 0 };
	struct report report = { 0 };
	const struct bench_case *chosen;
	struct shape shape;

	read_options(argc, argv, &options);
	chosen = bench_case_find(options.case_name);
	if (chosen == NULL)
		cannot_run("there is no case %s, see --help",
		    options.case_name);
	if (speech_find(options.target, SPEECH_ROOMS) == NULL)
		cannot_run("--target is parley or bare");
	shape = chosen->shape;
	if (options.members > 0)
		shape.members = options.members;
	if (shape.members < shape.speakers)
		cannot_run("%s has %u speakers", chosen->name, shape.speakers);
	read_address(options.address, &bench.address);
	meter_init(&bench.meter, options.pid);
	bench.target = options.target;
	bench.seconds = options.seconds;
	bench.run = (uint32_t)(now_ns() ^ (uint64_t)getpid() << 20);
	prctl(PR_SET_TIMERSLACK, 1UL); /* to be on time at a rate */
	chosen->run(&bench, &shape, &report);
	report_print(&report, stdout, chosen->name, options.target,
	    options.json);
	return fflush(stdout) == 0 ? 0 : EXIT_CANNOT_RUN;
}
