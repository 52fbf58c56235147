/* The broker that is one Redis, or several, each of which has some logs.
 * Public. */
#ifndef CLUSTER_REDIS_BROKER_H
#define CLUSTER_REDIS_BROKER_H

#include <stdint.h>

#include "cluster/broker.h"
#include "cluster/broker_options.h"
#include "cluster/broker_url.h"
#include "cluster/redis/redis_tls.h"
#include "domain/base/histogram.h"

struct clock;
struct event_base;

/* Everything is borrowed and outlives the broker. */
struct redis_config {
	const struct broker_options *options; /* with the password itself */
	const struct broker_targets *targets;
	struct redis_tls *tls; /* NULL: no target has TLS */
	struct event_base *base;
	struct clock *clock;
	uint64_t seed;           /* of the time between attempts to connect */
	struct histogram *times; /* of scripts, from the call to its answer */
};

/*
 * Connects when the loop runs, and again after each loss. NULL: no memory.
 * Like hiredis, it aborts if memory is missing later.
 */
struct broker *redis_broker_create(const struct redis_config *);

#endif
