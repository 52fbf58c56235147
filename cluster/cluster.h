/*
 * One of many nodes that are one chat: gives the commands that change what all
 * nodes share their place in the log of the chat, runs those of all nodes in
 * that order, and follows the logs of the rooms that are needed here. Pure:
 * time, chance and the broker are handed in. Public.
 *
 * It is the chat's order (domain/command_order.h), its log
 * (domain/commit_log.h) and its source of ids.
 */
#ifndef CLUSTER_CLUSTER_H
#define CLUSTER_CLUSTER_H

#include "cluster/broker.h"
#include "domain/attribute_store.h"
#include "domain/clock.h"
#include "domain/command_order.h"
#include "domain/commit_log.h"
#include "domain/history.h"
#include "domain/id_source.h"
#include "domain/member_store.h"
#include "domain/room_store.h"
#include "domain/server_stats.h"

struct cluster;

/* Changes with what the logs have, and with what ordered commands do. */
#define CLUSTER_VERSION 4

/* What the program around it does. None of these calls back. */
struct cluster_host_ops {
	/* cluster_flush() is due, in this turn of the loop. */
	void (*wake)(void *arg);
	/* The node cannot go on: its state is not that of the others. */
	void (*stop)(void *arg, const char *why);
	/*
	 * A user has so many connections to this node, and to all nodes. NULL:
	 * is not needed.
	 */
	void (*share)(void *arg, struct str user_id, size_t here,
	    size_t everywhere);
	/* See cluster_spread_failed_login(); of another node. NULL: ignored. */
	void (*failed_login)(void *arg, const uint64_t keys[2]);
	/* dispatcher_newcomers(), dispatcher_resume(). */
	uint64_t (*newcomers)(void *arg);
	void (*resume)(void *arg, uint64_t newcomers);
	/*
	 * With config.relays: this node, or another one, passes on what happens
	 * to another program. What came before was passed on, and numbered up
	 * to there.
	 */
	void (*relay)(void *arg, bool is_here, uint64_t number,
	    int64_t sent_ms);
	/* How far this node is with that; false: as far as before. */
	bool (*relayed)(void *arg, uint64_t *number, int64_t *sent_ms);
};

/* Everything is borrowed. */
struct cluster_config {
	struct str name; /* of the node, at most 64 bytes; the id adds to it */
	struct str digest;  /* of what must be the same on all nodes */
	struct str url;     /* where it is reached, for people; or empty */
	struct str version; /* of the program */
	struct member_store *members;
	struct room_store *rooms;
	struct history *history;
	struct attribute_store *attributes;
	/* Adds a message that has its number: memory_history_put(). */
	enum chat_error (*history_put)(struct history *, struct str room,
	    const struct message *);
	/* memory_history_set_span(). */
	void (*history_set_span)(struct history *, struct str room,
	    const struct history_span *);
	struct clock *clock;
	struct id_source *ids; /* random ones */
	int64_t lease_ms;
	int64_t give_up_ms;
	/* An answer of the broker says more than that it has published. */
	bool awaits_answers;
	bool relays; /* this node can be the relay */
	const struct cluster_host_ops *host;
	void *arg;
};

/* NULL: no memory. */
struct cluster *cluster_create(const struct cluster_config *);
/* The broker is destroyed before. */
void cluster_destroy(struct cluster *);

struct commit_log *cluster_log(struct cluster *);
struct command_order *cluster_order(struct cluster *);
struct id_source *cluster_ids(struct cluster *);

/*
 * Begins to follow the log of the chat. The broker is borrowed, and its
 * listener is set. The chat's dispatcher exists.
 */
void cluster_start(struct cluster *, struct broker *);

/*
 * The members of this node have gone: sends that, and then that the node goes.
 * False: all is done, or cannot be.
 */
bool cluster_leave(struct cluster *);

/* A log-in has failed here: reports it to the nodes that can be reached. */
void cluster_spread_failed_login(struct cluster *, const uint64_t keys[2]);

/* Sends what was proposed; at the end of a turn. */
void cluster_flush(struct cluster *);
/* About ten times a second. */
void cluster_tick(struct cluster *);

/*
 * The place of what happens now in the log of the chat, and its time: that of
 * the entry which is applied.
 */
void cluster_moment(const struct cluster *, uint64_t *place, int64_t *at_ms);

/*
 * This node is the relay, and no other one can have become it: it has had a
 * lease all the time. It has observed what the logs have.
 */
bool cluster_may_relay(const struct cluster *);

/* Why no command that needs the other nodes can run; NULL: they can. */
const char *cluster_error(const struct cluster *);

struct cluster_stats {
	size_t nodes; /* alive */
	size_t rooms; /* that are followed */
	size_t pending_bytes;
	uint64_t commands; /* total: run in the order of all nodes */
	uint64_t entries;  /* total: of rooms */
	uint64_t gaps;     /* total: batches that were missed */
	uint64_t loads;    /* total: logs that were read from the start */
	uint64_t heals;    /* total: logs that the broker had lost */
	uint64_t resets;   /* total: rooms whose members have come again */
	int64_t lag_ms;    /* see node_stats */
};

void cluster_stats(const struct cluster *, struct cluster_stats *);

/* All nodes that are known, and this one. */
void cluster_each_node(const struct cluster *, node_visit *, void *arg);

#endif
