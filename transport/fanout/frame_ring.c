#include "transport/fanout/frame_ring.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct ring_piece *
piece_at(const struct frame_ring *ring, size_t i)
{
	return &ring->pieces[(ring->head + i) % ring->capacity];
}

static void
note_gone(struct frame_ring *ring, const struct ring_piece *piece)
{
	if (piece->is_change)
		ring->change_end = piece->position + piece->piece.len;
}

static void
drop_oldest(struct frame_ring *ring)
{
	note_gone(ring, piece_at(ring, 0));
	chunk_unref(piece_at(ring, 0)->piece.chunk);
	ring->head = (ring->head + 1) % ring->capacity;
	ring->count--;
}

void
frame_ring_clear(struct frame_ring *ring)
{
	while (ring->count > 0)
		drop_oldest(ring);
	free(ring->pieces);
	ring->pieces = NULL;
	ring->capacity = ring->head = 0;
}

void
frame_ring_fini(struct frame_ring *ring)
{
	frame_ring_clear(ring);
}

static bool
ring_grow(struct frame_ring *ring)
{
	size_t capacity = ring->capacity == 0 ? 16 : ring->capacity * 2;
	struct ring_piece *pieces = malloc(capacity * sizeof(*pieces));

	if (pieces == NULL)
		return false;
	for (size_t i = 0; i < ring->count; i++)
		pieces[i] = *piece_at(ring, i);
	free(ring->pieces);
	ring->pieces = pieces;
	ring->capacity = capacity;
	ring->head = 0;
	return true;
}

static bool
extend_last(struct frame_ring *ring, const struct ring_piece *added)
{
	struct ring_piece *last;

	if (ring->count == 0)
		return false;
	last = piece_at(ring, ring->count - 1);
	return last->except == added->except &&
	       last->is_change == added->is_change &&
	       last->after_seq == added->after_seq &&
	       piece_extend(&last->piece, &added->piece);
}

/* Copies are packed into small chunks. */
#define COPY_SIZE 2048

/* The frames as the ring keeps them, with a reference; false: no memory. */
static bool
copy_frames(struct frame_ring *ring, struct piece *piece)
{
	const char *data = piece->chunk->data + piece->offset;
	struct chunk *chunk = NULL;

	if (ring->count > 0)
		chunk = piece_at(ring, ring->count - 1)->piece.chunk;
	if (chunk != NULL && chunk->capacity - chunk->used >= piece->len)
		chunk->refs++;
	else
		chunk = chunk_create(piece->chunk->pool,
		    piece->len > COPY_SIZE ? piece->len : COPY_SIZE);
	if (chunk == NULL)
		return false;
	memcpy(chunk->data + chunk->used, data, piece->len);
	*piece = (struct piece){ chunk, chunk->used, piece->len };
	chunk->used += piece->len;
	return true;
}

/* Takes over the reference of the piece. */
static bool
ring_push(struct frame_ring *ring, const struct ring_piece *added)
{
	if (extend_last(ring, added)) {
		chunk_unref(added->piece.chunk);
		return true;
	}
	if (ring->count == ring->capacity && !ring_grow(ring)) {
		chunk_unref(added->piece.chunk);
		return false;
	}
	ring->count++;
	*piece_at(ring, ring->count - 1) = *added;
	return true;
}

void
frame_ring_add(struct frame_ring *ring, const struct ring_piece *frames,
    bool copies, size_t most)
{
	struct ring_piece added = *frames;
	bool is_kept = true;

	assert(added.piece.len > 0);
	added.position = frame_ring_end(ring);
	if (copies)
		is_kept = copy_frames(ring, &added.piece);
	else
		added.piece.chunk->refs++;
	ring->added += frames->piece.len;
	if (!is_kept || !ring_push(ring, &added)) {
		frame_ring_clear(ring);
		note_gone(ring, &added);
		return;
	}
	while (ring->count > 1 &&
	       frame_ring_end(ring) - piece_at(ring, 0)->position > most)
		drop_oldest(ring);
}

const struct ring_piece *
frame_ring_at(const struct frame_ring *ring, uint64_t position,
    struct piece *out)
{
	size_t low = 0, high = ring->count;
	const struct ring_piece *found;
	uint32_t skip;

	/* The last piece that begins at the position or before it. */
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (piece_at(ring, middle)->position <= position)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	found = piece_at(ring, low - 1);
	if (position >= found->position + found->piece.len)
		return NULL;
	skip = (uint32_t)(position - found->position);
	*out = found->piece;
	out->offset += skip;
	out->len -= skip;
	return found;
}

const struct ring_piece *
frame_ring_get(const struct frame_ring *ring, size_t i)
{
	assert(i < ring->count);
	return piece_at(ring, i);
}

bool
frame_ring_put(struct frame_ring *ring, struct chunk_pool *pool,
    const struct ring_piece *piece, struct str bytes)
{
	struct ring_piece added = *piece;
	struct chunk *chunk = chunk_create(pool, bytes.len);

	if (chunk == NULL)
		return false;
	str_put(chunk->data, bytes);
	chunk->used = (uint32_t)bytes.len;
	added.piece = (struct piece){ chunk, 0, chunk->used };
	ring->added = added.position - 1 + bytes.len;
	return ring_push(ring, &added);
}
