/* What a Redis is, and how it is set: asked once, which blocks. Public. */
#ifndef CLUSTER_REDIS_PROBE_H
#define CLUSTER_REDIS_PROBE_H

#include "cluster/broker_options.h"
#include "cluster/broker_url.h"
#include "cluster/redis/redis_tls.h"

struct redis_facts {
	char peer[BROKER_HOST_SIZE + 8];
	char version[32];
	char role[16];
	char policy[32];        /* maxmemory-policy */
	bool has_memory_limit;  /* maxmemory */
	bool has_journal;       /* appendonly */
	bool has_pubsub_limits; /* client-output-buffer-limit was readable: */
	unsigned long long pubsub_hard, pubsub_soft; /* bytes; 0: none */
};

/*
 * Of a target; of the primary that the first of its sentinels names. A target
 * without TLS needs no `tls`. False: `why` explains the problem; out->peer is
 * what was asked.
 */
bool redis_probe(const struct broker_target *, const struct broker_options *,
    struct redis_tls *tls, struct redis_facts *out, char *why, size_t size);

#endif
