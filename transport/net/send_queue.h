/*
 * The queue of bytes to be sent to one connection: it refers to shared chunks
 * and copies nothing. Pure: the connection does the sending.
 */
#ifndef TRANSPORT_SEND_QUEUE_H
#define TRANSPORT_SEND_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "transport/net/chunk.h"

struct backlog;
struct packer;
struct unpacker;

/* Zeroed: empty. An empty queue holds no memory. */
struct send_queue {
	struct backlog *backlog;
};

static inline bool
send_queue_is_empty(const struct send_queue *queue)
{
	return queue->backlog == NULL;
}

/*
 * Append pieces in order, without the first `skip` bytes, which are fewer
 * than the first piece has. Each piece ends with a whole frame. The bytes of
 * transient chunks are copied. False: no memory, and the queue is not whole.
 */
bool send_queue_append(struct send_queue *, const struct piece *, size_t count,
    size_t skip);

/* The same for a few bytes that are copied into a chunk of this pool. */
bool send_queue_append_copy(struct send_queue *, struct chunk_pool *,
    const void *data, size_t len, size_t skip);

/* The next bytes to send, in up to `most` vectors; returns how many. */
int send_queue_peek(const struct send_queue *, struct iovec *, int most);

/* Removes bytes that were sent. */
void send_queue_consume(struct send_queue *, size_t len);

/* Bytes that wait. */
size_t send_queue_bytes(const struct send_queue *);

/*
 * The part of the chunks' memory that is held for this queue: that of a chunk
 * is divided among those that refer to it.
 */
size_t send_queue_share(const struct send_queue *);

/*
 * Drop the queue, except the rest of a piece that was sent in part, so that
 * the next append follows a whole frame.
 */
void send_queue_shed(struct send_queue *);

/* For another process: the bytes, and where frames end. */
void send_queue_pack(const struct send_queue *, struct packer *);

/* Into an empty queue. False: no such bytes, or no memory. */
bool send_queue_unpack(struct send_queue *, struct chunk_pool *,
    struct unpacker *);

/* Drop everything. */
void send_queue_fini(struct send_queue *);

#endif
