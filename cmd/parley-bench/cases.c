#include "cmd/parley-bench/bench.h"

#include <stddef.h>
#include <string.h>

const struct bench_case bench_cases[] = {
	{ "one-10", "a room of 10, one message at a time", run_speed,
	    { .rooms = 1, .members = 10, .senders = 1, .window = 1 } },
	{ "one-100", "a room of 100, one message at a time", run_speed,
	    { .rooms = 1, .members = 100, .senders = 1, .window = 1 } },
	{ "one-1000", "a room of 1000, one message at a time", run_speed,
	    { .rooms = 1, .members = 1000, .senders = 1, .window = 1 } },
	{ "one-5000", "a room of 5000, one message at a time", run_speed,
	    { .rooms = 1, .members = 5000, .senders = 1, .window = 1 } },
	{ "flight-100", "a room of 100, 64 messages in flight", run_speed,
	    { .rooms = 1, .members = 100, .senders = 1, .window = 64 } },
	{ "flight-1000", "a room of 1000, 64 messages in flight", run_speed,
	    { .rooms = 1, .members = 1000, .senders = 1, .window = 64 } },
	{ "rooms", "100 rooms of 10, everybody talks", run_speed,
	    { .rooms = 100, .members = 10, .senders = 10, .window = 1 } },
	{ "speakers", "a room of 1000, 10 of them talk", run_speed,
	    { .rooms = 1, .members = 1000, .senders = 10, .window = 1 } },
	{ "echo-1", "one client is answered", run_speed,
	    { .members = 1, .senders = 1, .window = 1 } },
	{ "echo-100", "100 clients are answered", run_speed,
	    { .members = 100, .senders = 1, .window = 1 } },
	{ "echo-1000", "1000 clients are answered", run_speed,
	    { .members = 1000, .senders = 1, .window = 1 } },
	{ "paced", "a room of 4, each sends 30 messages a second", run_speed,
	    { .rooms = 1, .members = 4, .senders = 4, .rate = 30 } },
	{ "mixed", "a room of 999, a third of them in each dialect", run_mixed,
	    { .rooms = 1,
		.members = 999,
		.senders = 1,
		.window = 64,
		.mixed = true } },
	{ "acks-1", "a message that is kept, then the next", run_speed,
	    { .members = 1, .senders = 1, .window = 1, .acks = true } },
	{ "acks-16", "16 clients do so", run_speed,
	    { .members = 16, .senders = 1, .window = 1, .acks = true } },
	{ "acks-256", "256 clients do so", run_speed,
	    { .members = 256, .senders = 1, .window = 1, .acks = true } },
	{ "acks-1000", "1000 clients do so", run_speed,
	    { .members = 1000, .senders = 1, .window = 1, .acks = true } },
	{ "acks-flight", "16 clients, 64 messages in flight each", run_speed,
	    { .members = 16, .senders = 1, .window = 64, .acks = true } },
	{ "acks-paced", "100 clients, each 100 messages a second", run_speed,
	    { .members = 100, .senders = 1, .rate = 100, .acks = true } },
	{ "stalled", "100 of 200 members stop reading", run_stalled,
	    { .rooms = 1,
		.members = 100,
		.senders = 1,
		.window = 64,
		.stalled = 100 } },
	{ "discard-1000", "a room of 1000, most of which cost no CPU time",
	    run_speed,
	    { .rooms = 1,
		.members = 1000,
		.senders = 1,
		.window = 1,
		.discards = true } },
	{ "discard-rooms", "100 rooms of 10, likewise", run_speed,
	    { .rooms = 100,
		.members = 10,
		.senders = 1,
		.window = 1,
		.discards = true } },
	{ "idle", "15000 connections do nothing", run_idle,
	    { .members = 15000 } },
	{ "in-room", "15000 members of 150 rooms do nothing", run_idle,
	    { .rooms = 150, .members = 100, .quiet_s = 26 } },
	{ "churn", "connect, upgrade, close", run_churn,
	    { .members = 32, .standing = 100 } },
	{ "latency", "how long a few people wait, in any dialect", run_latency,
	    { .members = 4, .rate = 30, .unmetered = true } },
	{ 0 },
};

const struct bench_case *
bench_case_find(const char *name)
{
	for (const struct bench_case *each = bench_cases; each->name != NULL;
	     each++)
		if (strcmp(each->name, name) == 0)
			return each;
	return NULL;
}
