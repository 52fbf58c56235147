#include "transport/net/send_queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "domain/base/pack.h"

/* Pieces in a ring, each with a reference to its chunk. */
struct backlog {
	size_t bytes;
	uint32_t head;
	uint32_t count;
	uint32_t capacity;
	bool in_part; /* of the first piece, something was sent */
	struct piece *pieces;
};

static struct piece *
backlog_at(const struct backlog *backlog, uint32_t i)
{
	return &backlog->pieces[(backlog->head + i) % backlog->capacity];
}

static bool
backlog_grow(struct backlog *backlog)
{
	uint32_t capacity = backlog->capacity == 0 ? 4 : backlog->capacity * 2;
	struct piece *pieces = malloc(capacity * sizeof(*pieces));

	if (pieces == NULL)
		return false;
	for (uint32_t i = 0; i < backlog->count; i++)
		pieces[i] = *backlog_at(backlog, i);
	free(backlog->pieces);
	backlog->pieces = pieces;
	backlog->capacity = capacity;
	backlog->head = 0;
	return true;
}

/* A piece that is being sent stays as it is: it ends with a frame. */
static bool
backlog_push(struct backlog *backlog, const struct piece *piece)
{
	bool may_extend = backlog->count > (backlog->in_part ? 1 : 0);

	if (may_extend &&
	    piece_extend(backlog_at(backlog, backlog->count - 1), piece)) {
		backlog->bytes += piece->len;
		return true;
	}
	if (backlog->count == backlog->capacity && !backlog_grow(backlog))
		return false;
	piece->chunk->refs++;
	backlog->count++;
	*backlog_at(backlog, backlog->count - 1) = *piece;
	backlog->bytes += piece->len;
	return true;
}

/* Small answers to a client that does not read must not cost a chunk each. */
#define COPY_SIZE 2048

/* Copies go behind the last piece if that is a copy too and there is room. */
static bool
backlog_push_copy(struct backlog *backlog, struct chunk_pool *pool,
    const void *data, size_t len)
{
	struct chunk *chunk = NULL;
	struct piece piece;
	bool pushed;

	if (backlog->count > 0) {
		struct piece *last = backlog_at(backlog, backlog->count - 1);

		/* Referenced here alone, hence not written elsewhere. */
		if (last->chunk->refs == 1 &&
		    last->offset + last->len == last->chunk->used &&
		    last->chunk->capacity - last->chunk->used >= len)
			chunk = last->chunk;
	}
	if (chunk != NULL)
		chunk->refs++;
	else if ((chunk = chunk_create(pool,
		      len > COPY_SIZE ? len : COPY_SIZE)) == NULL)
		return false;
	memcpy(chunk->data + chunk->used, data, len);
	piece = (struct piece){ chunk, chunk->used, (uint32_t)len };
	chunk->used += (uint32_t)len;
	pushed = backlog_push(backlog, &piece);
	chunk_unref(chunk);
	return pushed;
}

/* in_part: the first bytes of what is queued first were sent without the queue.
 */
static bool
backlog_ensure(struct send_queue *queue, bool in_part)
{
	if (queue->backlog == NULL)
		queue->backlog = calloc(1, sizeof(*queue->backlog));
	if (queue->backlog == NULL)
		return false;
	if (in_part && queue->backlog->count == 0)
		queue->backlog->in_part = true;
	return true;
}

bool
send_queue_append(struct send_queue *queue, const struct piece *pieces,
    size_t count, size_t skip)
{
	assert(count > 0 && skip < pieces->len);
	if (!backlog_ensure(queue, skip > 0))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct piece piece = pieces[i];

		piece.offset += (uint32_t)skip;
		piece.len -= (uint32_t)skip;
		skip = 0;
		if (piece.chunk->transient
			? !backlog_push_copy(queue->backlog, piece.chunk->pool,
			      piece.chunk->data + piece.offset, piece.len)
			: !backlog_push(queue->backlog, &piece))
			return false;
	}
	return true;
}

bool
send_queue_append_copy(struct send_queue *queue, struct chunk_pool *pool,
    const void *data, size_t len, size_t skip)
{
	assert(skip < len);
	return backlog_ensure(queue, skip > 0) &&
	       backlog_push_copy(queue->backlog, pool,
		   (const char *)data + skip, len - skip);
}

