/* The state of a simulation. */
#ifndef TESTS_SIM_STATE_H
#define TESTS_SIM_STATE_H

#include <stdio.h>

#include "cluster/place.h"
#include "tests/cluster/simulation/sim_chat.h"
#include "tests/cluster/simulation/simulation.h"

#define NODES 3
#define DEAD_MOST 256
#define POSTS_MOST 4096
#define SEQ_MOST 2048
#define EPOCHS_MOST 256
#define SLOTS_MOST 16
#define STAYS_MOST 8192

enum post_state {
	POST_SENT,
	POST_ACKED,
	POST_REFUSED, /* refused: must never be seen */
	POST_UNKNOWN  /* unknown: sent again later, or not */
};

/*
 * One sequence of numbers of a room. Up to former_seq it is that of the epoch
 * before, if there is one: the posts there are noted with that epoch.
 */
struct sim_epoch {
	int room;
	char name[SIM_EPOCH_SIZE];
	int former; /* -1: none */
	uint64_t former_seq;
	int posts[SEQ_MOST];    /* number + 1 of those that were seen */
	bool is_sent[SEQ_MOST]; /* the receiver of hooks has got it */
};

/* Where a message was seen: the epoch that its number is noted with. */
struct sim_slot {
	int epoch;
	uint64_t seq;
};

/* A message with a key; its number is its text, its key and its ref. */
struct post {
	enum post_state state;
	int client;
	uint32_t connection; /* that has sent it last */
	int room;
	bool is_uncertain; /* an earlier attempt may have been stored */
	struct sim_slot slots[SLOTS_MOST]; /* where it was seen */
	int slot_count;
	struct sim_slot acked; /* its slot then */
};

/* A member in a room, as the receiver of hooks knows it. */
struct sim_stay {
	char member_id[ID_SIZE];
	int room;
	uint64_t generation;
	bool is_in;
};

/* A node that has missed publications loses its connection. */
struct sim_overflow {
	struct sim_net *net;
	int node;
};

struct sim {
	struct sim_net *net;
	struct sim_overflow overflows[NODES];
	unsigned faults;
	FILE *story;
	bool awaits_answers; /* every third schedule: broker.ack = replica */
	struct sim_result *result;
	struct sim_chat *nodes[NODES]; /* NULL: it is dead */
	struct sim_chat *dead[DEAD_MOST];
	int dead_count;
	struct sim_client clients[SIM_CLIENTS];
	uint32_t connections;
	struct post posts[POSTS_MOST];
	int post_count;
	struct sim_epoch epochs[EPOCHS_MOST];
	int epoch_count;
	struct sim_receiver *receiver;
	struct sim_stay stays[STAYS_MOST];
	int stay_count;
	char dead_chains[DEAD_MOST][CHAIN_SIZE]; /* of the log of the chat */
	bool has_gap; /* of the receiver: it lacks presence events */
	int64_t active_ms;
	bool is_active;
};

/* --- sim_state.c ---------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) void story_add(struct sim *,
    const char *format, ...);

/* The first one is kept. */
__attribute__((format(printf, 3, 4))) void violation_add(struct sim *,
    const char *what, const char *format, ...);

int client_index(const struct sim *, const struct sim_client *);

/* An epoch that is not known yet is added. */
int epoch_find(struct sim *, int room, struct str name);

/* What a node knows of the epoch of a room; -1: there is no such room. */
int epoch_learn(struct sim *, struct sim_chat *node, int room);

struct sim_slot slot_of(const struct sim *, int epoch, uint64_t seq);

/* Whether it is seen in this epoch. */
bool slot_is_in(const struct sim *, const struct sim_slot *, int epoch);

/* --- sim_clients.c -------------------------------------------------------- */

/* A message with this text is seen in a slot; where: for the story. */
void body_see(struct sim *, struct str body, int epoch, uint64_t seq,
    const char *where);

int client_epoch(struct sim *, const struct sim_client *, int room);

/* Applies an event to the state of its client. */
void sim_on_event(void *sim, struct sim_client *, const struct event *);

/* The connection ends; the outcome of messages under way is unknown. */
void client_forget(struct sim *, struct sim_client *);

/* Each client does something, again and again. */
void clients_event(void *sim);

/* --- sim_hooks.c ---------------------------------------------------------- */

void sim_on_observed(void *sim, int node, struct str room);
void sim_on_sent(void *sim, const struct sim_received *);

/* In the end: the receiver has got all messages of the present epochs. */
void sent_check(struct sim *, int room);

/* At the end: the receiver knows the members of all rooms. */
void stays_check(struct sim *, int room);

#endif
