/*
 * Memory for many things of any size that go about in the order in which they
 * came: a belt that carries them past. It is taken from the system in large
 * pieces, and a piece is free when all that was on it has gone.
 */
#ifndef PERSISTENCE_FIFO_ARENA_H
#define PERSISTENCE_FIFO_ARENA_H

#include <stddef.h>

struct belt_piece;

struct fifo_arena {
	struct belt_piece *last;  /* where the next thing goes; NULL */
	struct belt_piece *spare; /* an empty one; NULL */
};

void fifo_arena_init(struct fifo_arena *);
/* There is nothing on it. */
void fifo_arena_fini(struct fifo_arena *);

/* Aligned for anything. NULL: no memory. */
void *fifo_arena_put(struct fifo_arena *, size_t);
void fifo_arena_remove(struct fifo_arena *, void *);

#endif
