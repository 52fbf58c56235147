/* The messages of one room, in order of number. */
#ifndef PERSISTENCE_MESSAGE_RING_H
#define PERSISTENCE_MESSAGE_RING_H

#include "domain/base/list.h"
#include "domain/history.h"

struct room_log;

/* A message in one block. */
struct kept_message {
	struct list in_order; /* used by the owner of the ring … */
	struct room_log *log; /* … likewise */
	uint64_t seq;
	int64_t at_ms;
	uint32_t body_len;
	uint16_t author_len;
	uint16_t author_id_len;
	uint16_t key_len; /* 0: absent */
	uint8_t state;    /* enum kept_state */
	char texts[];     /* body, author, author id, key; without NUL */
};

enum kept_state {
	KEPT_AS_SENT,
	KEPT_EDITED,   /* behind the texts: when, int64_t */
	KEPT_REDACTED, /* without body */
	KEPT_KEY       /* evicted: only the key is left */
};

/*
 * Copies the message: it is redacted if it has no body. To be freed with
 * free(). NULL: no memory.
 */
struct kept_message *kept_message_create(const struct message *);

/* Removes the body in place. */
void kept_message_redact(struct kept_message *);

/* The size of the block. */
size_t kept_message_bytes(const struct kept_message *);

struct str kept_message_key(const struct kept_message *);

static inline bool
kept_message_is_evicted(const struct kept_message *kept)
{
	return kept->state == KEPT_KEY;
}

/* The texts of out point into the block. */
void kept_message_show(const struct kept_message *, struct message *out);

/*
 * A ring of pointers that grows and shrinks by a factor of two. Numbers are
 * consecutive unless messages were lost, so an index is mostly computed.
 */
struct message_ring {
	struct kept_message **slots;
	size_t slot_count; /* a power of two, or 0 */
	size_t head;       /* index of the oldest */
	size_t count;
	size_t reserved; /* pushes that were reserved */
	uint64_t last;   /* the highest number so far */
};

/* Empty; the first number will be 1. */
void message_ring_init(struct message_ring *);

/* Frees the slots. The ring must be empty. */
void message_ring_fini(struct message_ring *);

/* Reserves one push, which cannot fail then. False: no memory. */
bool message_ring_reserve(struct message_ring *);

/* Takes one reservation back. */
void message_ring_release(struct message_ring *);

/* Adds a message with a number above the last. The push was reserved. */
void message_ring_push(struct message_ring *, struct kept_message *,
    uint64_t seq);

/* Removes and returns the oldest; there is one. */
struct kept_message *message_ring_pop(struct message_ring *);

/*
 * How many messages are before the first with at least this number; before the
 * first later than at_ms.
 */
size_t message_ring_find(const struct message_ring *, uint64_t seq);
size_t message_ring_seek(const struct message_ring *, int64_t at_ms);

/* Replaces the i-th message by one with its number. */
void message_ring_replace(struct message_ring *, size_t i,
    struct kept_message *);

/* The size of the slots. */
size_t message_ring_bytes(const struct message_ring *);

/* The i-th message, the oldest being 0; borrowed. */
static inline struct kept_message *
message_ring_at(const struct message_ring *ring, size_t i)
{
	return ring->slots[(ring->head + i) & (ring->slot_count - 1)];
}

/* The number of the i-th message; for i == count, the next number. */
static inline uint64_t
message_ring_number(const struct message_ring *ring, size_t i)
{
	return i < ring->count ? message_ring_at(ring, i)->seq : ring->last + 1;
}

#endif
