/* This process as one of several nodes: see cluster/cluster.h. */
#ifndef CMD_NODE_H
#define CMD_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "cluster/cluster.h"
#include "cmd/parleyd/options/options.h"
#include "commands/commands.h"
#include "domain/server_stats.h"
#include "persistence/stores.h"

struct event_base;
struct hooks;
struct node;
struct redis_tls;

struct node_ops {
	/* The node cannot go on; the status to exit with. */
	void (*stop)(void *arg, int status);
	/* As of cluster_host_ops. */
	void (*share)(void *arg, struct str user_id, size_t here,
	    size_t everywhere);
	void (*failed_login)(void *arg, const uint64_t keys[2]);
	void *arg;
};

/*
 * Sets the log, the order and the ids of the chat, which has its stores. The
 * directory of files has the id; the hooks may be NULL. NULL: it is logged why
 * not, and *status is what to exit with.
 */
struct node *node_create(const struct options *, const struct stores *,
    struct chat *, const char *files_id, struct hooks *, uint64_t seed,
    const struct node_ops *, int *status);

/* Connects to the broker. False: no memory. */
bool node_start(struct node *, struct event_base *, struct dispatcher *);

/* As cluster_spread_failed_login(). */
void node_spread_failed_login(struct node *, const uint64_t keys[2]);

/* About ten times a second. */
void node_tick(struct node *);

/*
 * Sends what is left, for at most a second, and disconnects from the broker.
 * The event base exists still. NULL is accepted, here and below.
 */
void node_stop(struct node *);
void node_destroy(struct node *);

/* Why the node is not ready for clients; NULL: it is. */
const char *node_error(const struct node *, enum broker_down);

/* The same at all nodes: ids of messages depend on it. */
uint64_t node_common_seed(const struct options *);

void node_stats(const struct node *, struct broker_stats *);

/* All nodes that this one knows, and itself. */
void node_each(const struct node *, node_visit *, void *arg);

/* Whether changed options would make it differ from the other nodes. */
bool node_agrees(const struct node *, const struct options *);

/*
 * Reads the files of certificates for Redis. *out is NULL without TLS, or a
 * node. False: it is logged why not.
 */
bool node_load_tls(const struct node *, const struct broker_options *,
    struct redis_tls **out);

/* The next connections to Redis have these certificates; NULL: as before. */
void node_use_tls(struct node *, struct redis_tls *);

#endif
