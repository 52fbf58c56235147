/*
 * What waits to be sent to one connection, and the shared memory it waits in.
 *
 * Frames for many connections are written once, into chunks. Most of the
 * time a socket takes all of them at once and nothing is remembered. What it
 * does not take stays where it is: the outbox keeps places in the chunks, not
 * copies, and hands them to a bufferevent, one after the other. There need be
 * none (NULL) before something waits.
 */
#ifndef TRANSPORT_SEND_QUEUE_H
#define TRANSPORT_SEND_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bufferevent;

#define CHUNK_SIZE 32768

/* Bytes that are written once and sent to many. Counted references. */
struct chunk {
	struct chunk_pool *pool;
	struct chunk *next; /* in the pool */
	uint32_t refs;
	uint32_t used;
	uint32_t capacity;
	bool transient; /* of the turn: to be kept, its bytes are copied */
	char data[];
};

/* All chunks of a server. Zeroed: empty. */
struct chunk_pool {
	struct chunk *spare; /* a few of CHUNK_SIZE, for the next turn */
	size_t spare_count;
	size_t bytes; /* in all chunks, the spare ones left out */
};

/* A chunk for so many bytes, with one reference; NULL: no memory. */
struct chunk *chunk_create(struct chunk_pool *, size_t capacity);
void chunk_unref(struct chunk *);
void chunk_pool_fini(struct chunk_pool *);

/* A stretch of a chunk. */
struct piece {
	struct chunk *chunk;
	uint32_t offset;
	uint32_t len;
};

/* Makes one piece of two if they adjoin. */
bool piece_extend(struct piece *last, const struct piece *next);

struct backlog;

/* Of one connection. Zeroed: nothing waits. */
struct send_queue {
	struct backlog *backlog; /* NULL: nothing waits */
};

enum send_queue_result {
	SEND_QUEUE_SENT,   /* the socket took everything */
	SEND_QUEUE_QUEUED, /* the rest waits */
	SEND_QUEUE_FULL,   /* not queued: more than `hard` bytes would wait */
	SEND_QUEUE_BROKEN  /* the socket failed, or no memory: drop the
			      connection */
};

/*
 * Send pieces in order, behind what waits. What one call brings is sent and
 * queued as a whole or not at all, so that frames stay whole; it is refused
 * only if something waits already. While nothing waits, the bytes go straight
 * to the socket fd, unless it is -1 (TLS). What is queued is to be carried.
 */
enum send_queue_result send_queue_send(struct send_queue *,
    struct bufferevent *, int fd, const struct piece *pieces, size_t count,
    size_t hard);

/* The same for a few bytes of one's own, beyond any limit. */
enum send_queue_result send_queue_write(struct send_queue *, int fd,
    struct chunk_pool *, const void *data, size_t len);

/*
 * Something was queued: see to it that the bufferevent, here not NULL, has
 * something to send. False: no memory.
 */
bool send_queue_carry(struct send_queue *, struct bufferevent *);

/*
 * The bufferevent has sent what it was given: give it more. False: nothing
 * waits any longer.
 */
bool send_queue_advance(struct send_queue *, struct bufferevent *);

/* Whether the socket took anything since this was asked the last time. */
bool send_queue_has_moved(struct send_queue *, struct bufferevent *);

/* Bytes that wait, what the bufferevent holds included. */
size_t send_queue_bytes(const struct send_queue *, struct bufferevent *);

static inline bool
send_queue_is_empty(const struct send_queue *outbox)
{
	return outbox->backlog == NULL;
}

/*
 * Lets go of what waits, but for what the bufferevent holds: whatever is sent
 * next goes behind that.
 */
void send_queue_shed(struct send_queue *);

/* Forgets what waits (not what the bufferevent holds): nothing is sent next. */
void send_queue_fini(struct send_queue *);

#endif
