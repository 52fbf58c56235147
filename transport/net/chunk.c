#include "transport/net/chunk.h"

#include <assert.h>
#include <stdlib.h>

/* Enough for a busy turn; more would only be cold memory. */
#define SPARE_CHUNKS 64

struct chunk *
chunk_create(struct chunk_pool *pool, size_t capacity)
{
	struct chunk *chunk = pool->spare;

	if (capacity == CHUNK_SIZE && chunk != NULL) {
		pool->spare = chunk->next;
		pool->spare_count--;
	} else {
		if (capacity > UINT32_MAX)
			return NULL;
		chunk = malloc(sizeof(*chunk) + capacity);
		if (chunk == NULL)
			return NULL;
	}
	chunk->pool = pool;
	chunk->next = NULL;
	chunk->refs = 1;
	chunk->used = 0;
	chunk->capacity = (uint32_t)capacity;
	chunk->transient = false;
	pool->bytes += capacity;
	if (pool->bytes > pool->most_bytes)
		pool->most_bytes = pool->bytes;
	return chunk;
}

void
chunk_unref(struct chunk *chunk)
{
	struct chunk_pool *pool = chunk->pool;

	assert(chunk->refs > 0);
	if (--chunk->refs > 0)
		return;
	pool->bytes -= chunk->capacity;
	if (chunk->capacity == CHUNK_SIZE && pool->spare_count < SPARE_CHUNKS) {
		chunk->next = pool->spare;
		pool->spare = chunk;
		pool->spare_count++;
	} else
		free(chunk);
}

void
chunk_pool_fini(struct chunk_pool *pool)
{
	while (pool->spare != NULL) {
		struct chunk *chunk = pool->spare;

		pool->spare = chunk->next;
		free(chunk);
	}
	assert(pool->bytes == 0);
}

bool
piece_extend(struct piece *last, const struct piece *next)
{
	if (last->chunk != next->chunk ||
	    last->offset + last->len != next->offset)
		return false;
	last->len += next->len;
	return true;
}

size_t
pieces_bytes(const struct piece *pieces, size_t count)
{
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		bytes += pieces[i].len;
	return bytes;
}
