/*
 * What the connections of one thread share: libevent's loop, the time, the
 * memory they read into and send from, the wheel with their deadlines.
 */
#ifndef TRANSPORT_LOOP_H
#define TRANSPORT_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/list.h"
#include "domain/clock.h"
#include "transport/host.h"
#include "transport/limits.h"
#include "transport/meter.h"
#include "transport/net/accept_queue.h"
#include "transport/net/address.h"
#include "transport/net/address_ranges.h"
#include "transport/net/bulk.h"
#include "transport/net/chunk.h"
#include "transport/net/turn.h"
#include "transport/net/wheel.h"
#include "transport/trace.h"

struct conn;
struct event_base;
struct ws_service;

/* How much is read at once: a peer that sends more waits for the next turn. */
#define LOOP_INPUT_SIZE 16384

/* What so many connections, or so many bytes, is read before it is used. */
#define LOOP_BATCH_COUNT 32
#define LOOP_BATCH_SIZE (4 * LOOP_INPUT_SIZE)

/*
 * What was read, in the order in which it arrived. Reading and understanding
 * have code of their own; in turns for each connection, they would displace
 * each other from the processor's cache.
 */
struct loop_batch {
	char *bytes;
	size_t used;
	unsigned count;
	struct {
		struct conn *conn;
		size_t len;
	} reads[LOOP_BATCH_COUNT];
};

struct loop {
	struct event_base *base;
	struct clock *clock;
	const struct transport_limits *limits;
	const struct host *host;
	const struct address_ranges *proxies; /* trusted; may change */
	struct ws_service *websockets;        /* what WebSockets share */
	struct trace trace;
	struct meter meter;
	struct turn turn;
	struct bulk bulk;
	struct chunk_pool pool;
	struct loop_batch batch; /* empty at the end of a turn */
	struct wheel wheel;
	struct peer_table peers;
	struct accept_queue accept_queue;
	int64_t started_ms;
	int64_t now_ms;  /* as of this turn; 0 at the start */
	uint64_t random; /* for spreading things, not for secrets */
	struct conn *conns;
	struct conn *deferred; /* see conn_defer() */
	struct conn *dead;     /* to be freed with this turn */
	struct list idle;      /* see http_idle.h */
	size_t idle_count;     /* of these */
	bool is_ending;        /* all connections are aborted */
	size_t conn_count;
	uint32_t last_number;    /* of a connection */
	size_t proxy_wait_count; /* sockets in any struct proxy_wait */
	size_t input_bytes;      /* held for what has begun to arrive */
};

/* False: no memory; loop_fini() is called for in any case. */
bool loop_init(struct loop *, struct clock *, const struct transport_limits *,
    const struct host *, uint64_t seed);
void loop_fini(struct loop *);

/* Read the clock; the time then stands still until the next call. */
void loop_update_time(struct loop *);

/* The memory held for connections and by the host, by our own accounting. */
size_t loop_memory(const struct loop *);

/* A number below `bound`, which is not 0. */
uint32_t loop_random(struct loop *, uint32_t bound);

#endif
