#include "transport/net/loop.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

/* What a connection takes besides what is counted elsewhere. */
#define CONN_BYTES 704

size_t
loop_memory(const struct loop *loop)
{
	return host_bytes_held(loop->host) + loop->conn_count * CONN_BYTES +
	       loop->input_bytes + loop->pool.bytes;
}

void
loop_update_time(struct loop *loop)
{
	loop->now_ms = clock_monotonic_ms(loop->clock) - loop->started_ms;
}

uint32_t
loop_random(struct loop *loop, uint32_t bound)
{
	/* xorshift64: simple, fast, and good enough to spread. */
	uint64_t x = loop->random;

	assert(bound > 0);
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	loop->random = x;
	return (uint32_t)((x >> 32) % bound);
}

/* Without timers, libevent then reads no clock. NULL: no memory. */
static struct event_base *
loop_base_create(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base;

	if (config == NULL)
		return NULL;
	event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME);
	base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

static const struct address_ranges no_proxies;

bool
loop_init(struct loop *loop, struct clock *clock,
    const struct transport_limits *limits, const struct host *host,
    uint64_t seed)
{
	memset(loop, 0, sizeof(*loop));
	loop->base = loop_base_create();
	loop->batch.bytes = malloc(LOOP_BATCH_SIZE);
	loop->clock = clock;
	loop->trace.clock = clock;
	loop->limits = limits;
	loop->host = host;
	loop->proxies = &no_proxies;
	loop->random = seed | 1;
	loop->started_ms = clock_monotonic_ms(clock);
	list_init(&loop->idle);
	bulk_init(&loop->bulk);
	wheel_init(&loop->wheel);
	loop->wheel.now = 1; /* 0 is no moment */
	peer_table_init(&loop->peers);
	return accept_queue_init(&loop->accept_queue, loop->base,
		   &limits->accepts, &loop->now_ms, loop->random) &&
	       loop->base != NULL && loop->batch.bytes != NULL;
}

void
loop_fini(struct loop *loop)
{
	accept_queue_fini(&loop->accept_queue);
	if (loop->base != NULL)
		event_base_free(loop->base);
	peer_table_fini(&loop->peers);
	chunk_pool_fini(&loop->pool);
	free(loop->batch.bytes);
}
