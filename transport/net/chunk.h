/*
 * Bytes that are written once and sent to many: chunks with counted
 * references, and pieces of them. Public.
 */
#ifndef TRANSPORT_CHUNK_H
#define TRANSPORT_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHUNK_SIZE 32768

struct chunk {
	struct chunk_pool *pool;
	struct chunk *next; /* in the pool */
	uint32_t refs;
	uint32_t used;
	uint32_t capacity;
	bool transient; /* reused after this turn: queues copy its bytes */
	char data[];
};

/* All chunks of one event loop. Zeroed: empty. */
struct chunk_pool {
	struct chunk *spare; /* a few of CHUNK_SIZE, for the next turn */
	size_t spare_count;
	size_t bytes;      /* in all chunks except the spare ones */
	size_t most_bytes; /* the highest of these so far */
};

/* A chunk of this capacity, with one reference; NULL: no memory. */
struct chunk *chunk_create(struct chunk_pool *, size_t capacity);
void chunk_unref(struct chunk *);
void chunk_pool_fini(struct chunk_pool *);

/* A part of a chunk. */
struct piece {
	struct chunk *chunk;
	uint32_t offset;
	uint32_t len;
};

/* Makes one piece of two if they adjoin. */
bool piece_extend(struct piece *last, const struct piece *next);

/* The bytes of all pieces together. */
size_t pieces_bytes(const struct piece *, size_t count);

#endif
