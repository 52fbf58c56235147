/*
 * Connections open, upgrade and close in a loop. Idle ones fill the lobby: in
 * a small lobby every join is announced, which would measure fan-out.
 */
#include "cmd/parley-bench/bench.h"
#include "cmd/parley-bench/crowd.h"
#include "cmd/parley-bench/fail.h"
#include "cmd/parley-bench/interval.h"
#include "cmd/parley-bench/protocol.h"

#define WARM_UP_PART 5
#define TIMEOUT_NS 10000000000u

struct churn {
	const struct bench *bench;
	unsigned movers; /* the first of the crowd */
	struct dial dial;
	struct interval interval;
	uint64_t begun;
	uint64_t done;
};

static void
churn_opened(void *arg, struct client *client)
{
	const struct churn *churn = arg;

	crowd_settle(client->crowd, client);
	if (client->number >= churn->movers)
		return;
	client_send_close(client);
	client_flush(client);
}

/* The next connection of a client, unless there were enough. */
static void
churn_dial(struct churn *churn, struct client *client)
{
	uint64_t most = churn->bench->messages;

	if (most > 0 ? churn->begun == most
		     : interval_is_over(&churn->interval))
		return;
	churn->begun++;
	client_dial(client, &churn->dial);
}

/* A greeting may come before the close. */
static void
churn_received(void *arg, struct client *client, const char *text, size_t len)
{
	(void)arg;
	(void)client;
	(void)text;
	(void)len;
}

static void
churn_closed(void *arg, struct client *client)
{
	struct churn *churn = arg;

	if (client->number >= churn->movers)
		wrong_answer("connection %u, which stood by, was closed",
		    client->number);
	if (client->close_code != 1000)
		wrong_answer("a close with code 1000 was answered with %u",
		    client->close_code);
	churn->done++;
	churn_dial(churn, client);
}

static const struct crowd_ops churn_ops = {
	.opened = churn_opened,
	.received = churn_received,
	.closed = churn_closed,
};

static void
idle_connect(struct churn *churn, struct crowd *crowd, size_t clients)
{
	crowd_init(crowd, clients, &churn_ops, churn);
	for (size_t i = 0; i < clients; i++) {
		struct client *client = crowd_add(crowd);

		if (client->number >= churn->movers)
			client_dial(client, &churn->dial);
	}
	crowd_await_settled(crowd, 0);
}

/* Returns the server's CPU time. */
static uint64_t
phase_run(struct churn *churn, struct crowd *crowd, double seconds)
{
	churn->begun = 0;
	interval_begin(&churn->interval, &churn->bench->meter,
	    (uint64_t)(seconds * 1e9));
	for (unsigned i = 0; i < churn->movers; i++)
		churn_dial(churn, &crowd->clients[i]);
	while (crowd->connected > crowd->count - churn->movers)
		if (!crowd_turn(crowd, TIMEOUT_NS))
			wrong_answer("connections do not end");
	return interval_cpu_ns(&churn->interval);
}

void
run_churn(const struct bench *bench, const struct shape *shape,
    struct report *report)
{
	char path[PROTOCOL_SIZE];
	struct churn churn = { .bench = bench,
		.movers = shape->members,
		.dial = { .to = &bench->addresses,
		    .path = path,
		    .lines = &bench->headers } };
	struct crowd crowd;
	uint64_t cpu_ns = 0;

	protocol_find(bench->target, PROTOCOL_ECHO)->path(0, path);
	idle_connect(&churn, &crowd, shape->members + shape->standing);
	if (bench->messages == 0)
		phase_run(&churn, &crowd, bench->seconds / WARM_UP_PART);
	churn.done = 0;
	for (unsigned i = 0; i < bench->slices; i++) {
		bench_await_slice(bench);
		cpu_ns +=
		    phase_run(&churn, &crowd, bench->seconds / bench->slices);
	}
	report_add(report, "connections", (double)churn.done);
	report_add(report, "cpu_s", (double)cpu_ns / 1e9);
	report_add(report, "connections_per_cpu_s",
	    (double)churn.done * 1e9 / (double)cpu_ns);
	crowd_fini(&crowd);
}
