/* What the connections of one server share. */
#ifndef TRANSPORT_WORKER_H
#define TRANSPORT_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/clock.h"
#include "domain/server_stats.h"
#include "transport/endpoint.h"
#include "transport/http/http.h"
#include "transport/limits.h"
#include "transport/meter.h"
#include "transport/net/accept_queue.h"
#include "transport/net/address.h"
#include "transport/net/send_queue.h"
#include "transport/net/wheel.h"
#include "transport/ws/ws_message.h"
#include "wire/dialect.h"

struct assets;
struct event_base;
struct conn;
struct chat_stats;
struct profile;

/* How much is read at once; whoever sends more waits for the next turn. */
#define WORKER_INPUT_SIZE 16384

struct worker {
	struct event_base *base;
	struct clock *clock;
	struct endpoint *endpoint;
	bool has_routes;               /* health checks are answered */
	const struct assets *assets;   /* pages and scripts; or NULL */
	const struct profile *profile; /* what the server is; or NULL */
	const struct transport_limits *limits;
	/* Bytes that others hold for members, the history for one; or NULL. */
	size_t (*held)(void *arg);
	/* What faces tell of the chat; or NULL. */
	void (*figures)(struct chat_stats *, void *arg);
	/* What monitors are told of the chat; NULL: they are told nothing. */
	void (*tell_report)(struct server_stats *, void *arg);
	/* Why nothing can be stored; whether senders are to wait; whether
	 * answers do. Or NULL. */
	const char *(*trouble)(void *arg);
	bool (*pressed)(void *arg);
	bool (*waits)(void *arg);
	void *arg;             /* of all of them */
	struct wire_text face; /* the body of the last answer that has one */
	struct server_stats report; /* the last one */
	struct meter meter;
	struct ws_reader_limits reader_limits;
	struct http_limits http_limits;
	struct chunk_pool pool;
	char *input; /* where all connections read, one after the other */
	struct wheel wheel;
	struct peer_table peers;
	struct accept_queue accept_queue;
	int64_t started_ms;
	int64_t now_ms;      /* as of this turn; 0 at the start */
	uint64_t random;     /* for spreading things, not for secrets */
	struct conn *conns;  /* all of them */
	struct conn *ending; /* those that end with this turn */
	struct conn *dead;   /* to be freed with this turn */
	struct conn *spent;  /* nothing waits to be sent to them any more */
	size_t conn_count;
	size_t open_count;      /* with an open WebSocket */
	size_t websocket_count; /* the same, and those being closed */
	size_t input_bytes;     /* held for unfinished messages */
	bool refusing;          /* no new WebSockets: going down */
	bool draining;          /* readyz says no */
	int64_t drained_ms;     /* the last connection goes then */
};

struct server_config;

/* False: no memory; worker_fini() is called for in any case. */
bool worker_init(struct worker *, const struct server_config *);
void worker_fini(struct worker *);

/* Ends all connections at once. */
void worker_end_connections(struct worker *);

/* Limits were changed in place: those that are copied are copied anew. */
void worker_limits_changed(struct worker *);

/* Read the clock; the time then stands still until the next call. */
void worker_update_time(struct worker *);

/* A number below `bound`, which is not 0. */
uint32_t worker_random(struct worker *, uint32_t bound);

/* Everything that is held for connections, by our own accounting. */
size_t worker_memory(const struct worker *);

/*
 * The end of a loop turn: what was said is sent, connections that are to
 * end do, and the dead are freed.
 */
void worker_end_turn(struct worker *);

#endif
