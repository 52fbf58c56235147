/*
 * Nodes and a model of Redis in one process, in virtual time. Each node has a
 * connection to Redis, which delays and loses what a seed chooses.
 */
#ifndef TESTS_SIM_NET_H
#define TESTS_SIM_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "cluster/broker.h"
#include "tests/support/cluster/model_redis.h"

struct sim_net;

#define SIM_NODES_MAX 8

struct sim_net *sim_net_create(uint64_t seed);
void sim_net_destroy(struct sim_net *);

/* Milliseconds since the beginning. */
int64_t sim_net_now_ms(const struct sim_net *);

/* A number below this bound. */
uint64_t sim_net_random(struct sim_net *, uint64_t bound);

/* Calls a function at a time; of a node, not before its pause ends. */
typedef void sim_event(void *arg);
#define SIM_NO_NODE (-1)
void sim_net_at(struct sim_net *, int64_t at_ms, int node, sim_event *,
    void *arg);

/* Goes on to the next event. False: there is none. */
bool sim_net_step(struct sim_net *);

/* The node's connection, which exists until broker_destroy(). */
struct broker *sim_net_node(struct sim_net *, int node);

/* The longest delay of a message in one direction. */
void sim_net_set_delay(struct sim_net *, int64_t most_ms);

/* --- faults --------------------------------------------------------------- */

/*
 * The connection is lost: each call that is under way is carried out or not,
 * and what was published is lost. It is made again after some time.
 */
void sim_net_cut(struct sim_net *, int node, int64_t for_ms);

/* The next so many publications do not reach the node. */
void sim_net_lose(struct sim_net *, int node, unsigned count);

/* Appends of the node are carried out, and their outcome is unknown. */
void sim_net_lose_answers(struct sim_net *, int node, bool);

/* The node does nothing until this time has passed. */
void sim_net_pause(struct sim_net *, int node, int64_t for_ms);

bool sim_net_is_paused(const struct sim_net *, int node);

/* Redis cannot be reached by any node. */
void sim_net_stop_redis(struct sim_net *, int64_t for_ms);

/* Saves the state of Redis, and restores it; empty if it was never saved. */
void sim_net_save(struct sim_net *);
void sim_net_restore(struct sim_net *);

/* --- planted faults: each must be noticed by the checks --------------------
 */

enum sim_plant {
	PLANT_NOTHING,
	PLANT_NO_KEYS,            /* keys are not compared */
	PLANT_LASTING_LEASES,     /* no lease ends */
	PLANT_UNKNOWN_IS_REFUSED, /* what was sent counts as not sent */
	PLANT_SWAPPED_TEXTS,      /* one node gets other texts in a batch */
	PLANT_EMPTY_RANGES,       /* gaps are not filled */
	PLANT_NO_RESUBSCRIPTION,  /* after a loss of the connection */
	PLANT_NO_ORIGINS,         /* a call without an answer is done twice */
	PLANT_NO_GENERATIONS,     /* a start of Redis closes no log */
	PLANT_NO_HEALS,           /* nothing is written back */
	PLANT_NO_RENEWALS,        /* the lease of one node is not renewed */
	PLANT_ANY_EPOCH,          /* `since` of any epoch is good */
	PLANT_NO_RESETS, /* members stay who have messages of another history */
	PLANT_EARLY_REPORTS,    /* the relay reports as sent what it has */
	PLANT_NO_LOADED_EVENTS, /* a relay does not send what it has read */
	SIM_PLANTS
};

void sim_net_plant(struct sim_net *, enum sim_plant);
bool sim_net_has_plant(const struct sim_net *, enum sim_plant);

/* For reading, and for evicting keys. */
struct model_redis *sim_net_redis(struct sim_net *);

/* How many scripts Redis has carried out. */
uint64_t sim_net_script_count(const struct sim_net *);

#endif
