#include "transport/net/send_queue.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

/* --- chunks --------------------------------------------------------------- */

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

/* --- what waits ----------------------------------------------------------- */

/* A queue of pieces, each with a reference to its chunk. */
struct backlog {
	size_t bytes;
	size_t seen; /* what the bufferevent held when last looked at */
	uint32_t head;
	uint32_t count;
	uint32_t capacity;
	struct piece *pieces;
};

static struct piece *
backlog_at(struct backlog *backlog, uint32_t i)
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

static bool
backlog_push(struct backlog *backlog, const struct piece *piece)
{
	if (backlog->count > 0 &&
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

/* Small answers to somebody who does not read must not cost a chunk each. */
#define COPY_SIZE 2048

/*
 * A copy of bytes that will not stay: packed behind the last piece if that
 * is a copy too and there is room.
 */
static bool
backlog_push_copy(struct backlog *backlog, struct chunk_pool *pool,
    const char *data, size_t len)
{
	struct chunk *chunk = NULL;
	struct piece piece;
	bool pushed;

	if (backlog->count > 0) {
		struct piece *last = backlog_at(backlog, backlog->count - 1);

		/* Ours alone, hence nobody else writes behind it. */
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

static void
release_cb(const void *data, size_t len, void *arg)
{
	(void)data;
	(void)len;
	chunk_unref(arg);
}

/* Lends the first piece to the bufferevent. */
static bool
backlog_lend(struct backlog *backlog, struct bufferevent *bev)
{
	struct piece *piece = backlog_at(backlog, 0);

	/* On failure the callback is not called: the reference stays ours. */
	if (evbuffer_add_reference(bufferevent_get_output(bev),
		piece->chunk->data + piece->offset, piece->len, release_cb,
		piece->chunk) != 0)
		return false;
	backlog->bytes -= piece->len;
	backlog->seen = piece->len; /* it took all that it had before */
	backlog->head = (backlog->head + 1) % backlog->capacity;
	backlog->count--;
	return true;
}

/* What the bufferevent has left of the last piece. */
static size_t
lent(struct bufferevent *bev)
{
	return bev == NULL ? 0
			   : evbuffer_get_length(bufferevent_get_output(bev));
}

/* --- the outbox ----------------------------------------------------------- */

static bool
ensure_backlog(struct send_queue *outbox)
{
	if (outbox->backlog == NULL)
		outbox->backlog = calloc(1, sizeof(*outbox->backlog));
	return outbox->backlog != NULL;
}

#define PIECES_AT_ONCE 64

/* What the socket takes of the pieces now; -1: it failed. */
static ssize_t
send_now(int fd, const struct piece *pieces, size_t count)
{
	struct iovec vectors[PIECES_AT_ONCE];
	struct msghdr message = { .msg_iov = vectors };
	ssize_t sent;

	if (count == 1)
		sent = send(fd, pieces->chunk->data + pieces->offset,
		    pieces->len, MSG_NOSIGNAL | MSG_DONTWAIT);
	else {
		if (count > PIECES_AT_ONCE)
			count = PIECES_AT_ONCE;
		for (size_t i = 0; i < count; i++) {
			vectors[i].iov_base =
			    pieces[i].chunk->data + pieces[i].offset;
			vectors[i].iov_len = pieces[i].len;
		}
		message.msg_iovlen = count;
		sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	if (sent < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS))
		return 0;
	return sent;
}

/*
 * Send as much as the socket takes. *taken becomes the number of whole
 * pieces, *rest what of the next one it took. False: the socket failed.
 */
static bool
send_directly(int fd, const struct piece *pieces, size_t count, size_t *taken,
    uint32_t *rest)
{
	*taken = 0;
	*rest = 0;
	while (*taken < count) {
		size_t batch = count - *taken;
		size_t end;
		ssize_t sent = send_now(fd, pieces + *taken, batch);

		if (sent < 0)
			return false;
		if (batch > PIECES_AT_ONCE)
			batch = PIECES_AT_ONCE;
		end = *taken + batch;
		while (*taken < end && (size_t)sent >= pieces[*taken].len)
			sent -= pieces[(*taken)++].len;
		if (*taken < end) {
			*rest = (uint32_t)sent;
			return true;
		}
	}
	return true;
}

static bool
queue_pieces(struct send_queue *outbox, const struct piece *pieces,
    size_t count, uint32_t skip)
{
	if (!ensure_backlog(outbox))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct piece piece = pieces[i];

		piece.offset += skip;
		piece.len -= skip;
		skip = 0;
		if (piece.chunk->transient
			? !backlog_push_copy(outbox->backlog, piece.chunk->pool,
			      piece.chunk->data + piece.offset, piece.len)
			: !backlog_push(outbox->backlog, &piece))
			return false;
	}
	return true;
}

static size_t
pieces_bytes(const struct piece *pieces, size_t count)
{
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		bytes += pieces[i].len;
	return bytes;
}

enum send_queue_result
send_queue_send(struct send_queue *outbox, struct bufferevent *bev, int fd,
    const struct piece *pieces, size_t count, size_t hard)
{
	size_t taken = 0;
	uint32_t rest = 0;

	if (!send_queue_is_empty(outbox)) {
		if (hard > 0 && send_queue_bytes(outbox, bev) +
					pieces_bytes(pieces, count) >
				    hard)
			return SEND_QUEUE_FULL;
	} else if (fd != -1) {
		if (!send_directly(fd, pieces, count, &taken, &rest))
			return SEND_QUEUE_BROKEN;
		if (taken == count)
			return SEND_QUEUE_SENT;
	}
	return queue_pieces(outbox, pieces + taken, count - taken, rest)
		   ? SEND_QUEUE_QUEUED
		   : SEND_QUEUE_BROKEN;
}

enum send_queue_result
send_queue_write(struct send_queue *outbox, int fd, struct chunk_pool *pool,
    const void *data, size_t len)
{
	ssize_t sent = 0;

	if (send_queue_is_empty(outbox) && fd != -1) {
		sent = send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno != EAGAIN && errno != EINTR &&
		    errno != ENOBUFS)
			return SEND_QUEUE_BROKEN;
		if (sent < 0)
			sent = 0;
		if ((size_t)sent == len)
			return SEND_QUEUE_SENT;
	}
	if (!ensure_backlog(outbox) ||
	    !backlog_push_copy(outbox->backlog, pool, (const char *)data + sent,
		len - (size_t)sent))
		return SEND_QUEUE_BROKEN;
	return SEND_QUEUE_QUEUED;
}

bool
send_queue_carry(struct send_queue *outbox, struct bufferevent *bev)
{
	return lent(bev) > 0 || backlog_lend(outbox->backlog, bev);
}

bool
send_queue_advance(struct send_queue *outbox, struct bufferevent *bev)
{
	if (send_queue_is_empty(outbox))
		return false;
	if (lent(bev) > 0)
		return true;
	if (outbox->backlog->count > 0 && backlog_lend(outbox->backlog, bev))
		return true;
	if (outbox->backlog->count > 0)
		return true; /* no memory now: the stall timer ends this */
	send_queue_fini(outbox);
	return false;
}

bool
send_queue_has_moved(struct send_queue *outbox, struct bufferevent *bev)
{
	size_t left = lent(bev);
	bool moved;

	if (send_queue_is_empty(outbox))
		return true;
	moved = left != outbox->backlog->seen;
	outbox->backlog->seen = left;
	return moved;
}

size_t
send_queue_bytes(const struct send_queue *outbox, struct bufferevent *bev)
{
	size_t bytes = lent(bev);

	return outbox->backlog == NULL ? bytes : bytes + outbox->backlog->bytes;
}

void
send_queue_shed(struct send_queue *outbox)
{
	struct backlog *backlog = outbox->backlog;

	if (backlog == NULL)
		return;
	for (uint32_t i = 0; i < backlog->count; i++)
		chunk_unref(backlog_at(backlog, i)->chunk);
	backlog->count = 0;
	backlog->bytes = 0;
}

void
send_queue_fini(struct send_queue *outbox)
{
	if (outbox->backlog == NULL)
		return;
	send_queue_shed(outbox);
	free(outbox->backlog->pieces);
	free(outbox->backlog);
	outbox->backlog = NULL;
}
