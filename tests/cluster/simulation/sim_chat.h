/* A node of the simulation: a whole chat on memory stores, in virtual time. */
#ifndef TESTS_SIM_CHAT_H
#define TESTS_SIM_CHAT_H

#include "cluster/cluster.h"
#include "commands/commands.h"
#include "domain/publisher.h"
#include "tests/cluster/simulation/sim_receiver.h"
#include "tests/support/cluster/sim_net.h"

#define SIM_ROOMS 3
#define SIM_CLIENTS 9
#define SIM_EPOCH_SIZE 40

/* The position of a user in a room that it has left: its `since`. */
struct sim_memory {
	char epoch[SIM_EPOCH_SIZE];
	uint64_t seq;
};

/* One connection, with the state of its node and of its user. */
struct sim_client {
	uint32_t number; /* 0: it is not connected, nor connecting */
	int node;        /* that it is connected to */
	bool is_ended;   /* by its node */
	bool is_subscribed[SIM_ROOMS];
	char id[ID_SIZE]; /* "": not connected yet */
	/* The state of its user. */
	bool is_in_room[SIM_ROOMS];
	uint64_t seq[SIM_ROOMS]; /* the last one it knows of */
	char epoch[SIM_ROOMS][SIM_EPOCH_SIZE];
	bool is_uncertain; /* one of its commands may have been carried out */
	struct sim_memory memories[SIM_ROOMS];
	int64_t busy_until_ms;
};

struct sim_chat;

/* An event reaches a client. */
typedef void sim_receive(void *arg, struct sim_client *, const struct event *);

/* A node notes something about a room for the receiver of hooks. */
typedef void sim_observe(void *arg, int node, struct str room);

struct sim_chat_config {
	struct sim_net *net;
	struct sim_receiver *receiver;
	int node;
	bool awaits_answers;
	struct sim_client *clients; /* all of them */
	sim_receive *receive;
	sim_observe *observe;
	void *arg;
};

struct sim_chat *sim_chat_create(const struct sim_chat_config *);
/* Ends the process: calls under way are lost. */
void sim_chat_destroy(struct sim_chat *);
/* After the end of the net, whose events may refer to it. */
void sim_chat_free(struct sim_chat *);

void sim_chat_do(struct sim_chat *, const struct command *);

/* Ten times a second. */
void sim_chat_tick(struct sim_chat *);

/* The reason why it cannot go on; NULL: it can. */
const char *sim_chat_stopped(const struct sim_chat *);
struct cluster *sim_chat_cluster(struct sim_chat *);
struct chat *sim_chat_stores(struct sim_chat *);

/* The place of the last entry of the log of the chat that it has; "": none. */
const char *sim_chat_chain(const struct sim_chat *);

/* "r0" to "r2"; and which one it is, or SIM_ROOMS. */
extern const char *const sim_rooms[SIM_ROOMS];
int sim_room_index(struct str);

#endif
