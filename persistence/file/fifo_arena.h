/*
 * Memory for many things of any size that go about in the order in which they
 * came: a belt that carries them past. It is taken from the system in large
 * pieces, and a piece is free when all that was on it has gone.
 */
#ifndef PERSISTENCE_FIFO_ARENA_H
#define PERSISTENCE_FIFO_ARENA_H

#include <stddef.h>

struct belt_piece;

struct belt {
	struct belt_piece *last;  /* where the next thing goes; NULL */
	struct belt_piece *spare; /* an empty one; NULL */
};

void belt_init(struct belt *);
/* There is nothing on it. */
void belt_fini(struct belt *);

/* Aligned for anything. NULL: no memory. */
void *belt_put(struct belt *, size_t);
void belt_remove(struct belt *, void *);

#endif