int
send_queue_peek(const struct send_queue *queue, struct iovec *vectors, int most)
{
	const struct backlog *backlog = queue->backlog;
	int count = 0;

	while (backlog != NULL && count < most &&
	       (uint32_t)count < backlog->count) {
		const struct piece *piece =
		    backlog_at(backlog, (uint32_t)count);

		vectors[count].iov_base = piece->chunk->data + piece->offset;
		vectors[count].iov_len = piece->len;
		count++;
	}
	return count;
}

static void
backlog_pop(struct backlog *backlog)
{
	struct piece *piece = backlog_at(backlog, 0);

	backlog->bytes -= piece->len;
	chunk_unref(piece->chunk);
	backlog->head = (backlog->head + 1) % backlog->capacity;
	backlog->count--;
	backlog->in_part = false;
}

void
send_queue_consume(struct send_queue *queue, size_t len)
{
	struct backlog *backlog = queue->backlog;

	while (len > 0) {
		struct piece *piece = backlog_at(backlog, 0);

		assert(backlog->count > 0);
		if (len < piece->len) {
			piece->offset += (uint32_t)len;
			piece->len -= (uint32_t)len;
			backlog->bytes -= len;
			backlog->in_part = true;
			return;
		}
		len -= piece->len;
		backlog_pop(backlog);
	}
	if (backlog != NULL && backlog->count == 0)
		send_queue_fini(queue);
}

size_t
send_queue_bytes(const struct send_queue *queue)
{
	return queue->backlog == NULL ? 0 : queue->backlog->bytes;
}

size_t
send_queue_share(const struct send_queue *queue)
{
	const struct backlog *backlog = queue->backlog;
	const struct chunk *last = NULL;
	size_t share = 0;

	for (uint32_t i = 0; backlog != NULL && i < backlog->count; i++) {
		const struct chunk *chunk = backlog_at(backlog, i)->chunk;

		if (chunk != last)
			share += chunk->capacity / chunk->refs;
		last = chunk;
	}
	return share;
}

void
send_queue_shed(struct send_queue *queue)
{
	struct backlog *backlog = queue->backlog;
	uint32_t kept;

	if (backlog == NULL)
		return;
	kept = backlog->in_part ? 1 : 0;
	for (; backlog->count > kept; backlog->count--) {
		struct piece *piece = backlog_at(backlog, backlog->count - 1);

		backlog->bytes -= piece->len;
		chunk_unref(piece->chunk);
	}
	if (backlog->count == 0)
		send_queue_fini(queue);
}

void
send_queue_fini(struct send_queue *queue)
{
	struct backlog *backlog = queue->backlog;

	if (backlog == NULL)
		return;
	while (backlog->count > 0)
		backlog_pop(backlog);
	free(backlog->pieces);
	free(backlog);
	queue->backlog = NULL;
}

/* --- for another process -------------------------------------------------- */

void
send_queue_pack(const struct send_queue *queue, struct packer *packer)
{
	const struct backlog *backlog = queue->backlog;
	uint32_t count = backlog == NULL ? 0 : backlog->count;

	pack_number(packer, count);
	pack_number(packer, count > 0 && backlog->in_part);
	for (uint32_t i = 0; i < count; i++) {
		const struct piece *piece = backlog_at(backlog, i);

		pack_value(packer, piece->chunk->data + piece->offset,
		    piece->len);
	}
}

bool
send_queue_unpack(struct send_queue *queue, struct chunk_pool *pool,
    struct unpacker *from)
{
	uint64_t count = unpack_number(from);
	bool in_part = unpack_number(from) != 0;

	assert(send_queue_is_empty(queue));
	for (uint64_t i = 0; i < count && !from->failed; i++) {
		struct str bytes = unpack_text(from);

		from->failed = bytes.len == 0 || bytes.len > UINT32_MAX ||
			       !backlog_ensure(queue, in_part) ||
			       !backlog_push_copy(queue->backlog, pool,
				   bytes.data, bytes.len);
	}
	return !from->failed;
}
