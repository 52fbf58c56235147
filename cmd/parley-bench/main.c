/* parley-bench: loads a chat server and checks every message. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd/parley-bench/bench.h"
#include "cmd/parley-bench/fail.h"
#include "cmd/parley-bench/options.h"
#include "cmd/parley-bench/protocol.h"

static void
address_read(const char *text, struct sockaddr_in *out)
{
	char host[64];
	unsigned port;

	*out = (struct sockaddr_in){ .sin_family = AF_INET };
	if (sscanf(text, "%63[0-9.]:%5u", host, &port) != 2 || port == 0 ||
	    port > UINT16_MAX || inet_pton(AF_INET, host, &out->sin_addr) != 1)
		cannot_run("%s is no IPv4 address with a port", text);
	out->sin_port = htons((uint16_t)port);
}

static void
addresses_read(const char *texts, struct addresses *out)
{
	for (const char *at = texts; at != NULL; at = strchr(at, ',')) {
		if (out->count == NODES_MOST)
			cannot_run("there are more than %d addresses",
			    NODES_MOST);
		at += *at == ',';
		address_read(at, &out->at[out->count++]);
	}
}

static const struct bench_case *
case_choose(const struct options *options, struct shape *shape)
{
	const struct bench_case *chosen = bench_case_find(options->case_name);

	if (chosen == NULL)
		cannot_run("there is no case %s, see --help",
		    options->case_name);
	if (options->pids == NULL && !chosen->shape.unmetered)
		cannot_run("%s has to know the server's --pid", chosen->name);
	*shape = chosen->shape;
	if (options->numbers[NUMBER_MEMBERS] > 0)
		shape->members = (unsigned)options->numbers[NUMBER_MEMBERS];
	if (options->numbers[NUMBER_RATE] > 0)
		shape->rate = (unsigned)options->numbers[NUMBER_RATE];
	if (options->numbers[NUMBER_WINDOW] > 0)
		shape->window = (unsigned)options->numbers[NUMBER_WINDOW];
	if (options->numbers[NUMBER_SIZE] > 0)
		shape->size = (unsigned)options->numbers[NUMBER_SIZE];
	if (shape->size > 0 && shape->rooms == 0 && !shape->acks)
		cannot_run("%s has no messages of a --size", chosen->name);
	if (options->numbers[NUMBER_SLICES] > 1 && chosen->run != run_speed &&
	    chosen->run != run_churn)
		cannot_run("%s has no --slices", chosen->name);
	if (options->numbers[NUMBER_SLICES] > 1 &&
	    options->numbers[NUMBER_MESSAGES] > 0)
		cannot_run("--slices are of --seconds, not of --messages");
	if (shape->members < shape->senders)
		cannot_run("%s has %u senders", chosen->name, shape->senders);
	return chosen;
}

void
bench_await_slice(const struct bench *bench)
{
	if (bench->slices > 1)
		raise(SIGSTOP);
}

int
main(int argc, char **argv)
{
	struct options options = { .target = "parley",
		.dialect = "action",
		.numbers = { [NUMBER_SECONDS] = 1,
		    [NUMBER_SLICES] = 1,
		    [NUMBER_DURATION] = 60 } };
	struct bench bench = { 0 };
	struct report report = { 0 };
	const struct bench_case *chosen;
	struct shape shape;

	options_read(&options, argc, argv);
	chosen = case_choose(&options, &shape);
	if (protocol_find(options.target, PROTOCOL_ROOMS) == NULL)
		cannot_run("--target is parley, bare, mqtt or centrifugo");
	addresses_read(options.addresses, &bench.addresses);
	if (options.pids != NULL)
		meter_init(&bench.meter, options.pids);
	if (options.headers != NULL)
		header_lines_read(&bench.headers, options.headers);
	bench.target = options.target;
	bench.dialect = options.dialect;
	bench.seconds = options.numbers[NUMBER_SECONDS];
	bench.messages = (uint64_t)options.numbers[NUMBER_MESSAGES];
	bench.slices = (unsigned)options.numbers[NUMBER_SLICES];
	bench.duration_s = options.numbers[NUMBER_DURATION];
	bench.run = (uint32_t)(now_ns() ^ (uint64_t)getpid() << 20);
	prctl(PR_SET_TIMERSLACK, 1UL); /* for precise sending at a rate */
	chosen->run(&bench, &shape, &report);
	report_print(&report, stdout, chosen->name, options.target,
	    options.json);
	header_lines_free(&bench.headers);
	if (fflush(stdout) != 0)
		return EXIT_CANNOT_RUN;
	return report.wrong ? EXIT_WRONG_ANSWER : 0;
}
