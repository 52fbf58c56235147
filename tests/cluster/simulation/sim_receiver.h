/*
 * The receiver of hooks, in virtual time. It takes the place of
 * transport/http/http_call.c: requests and answers are late, or lost.
 */
#ifndef TESTS_SIM_RECEIVER_H
#define TESTS_SIM_RECEIVER_H

#include "domain/base/str.h"
#include "tests/support/cluster/sim_net.h"
#include "transport/net/loop.h"

struct sim_receiver;

/* Fields that the event does not have are absent, or 0. */
struct sim_received {
	struct str word;
	struct str room;
	struct str epoch;
	struct str member_id;
	struct str message; /* JSON */
	uint64_t number;
	uint64_t seq;
	uint64_t generation;
};

/* Events whose number is not above the newest are dropped before. */
typedef void sim_take_event(void *arg, const struct sim_received *);

struct sim_receiver *sim_receiver_create(struct sim_net *, sim_take_event *,
    void *arg);
/* After the end of the net. */
void sim_receiver_destroy(struct sim_receiver *);

/* Whether requests fail. */
void sim_receiver_set_faulty(struct sim_receiver *, bool);

/* How many events came again. */
uint64_t sim_receiver_repeated(const struct sim_receiver *);

/* A node that sends; it has one call at a time. */
struct sim_sender {
	struct loop loop; /* first; only its time and its chance are used */
	struct sim_receiver *receiver;
	int node;
	struct http_call *call;
};

void sim_sender_init(struct sim_sender *, struct sim_receiver *, int node);
/* Before each use of the loop. */
void sim_sender_update_time(struct sim_sender *);
/* The node ends: its call has no answer, and may arrive nevertheless. */
void sim_sender_fini(struct sim_sender *);

#endif
