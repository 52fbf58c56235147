/* The memory of idle connections, and whether it is released. */
#include <string.h>

#include "cmd/parley-bench/bench.h"
#include "cmd/parley-bench/crowd.h"
#include "cmd/parley-bench/fail.h"
#include "cmd/parley-bench/protocol.h"

#define DIALLED_AT_ONCE 64
#define SETTLING_NS 300000000u

struct idle {
	const struct bench *bench;
	const struct protocol *protocol;
	bool leaving;
};

static void
idle_opened(void *arg, struct client *client)
{
	struct idle *idle = arg;

	if (idle->protocol->settled == NULL)
		crowd_settle(client->crowd, client);
}

static void
idle_received(void *arg, struct client *client, const char *text, size_t len)
{
	struct idle *idle = arg;
	const char *settled = idle->protocol->settled;

	if (!client->settled && settled != NULL &&
	    memmem(text, len, settled, strlen(settled)) != NULL)
		crowd_settle(client->crowd, client);
}

static void
idle_closed(void *arg, struct client *client)
{
	struct idle *idle = arg;

	if (!idle->leaving)
		wrong_answer("idle connection %u was closed with code %u",
		    client->number, client->close_code);
}

static const struct crowd_ops idle_ops = {
	.opened = idle_opened,
	.received = idle_received,
	.closed = idle_closed,
};

/* Lets outstanding frames arrive. */
static void
frames_settle(struct crowd *crowd)
{
	uint64_t end_ns = now_ns() + SETTLING_NS;

	for (uint64_t now = now_ns(); now < end_ns; now = now_ns())
		crowd_turn(crowd, end_ns - now);
}

/* Returns the server's memory while all are connected. */
static uint64_t
round_run(struct idle *idle, size_t connections)
{
	struct crowd crowd;
	char path[PROTOCOL_SIZE];
	struct dial dial = { .to = &idle->bench->addresses,
		.path = path,
		.lines = &idle->bench->headers };
	uint64_t resident;

	idle->leaving = false;
	idle->protocol->path(0, path);
	crowd_init(&crowd, connections, &idle_ops, idle);
	for (size_t i = 0; i < connections; i++) {
		client_dial(crowd_add(&crowd), &dial);
		crowd_await_settled(&crowd, DIALLED_AT_ONCE);
	}
	crowd_await_settled(&crowd, 0);
	frames_settle(&crowd);
	resident = meter_resident(&idle->bench->meter);
	idle->leaving = true;
	crowd_close(&crowd);
	crowd_fini(&crowd);
	return resident;
}

void
run_idle(const struct bench *bench, const struct shape *shape,
    struct report *report)
{
	struct idle idle = { .bench = bench,
		.protocol = protocol_find(bench->target, PROTOCOL_ECHO) };
	double connections = shape->members;
	double empty = (double)meter_resident(&bench->meter);
	double first;
	double left;
	double second;

	crowd_need_descriptors(shape->members);
	first = (double)round_run(&idle, shape->members);
	left = (double)meter_resident(&bench->meter);
	second = (double)round_run(&idle, shape->members);
	report_add(report, "connections", connections);
	report_add(report, "empty_mib", empty / (1024 * 1024));
	report_add(report, "full_mib", first / (1024 * 1024));
	report_add(report, "left_mib", left / (1024 * 1024));
	report_add(report, "again_mib", second / (1024 * 1024));
	report_add(report, "kib_per_connection",
	    (first - empty) / connections / 1024);
	report_add(report, "kib_per_connection_again",
	    (second - first) / connections / 1024);
}
