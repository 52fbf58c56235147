/*
 * What one turn of the loop has to say, and to whom.
 *
 * Most sessions hear exactly what their room hears. So what is said in a
 * room is gathered once, in the room's channel, and at the end of the turn
 * the same bytes are sent to each session that sits in it: nothing is done
 * per member before. Who hears something else (a direct answer, two rooms, a
 * message without its author) is served apart, from the same bytes, in the
 * order in which everything was published.
 */
#ifndef TRANSPORT_SEND_BATCH_H
#define TRANSPORT_SEND_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/net/send_queue.h"

struct conn;
struct seats;
struct session;

/* Frames that were published one after the other. */
struct segment {
	struct chunk *chunk;
	const struct session *except; /* does not hear it; NULL: all do */
	uint32_t offset;
	uint32_t len;
	uint32_t order; /* of publication, over all channels */
	uint32_t next;  /* in the same list; 0: the last */
	bool fleeting;  /* may be kept from who is slow */
};

/* Who sits in a channel; the connection is here to be found at once. */
struct subscriber {
	struct session *session;
	struct conn *conn;
};

/* The sessions in one room to which things are spelled the same way. */
struct channel {
	struct seats *room;
	struct channel *next; /* in the same room */
	struct channel *next_dirty;
	struct channel *next_held;
	struct channel **held_at; /* what points to it there; NULL: nothing */
	struct subscriber *seats;
	uint32_t count;
	uint32_t capacity;
	struct chunk *chunk; /* being written to; NULL: none */
	uint32_t first;      /* segments of this turn; 0: none */
	uint32_t last;
	uint8_t variant;
	bool has_fleeting;
};

struct send_batch {
	struct chunk_pool *pool;
	uint32_t number; /* of the turn; never 0 */
	uint32_t order;
	struct segment *segments; /* [0] is not used */
	uint32_t segment_count;
	uint32_t segment_capacity;
	struct chunk *own;    /* what is for one session only; NULL: none */
	struct chunk *full;   /* written to in this turn, no more room */
	struct channel *held; /* keep a chunk that a backlog refers to */
	struct channel *dirty;
	uint32_t dirty_count;
	struct session *apart;
	size_t bytes;
	size_t sends;         /* the next flush will cost at least these */
	struct piece *pieces; /* scratch */
	size_t piece_capacity;
	uint32_t *cursors; /* scratch */
	size_t cursor_capacity;
};

bool send_batch_init(struct send_batch *);
void send_batch_fini(struct send_batch *);

/* The bytes of a frame, in two parts. */
struct frame {
	const void *head;
	size_t head_len;
	const void *body;
	size_t body_len;
};

/* What follows was published after what went before. */
static inline void
send_batch_next(struct send_batch *turn)
{
	turn->order++;
}

/* Say something to a channel. False: no memory, nobody will hear it. */
bool send_batch_add(struct send_batch *, struct channel *, const struct frame *,
    struct session *except, bool fleeting);

/* Say something to one session. False: no memory. */
bool send_batch_add_for(struct send_batch *, struct session *,
    const struct frame *);

/* Whether something is to be sent. */
static inline bool
send_batch_is_pending(const struct send_batch *turn)
{
	return turn->dirty != NULL || turn->apart != NULL;
}

static inline bool
channel_is_dirty(const struct channel *channel)
{
	return channel->first != 0;
}

/* Send everything; the next turn begins. */
void send_batch_flush(struct send_batch *);

/* Let go of chunks that no backlog refers to any more. Now and then. */
void send_batch_tidy(struct send_batch *);

/* The channel is going away; it is empty and not dirty. */
void channel_fini(struct channel *);

#endif
