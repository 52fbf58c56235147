/* The messages of one room, in memory, in the order of their numbers. */
#ifndef PERSISTENCE_MESSAGE_RING_H
#define PERSISTENCE_MESSAGE_RING_H

#include "domain/history.h"
#include "domain/list.h"

struct room_log;

/* A message as it is kept: one block. */
struct kept_message {
	struct list in_order; /* of all rooms: the owner's business, … */
	struct room_log *log; /* … as is this */
	uint64_t seq;
	uint64_t lsn;
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

/* The texts of out are those inside the block. */
void kept_message_show(const struct kept_message *, struct message *out);

/*
 * A ring of pointers that grows and shrinks by doubling and halving. The
 * number of a message is its place, so that any can be found by arithmetic.
 */
struct message_ring {
	struct kept_message **slots;
	size_t slot_count; /* a power of two, or 0 */
	uint64_t first;    /* first > last: it is empty */
	uint64_t last;
};

/* Nothing held, and 1 will be the first number. */
void message_ring_init(struct message_ring *);

/* Frees the slots; no message is in them any more. */
void message_ring_fini(struct message_ring *);

/* Make sure that the next push succeeds. False: no memory. */
bool message_ring_reserve(struct message_ring *);

/* Add a message and give it the next number. There is room for it. */
void message_ring_push(struct message_ring *, struct kept_message *);

/* Take the oldest out. There is one. */
struct kept_message *message_ring_pop(struct message_ring *);

/*
 * The number of the first message later than at_ms, last + 1 if there is
 * none. Their times are in order.
 */
uint64_t message_ring_seek(const struct message_ring *, int64_t at_ms);

/* What the slots take. */
size_t message_ring_bytes(const struct message_ring *);

static inline size_t
message_ring_count(const struct message_ring *ring)
{
	return (size_t)(ring->last + 1 - ring->first);
}

/* The message with a number from first to last; borrowed. */
static inline struct kept_message *
message_ring_at(const struct message_ring *ring, uint64_t seq)
{
	return ring->slots[seq & (ring->slot_count - 1)];
}

#endif
