/* Memory of idle connections, whether it is released, and their CPU time. */
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
	unsigned connections;
	unsigned members;  /* of each room; without rooms all of them */
	uint64_t quiet_ns; /* how long their CPU time is measured; 0: not */
	double quiet_cpu_ns;
	bool leaving;
};

static void
idle_opened(void *arg, struct client *client)
{
	struct idle *idle = arg;

	char text[PROTOCOL_SIZE];

	if (idle->protocol->settled == NULL)
		crowd_settle(client->crowd, client);
	if (idle->protocol->join == NULL)
		return;
	client_send(client, text,
	    idle->protocol->join(client->number / idle->members, text));
	client_flush(client);
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

/* Receives what arrives, pings for example. */
static void
crowd_run_for(struct crowd *crowd, uint64_t duration_ns)
{
	uint64_t end_ns = now_ns() + duration_ns;

	for (uint64_t now = now_ns(); now < end_ns; now = now_ns())
		crowd_turn(crowd, end_ns - now);
}

/* The crowd does not sleep: waking it would be charged to the server. */
static void
quiet_measure(struct idle *idle, struct crowd *crowd)
{
	const struct meter *meter = &idle->bench->meter;
	uint64_t begun_ns = meter_cpu_ns(meter);

	crowd->spin_ns = idle->quiet_ns;
	crowd_run_for(crowd, idle->quiet_ns);
	idle->quiet_cpu_ns = (double)(meter_cpu_ns(meter) - begun_ns);
	idle->quiet_ns = 0;
}

/* Returns the server's memory while all are connected. */
static uint64_t
round_run(struct idle *idle)
{
	struct crowd crowd;
	char path[PROTOCOL_SIZE];
	struct dial dial = { .to = &idle->bench->addresses,
		.path = path,
		.lines = &idle->bench->headers };
	uint64_t resident;

	idle->leaving = false;
	crowd_init(&crowd, idle->connections, &idle_ops, idle);
	for (unsigned i = 0; i < idle->connections; i++) {
		idle->protocol->path(i / idle->members, path);
		client_dial(crowd_add(&crowd), &dial);
		crowd_await_settled(&crowd, DIALLED_AT_ONCE);
	}
	crowd_await_settled(&crowd, 0);
	crowd_run_for(&crowd, SETTLING_NS);
	if (idle->quiet_ns > 0)
		quiet_measure(idle, &crowd);
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
	double seconds = shape->quiet_s;
	struct idle idle = { .bench = bench,
		.protocol = protocol_find(bench->target,
		    shape->rooms > 0 ? PROTOCOL_ROOMS : PROTOCOL_ECHO),
		.connections =
		    (shape->rooms > 0 ? shape->rooms : 1) * shape->members,
		.members = shape->members,
		.quiet_ns = (uint64_t)(seconds * 1e9) };
	double connections = idle.connections;
	double empty = (double)meter_resident(&bench->meter);
	double first;
	double left;
	double second;

	crowd_need_descriptors(idle.connections);
	first = (double)round_run(&idle);
	left = (double)meter_resident(&bench->meter);
	second = (double)round_run(&idle);
	if (seconds > 0)
		report_add(report, "us_per_connection_s",
		    idle.quiet_cpu_ns / 1e3 / connections / seconds);
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
