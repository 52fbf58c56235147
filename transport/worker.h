/* What the connections of one server share. */
#ifndef TRANSPORT_WORKER_H
#define TRANSPORT_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/command_log.h"
#include "domain/server_stats.h"
#include "domain/stats_history.h"
#include "transport/http/http_conn.h"
#include "transport/net/loop.h"
#include "transport/ws/ws_conn.h"
#include "wire/dialect.h"

struct api;
struct assets;
struct hooks;
struct packer;
struct profile;
struct server_config;
struct unpacker;

struct worker {
	struct loop loop; /* first: the loop of a connection is its worker's */
	struct ws_service ws;
	struct http_service http;
	struct api *api;               /* for backends; or NULL */
	struct hooks *hooks;           /* or NULL */
	const struct assets *assets;   /* pages and scripts; or NULL */
	const struct profile *profile; /* what the server is; or NULL */
	struct command_log commands;   /* of dialects that have monitors */
	struct wire_text body;      /* of the last answer that has a long one */
	struct server_stats report; /* the last one */
	struct stats_history history;
};

/* The worker of a connection. */
static inline struct worker *
worker_of(const struct conn *conn)
{
	return (struct worker *)conn->loop;
}

/* False: no memory; worker_fini() is called for in any case. */
bool worker_init(struct worker *, const struct server_config *);
void worker_fini(struct worker *);

/* Ends all connections at once. */
void worker_end_connections(struct worker *);

/* Limits were changed in place: those that are copied are copied anew. */
void worker_limits_changed(struct worker *);

/*
 * The end of a loop turn: what was published is sent, connections that are to
 * end do, and the dead are freed.
 */
void worker_end_turn(struct worker *);

/* --- for another process: worker_pack.c ----------------------------------- */

/* Connections that it cannot go on with. */
size_t worker_count_unmovable(const struct worker *);

/* Lets them leave, each at a moment of its own within the time. */
void worker_drain_unmovable(struct worker *, int64_t within_ms);

/*
 * The others, between two turns, and what they share; `sockets` has room for
 * all. Returns how many there are.
 */
size_t worker_pack(struct worker *, struct packer *, int *sockets);

/*
 * Into a worker without connections, which takes the sockets in any case.
 * False: no such bytes, or no memory.
 */
bool worker_unpack(struct worker *, struct unpacker *, const int *sockets,
    size_t count);

#endif
