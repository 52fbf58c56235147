/*
 * Speakers, their rooms, and everybody who listens. Every message is counted
 * at every receiver; the first that is lost, doubled, out of order or in the
 * wrong room ends the run.
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

#define IN_FLIGHT_MAX 1024 /* messages of one speaker; a power of two */

struct sender {
	struct client *client;
	struct stamp next; /* of its next message */
	uint32_t in_flight;
	uint64_t due_ns; /* of the next message, at a rate */
	bool listed;     /* among those who may speak again */
	uint64_t sent_ns[IN_FLIGHT_MAX];
	uint32_t received_by[IN_FLIGHT_MAX];
};

/* Grows with every fanout_run(). Zeroed: nothing was measured. */
struct fanout_result {
	uint64_t deliveries; /* to members who listen */
	uint64_t messages;
	uint64_t bytes; /* of these deliveries, frame heads included */
	uint64_t cpu_ns;
	uint64_t wall_ns;
	struct histogram latency_ns; /* from being said to being heard */
};

/* The parts share it: gather.c, speak.c, hear.c, deaf.c. */
struct fanout {
	const struct bench *bench;
	struct shape shape;
	const struct protocol *protocol;
	struct crowd crowd;
	struct sender *senders; /* room by room */
	size_t sender_count;
	struct sender **ready_senders;
	size_t ready_count;
	uint64_t in_flight;
	uint32_t *expected; /* next seq, for each client and speaker */
	size_t stamp_hint;
	struct fanout_result *result;
};

/* How those ended who did not read for a while. */
struct stalled_outcome {
	unsigned complete;
	unsigned
	    closed_4102; /* closed with 4102, after a part without a hole */
	unsigned
	    closed_abruptly; /* the same, but the close frame never arrived */
};

/* Connects everybody and waits until they are in their rooms. */
struct fanout *fanout_create(const struct bench *, const struct shape *);
void fanout_destroy(struct fanout *);

/*
 * Speaks until the server has spent so much CPU time, at a rate for so long,
 * then waits until all has been heard: nothing is under way before or after.
 * May be called again.
 */
void fanout_run(struct fanout *, uint64_t duration_ns, struct fanout_result *);

/* Listens a little longer: whatever still comes is one too many. */
void fanout_drain(struct fanout *);

/* Brings in the deaf, who stop reading once they are in. */
void fanout_add_stalled(struct fanout *);

/* Lets the deaf read what there is for them, to the end. */
void fanout_resume_stalled(struct fanout *, struct stalled_outcome *);

/* How the client speaks. */
static inline const struct protocol *
fanout_protocol(const struct fanout *fanout, const struct client *client)
{
	if (fanout->shape.mixed)
		return protocol_of_dialect(client->number);
	return fanout->protocol;
}

/* How many hear each message. */
static inline unsigned
fanout_listeners(const struct shape *shape)
{
	return shape->rooms > 0 ? shape->members : 1;
}

/* One for each client where nobody hears but oneself. */
static inline unsigned
fanout_rooms(const struct shape *shape)
{
	return shape->rooms > 0 ? shape->rooms : shape->members;
}

/* Those who stop reading came last. */
static inline bool
fanout_is_stalled(const struct fanout *fanout, const struct client *client)
{
	return client->number >=
	       fanout_rooms(&fanout->shape) * fanout_listeners(&fanout->shape);
}

/* The next seq that the client has to hear of that speaker of its room. */
static inline uint32_t *
fanout_expected(struct fanout *fanout, const struct client *client,
    unsigned sender)
{
	return &fanout
		    ->expected[client->number * fanout->shape.senders + sender];
}

/* One more member of the room, dialled; see struct dial for `far`. */
struct client *fanout_dial(struct fanout *, unsigned room, bool far);

/* The speaker may be able to speak again: fanout_run() will see. */
void fanout_list_sender(struct fanout *, struct sender *);

/* What the crowd hears, checked and counted. */
extern const struct crowd_ops fanout_ops;

#endif
