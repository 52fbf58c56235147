/* The messages of one room, in memory, in the order of their numbers. */
#ifndef PERSISTENCE_MESSAGE_RING_H
#define PERSISTENCE_MESSAGE_RING_H

#include "domain/base/list.h"
#include "domain/history.h"

struct room_log;

/* A message as it is kept: one block. */
struct kept_message {
	struct list in_order; /* of all rooms: the owner's business, … */
	struct room_log *log; /* … as is this */
	uint64_t seq;
	int64_t at_ms;
	uint32_t body_len;
	uint16_t author_len;
	uint16_t author_id_len;
	uint16_t key_len; /* 0: absent */
	char texts[];     /* body, author, author id, key; without NUL */
};

/* Copies the message; NULL without memory. To be freed with free(). */
struct kept_message *kept_message_create(const struct message *);

/* The size of the block. */
size_t kept_message_bytes(const struct kept_message *);

struct str kept_message_key(const struct kept_message *);

/* Whether only its key is left: any other has a body. */
static inline bool
kept_message_is_evicted(const struct kept_message *kept)
{
	return kept->body_len == 0;
}

/* The texts of out are those inside the block. */
void kept_message_show(const struct kept_message *, struct message *out);

/*
 * A ring of pointers that grows and shrinks by doubling and halving. Numbers
 * follow each other unless some were lost, so that a message is mostly found
 * by arithmetic.
 */
struct message_ring {
	struct kept_message **slots;
	size_t slot_count; /* a power of two, or 0 */
	size_t head;       /* where the oldest is */
	size_t count;
	size_t reserved; /* pushes to come */
	uint64_t last;   /* the newest number there ever was */
};

/* Nothing held, and 1 will be the first number. */
void message_ring_init(struct message_ring *);

/* Frees the slots; no message is in them any more. */
void message_ring_fini(struct message_ring *);

/* Make sure that one more push succeeds. False: no memory. */
bool message_ring_reserve(struct message_ring *);

/* One push that was reserved will not come. */
void message_ring_release(struct message_ring *);

/* Add a message with a number beyond the last. That was reserved. */
void message_ring_push(struct message_ring *, struct kept_message *,
    uint64_t seq);

/* Take the oldest out. There is one. */
struct kept_message *message_ring_pop(struct message_ring *);

/*
 * How many come before the first message with at least this number, and
 * before the first later than at_ms: their times are in order.
 */
size_t message_ring_find(const struct message_ring *, uint64_t seq);
size_t message_ring_seek(const struct message_ring *, int64_t at_ms);

/* What the slots take. */
size_t message_ring_bytes(const struct message_ring *);

/* The i-th message, the oldest being 0; borrowed. */
static inline struct kept_message *
message_ring_at(const struct message_ring *ring, size_t i)
{
	return ring->slots[(ring->head + i) & (ring->slot_count - 1)];
}

/* The number of the i-th message; the next one to be given if there is none. */
static inline uint64_t
message_ring_number(const struct message_ring *ring, size_t i)
{
	return i < ring->count ? message_ring_at(ring, i)->seq : ring->last + 1;
}

#endif
