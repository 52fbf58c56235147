/*
 * The last frames of a channel that its room's history does not have: all of
 * the lobby, else those of members that come and go. They are kept while there
 * are subscribers that lag. A position counts the bytes of all frames that were
 * ever added.
 */
#ifndef TRANSPORT_FRAME_RING_H
#define TRANSPORT_FRAME_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "transport/net/send_queue.h"

struct session;

struct ring_piece {
	struct piece piece;           /* whole frames; holds a reference */
	const struct session *except; /* not for this one; NULL: for all */
	uint64_t position;            /* of its first byte */
	uint64_t after_seq;           /* the room's last message before it */
	bool is_change;               /* no reader may miss it */
};

/* Zeroed: empty. */
struct frame_ring {
	struct ring_piece *pieces;
	size_t head;
	size_t count;
	size_t capacity;
	uint64_t added;      /* bytes, ever */
	uint64_t change_end; /* the end of the last change that is gone */
};

void frame_ring_fini(struct frame_ring *);

/* Where the next frame will be; never 0. */
static inline uint64_t
frame_ring_end(const struct frame_ring *ring)
{
	return ring->added + 1;
}

/* Bytes of the frames that are kept. */
static inline uint64_t
frame_ring_bytes(const struct frame_ring *ring)
{
	return ring->count == 0
		   ? 0
		   : frame_ring_end(ring) - ring->pieces[ring->head].position;
}

/*
 * Adds whole frames, with a reference to their chunk unless that is copied; the
 * oldest go until no more than `most` bytes are left, but never these. Without
 * memory all go, and these are not kept.
 */
void frame_ring_add(struct frame_ring *, const struct ring_piece *, bool copies,
    size_t most);

/*
 * The frames at a position, which is the end of others; borrowed until the
 * next change. NULL: they are gone, or the position is the end. `out` becomes
 * the part of the piece from there on.
 */
const struct ring_piece *frame_ring_at(const struct frame_ring *,
    uint64_t position, struct piece *out);

/* Whether a change behind this position is gone. */
static inline bool
frame_ring_lost_change(const struct frame_ring *ring, uint64_t position)
{
	return position < ring->change_end;
}

/* The piece with this index, the oldest has 0. */
const struct ring_piece *frame_ring_get(const struct frame_ring *, size_t i);

/*
 * For another process: a piece, behind those that were put before; the first
 * one begins at its position. Its bytes are copied. False: no memory.
 */
bool frame_ring_put(struct frame_ring *, struct chunk_pool *,
    const struct ring_piece *, struct str bytes);

/* Lets all frames go. */
void frame_ring_clear(struct frame_ring *);

#endif
