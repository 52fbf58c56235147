/*
 * Senders, their rooms and all receivers. Every message is checked at every
 * receiver; the first that is lost, duplicated, reordered or misrouted ends
 * the run.
 */
#ifndef PARLEY_BENCH_FANOUT_H
#define PARLEY_BENCH_FANOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/parley-bench/bench.h"
#include "cmd/parley-bench/crowd.h"
#include "cmd/parley-bench/histogram.h"
#include "cmd/parley-bench/protocol.h"

#define IN_FLIGHT_MAX 1024 /* messages of one sender; a power of two */

struct sender {
	struct client *client;
	struct stamp next; /* of its next message */
	uint32_t in_flight;
	uint64_t due_ns; /* of the next message, at a rate */
	bool listed;     /* in ready_senders */
	uint64_t sent_ns[IN_FLIGHT_MAX];
	uint32_t received_by[IN_FLIGHT_MAX];
};

/* Accumulated by every fanout_run(). Zeroed: empty. */
struct fanout_result {
	uint64_t deliveries; /* to members that read */
	uint64_t messages;
	uint64_t bytes; /* of these deliveries, including frame heads */
	uint64_t cpu_ns;
	uint64_t wall_ns;
	struct histogram latency_ns; /* from sending to receiving */
};

/* Shared by setup.c, send.c, receive.c and stalled_readers.c. */
struct fanout {
	const struct bench *bench;
	struct shape shape;
	const struct protocol *protocol;
	struct crowd crowd;
	char *text;             /* of the message that is sent */
	struct sender *senders; /* room by room */
	size_t sender_count;
	struct sender **ready_senders;
	size_t ready_count;
	uint64_t in_flight;
	uint32_t *expected; /* next seq for each client and sender */
	size_t stamp_hint;
	struct fanout_result *result;
};

/* How the connections of stalled readers ended. */
struct stalled_outcome {
	unsigned complete;
	unsigned
	    closed_4102; /* closed with 4102 after a prefix without a gap */
	unsigned
	    closed_abruptly; /* the same, but the close frame never arrived */
};

/* Connects all clients and waits until they have joined. */
struct fanout *fanout_create(const struct bench *, const struct shape *);
void fanout_destroy(struct fanout *);

/*
 * Sends until the server has used this much CPU time (at a rate: for this
 * long), or sends --messages, then waits until everything is
 * received. May be called again.
 */
void fanout_run(struct fanout *, uint64_t duration_ns, struct fanout_result *);

/* Reads a little longer: any further message is an error. */
void fanout_drain(struct fanout *);

/* Adds members that stop reading after they have joined. */
void fanout_add_stalled(struct fanout *);

/* Lets the stalled members read until their end. */
void fanout_resume_stalled(struct fanout *, struct stalled_outcome *);

/* The protocol of a client. */
static inline const struct protocol *
fanout_protocol(const struct fanout *fanout, const struct client *client)
{
	if (fanout->shape.mixed)
		return protocol_of_dialect(client->number);
	return fanout->protocol;
}

/* Receivers of each message. */
static inline unsigned
fanout_listeners(const struct shape *shape)
{
	return shape->rooms > 0 ? shape->members : 1;
}

/* Those that look at what they receive. */
static inline unsigned
fanout_readers(const struct shape *shape)
{
	return shape->discards ? shape->senders : fanout_listeners(shape);
}

/* Without rooms, each client counts as one. */
static inline unsigned
fanout_rooms(const struct shape *shape)
{
	return shape->rooms > 0 ? shape->rooms : shape->members;
}

/* Stalled members are the last of the crowd. */
static inline bool
fanout_is_stalled(const struct fanout *fanout, const struct client *client)
{
	return client->number >=
	       fanout_rooms(&fanout->shape) * fanout_listeners(&fanout->shape);
}

/* The next seq that the client must receive of that sender. */
static inline uint32_t *
fanout_expected(struct fanout *fanout, const struct client *client,
    unsigned sender)
{
	return &fanout
		    ->expected[client->number * fanout->shape.senders + sender];
}

/* Connects one more member of the room; `far` as in struct dial. */
struct client *fanout_dial(struct fanout *, unsigned room, bool far);

/* The sender may be ready to send: fanout_run() checks it. */
void fanout_list_sender(struct fanout *, struct sender *);

/* Checks and counts received messages. */
extern const struct crowd_ops fanout_ops;

#endif
