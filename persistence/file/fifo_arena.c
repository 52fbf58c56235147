#include "persistence/file/fifo_arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>

#define PIECE_SIZE ((size_t)64 << 10)

struct belt_piece {
	size_t count; /* of things on it */
	size_t used;
	size_t size;
	alignas(max_align_t) char bytes[];
};

/* What stands before each thing. */
struct tag {
	alignas(max_align_t) struct belt_piece *piece;
};

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, len) ((void)(at), (void)(len))
#define ASAN_UNPOISON_MEMORY_REGION(at, len) ((void)(at), (void)(len))
#endif

void
fifo_arena_init(struct fifo_arena *belt)
{
	*belt = (struct fifo_arena){ .last = NULL };
}

void
fifo_arena_fini(struct fifo_arena *belt)
{
	assert(belt->last == NULL || belt->last->count == 0);
	free(belt->last);
	free(belt->spare);
}

static struct belt_piece *
create_piece(size_t size)
{
	struct belt_piece *piece = malloc(sizeof(*piece) + size);

	if (piece == NULL)
		return NULL;
	*piece = (struct belt_piece){ .size = size };
	ASAN_POISON_MEMORY_REGION(piece->bytes, size);
	return piece;
}

/* One that is of the usual size is kept, for the next time. */
static void
drop_piece(struct fifo_arena *belt, struct belt_piece *piece)
{
	if (belt->spare != NULL || piece->size != PIECE_SIZE) {
		free(piece);
		return;
	}
	piece->used = 0;
	belt->spare = piece;
}

static struct belt_piece *
next_piece(struct fifo_arena *belt, size_t size)
{
	struct belt_piece *piece = belt->spare;

	if (size > PIECE_SIZE)
		return create_piece(size);
	if (piece == NULL)
		return create_piece(PIECE_SIZE);
	belt->spare = NULL;
	return piece;
}

static bool
has_room(const struct belt_piece *piece, size_t size)
{
	return piece != NULL && piece->size - piece->used >= size;
}

/* The last one, or a new last one. NULL: no memory. */
static struct belt_piece *
piece_for(struct fifo_arena *belt, size_t size)
{
	struct belt_piece *piece;

	if (has_room(belt->last, size))
		return belt->last;
	piece = next_piece(belt, size);
	if (piece == NULL)
		return NULL;
	if (belt->last != NULL && belt->last->count == 0)
		drop_piece(belt, belt->last);
	belt->last = piece;
	return piece;
}

static size_t
size_with_tag(size_t size)
{
	size_t align = alignof(max_align_t);

	return sizeof(struct tag) + (size + align - 1) / align * align;
}

void *
fifo_arena_put(struct fifo_arena *belt, size_t size)
{
	size_t whole = size_with_tag(size);
	struct belt_piece *piece = piece_for(belt, whole);
	struct tag *tag;

	if (piece == NULL)
		return NULL;
	tag = (struct tag *)(void *)(piece->bytes + piece->used);
	ASAN_UNPOISON_MEMORY_REGION(tag, sizeof(*tag) + size);
	piece->used += whole;
	piece->count++;
	tag->piece = piece;
	return tag + 1;
}

void
fifo_arena_remove(struct fifo_arena *belt, void *thing)
{
	struct belt_piece *piece = ((struct tag *)thing - 1)->piece;

	assert(piece->count > 0);
	if (--piece->count > 0)
		return;
	ASAN_POISON_MEMORY_REGION(piece->bytes, piece->used);
	if (piece == belt->last && piece->size == PIECE_SIZE) {
		piece->used = 0;
		return;
	}
	if (piece == belt->last)
		belt->last = NULL;
	drop_piece(belt, piece);
}
