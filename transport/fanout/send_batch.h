/*
 * What is to be sent at the end of a loop turn, and its receivers.
 *
 * Most sessions get exactly what is published to their room. So frames for a
 * room are written once, to the room's channel, and at the end of the turn the
 * same bytes are sent to each session that subscribes to it: nothing is done
 * for each member before. Sessions that get something else (a direct answer,
 * two rooms, a message without its author) are sent to individually, from the
 * same bytes, in the order of publication.
 *
 * A session whose socket is full, or that lags already, is not sent the frames
 * of its rooms: its subscriptions remember where it goes on (replay.c).
 */
#ifndef TRANSPORT_SEND_BATCH_H
#define TRANSPORT_SEND_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "domain/base/list.h"
#include "domain/server_stats.h"
#include "transport/fanout/frame_ring.h"
#include "transport/fanout/lags.h"
#include "transport/net/send_queue.h"

struct channel_rest;
struct conn;
struct replays;
struct send_threads;
struct room_channels;
struct session;
struct subscription;

/* Frames that were published one after the other. */
struct segment {
	struct chunk *chunk;
	const struct session *except; /* not sent to it; NULL: to all */
	uint32_t offset;
	uint32_t len;
	uint32_t order; /* of publication, over all channels */
	uint32_t next;  /* in the same list; 0: the last */
	uint8_t class;  /* enum frame_class */
	uint32_t frames;
	uint64_t after_seq; /* the room's last message, these included */
};

/* How a subscriber that lags gets a frame of its room. */
enum frame_class {
	FRAME_MESSAGE,  /* it is sent later */
	FRAME_PRESENCE, /* the same, or the state that results */
	FRAME_CHANGE,   /* the same; if it cannot be, the reader is ended */
	FRAME_DROPPABLE /* it is not sent */
};

/* conn is session->conn, to save a cache miss. */
struct subscriber {
	struct session *session;
	struct conn *conn;
};

/* The subscribers of one room for which events are encoded the same way. */
struct channel {
	struct room_channels *room;
	struct channel *next; /* in the same room */
	struct channel *next_dirty;
	struct channel *next_held;
	struct channel **held_at; /* what points to it there; NULL: nothing */
	struct subscriber *subscribers;
	uint32_t count;
	uint32_t capacity;
	struct chunk *chunk; /* being written to; NULL: none */
	uint32_t first;      /* segments of this turn; 0: none */
	uint32_t last;
	uint32_t id; /* of this channel, never given again soon */
	uint8_t variant;
	bool is_lobby;             /* no history: the ring has all frames */
	uint32_t ring_readers;     /* subscribers that lag, and the rest */
	uint32_t messages;         /* frames of this turn, FRAME_MESSAGE */
	uint32_t droppables;       /* frames of this turn, FRAME_DROPPABLE */
	size_t bytes;              /* of all frames of this turn */
	uint64_t first_seq;        /* of this turn's messages; 0: none */
	uint64_t last_seq;         /* of all messages */
	struct frame_ring ring;    /* for them: frames that no history has */
	struct channel_rest *rest; /* sent to in later turns; NULL: none is */
};

/* A session that is sent to on its own in this turn. */
struct individual {
	struct session *session;
	uint32_t first; /* segments for it alone; 0: none */
	uint32_t last;
	uint32_t bytes; /* of those frames */
	/* Of the flush: all that it is sent, in batch->pieces. */
	size_t first_piece;
	size_t piece_count;
};

struct send_batch {
	struct copy_totals copies;
	struct chunk_pool *pool;
	struct send_threads *threads; /* own; NULL: that of the loop alone */
	struct replays *replays;      /* of sessions that are sent it later */
	struct lags lags;             /* of their subscriptions */
	struct list rests;            /* struct channel_rest of channels */
	size_t lobby_bytes; /* what the ring of a lobby holds at most */
	size_t sends_most; /* members of rooms that one turn sends to; 0: all */
	size_t sent_to;    /* in this turn */
	uint32_t order;
	struct segment *segments; /* [0] is not used */
	uint32_t segment_count;
	uint32_t segment_capacity;
	struct chunk *own;    /* frames for one session only; NULL: none */
	struct chunk *full;   /* written to in this turn, no more room */
	struct channel *held; /* keep a chunk that a send queue refers to */
	struct channel *dirty;
	uint32_t dirty_count;
	struct individual *individuals;
	size_t individual_count;
	size_t individual_capacity;
	size_t bytes;
	size_t sends;         /* the next flush will cost at least these */
	struct piece *pieces; /* scratch */
	size_t piece_capacity;
	uint32_t *cursors; /* scratch */
	size_t cursor_capacity;
};

bool send_batch_init(struct send_batch *);
void send_batch_fini(struct send_batch *);

/* The bytes of a frame, in two parts. */
struct frame {
	const void *head;
	size_t head_len;
	const void *body;
	size_t body_len;
};

static inline size_t
frame_bytes(const struct frame *frame)
{
	return frame->head_len + frame->body_len;
}

/* As one; the buffer has space for all of it. */
static inline void
frame_copy(const struct frame *frame, char *out)
{
	memcpy(out, frame->head, frame->head_len);
	memcpy(out + frame->head_len, frame->body, frame->body_len);
}

/* Frames that are added from now on are later in the order. */
static inline void
send_batch_next(struct send_batch *batch)
{
	batch->order++;
}

/*
 * Adds a frame for all subscribers of a channel but one, which may be NULL. A
 * message of a room has a seq. False: no memory, it is not sent.
 */
bool send_batch_add(struct send_batch *, struct channel *, const struct frame *,
    struct session *except, enum frame_class, uint64_t seq);

/* Adds a frame for one session. False: no memory. */
bool send_batch_add_for(struct send_batch *, struct session *,
    const struct frame *);

/* Whether a session is sent to on its own: flush before it is freed. */
bool send_batch_refers_to(const struct send_batch *, const struct session *);

/* Bytes that were added for one session, and are not sent yet. */
size_t send_batch_own_bytes(const struct send_batch *, const struct session *);

/* Whether something is to be sent. */
static inline bool
send_batch_is_pending(const struct send_batch *batch)
{
	return batch->dirty != NULL || batch->individual_count > 0;
}

static inline bool
channel_is_dirty(const struct channel *channel)
{
	return channel->first != 0;
}

/* Send everything; the next turn begins. */
void send_batch_flush(struct send_batch *);

/* Releases chunks that no send queue refers to any more. Now and then. */
void send_batch_tidy(struct send_batch *);

/*
 * A subscriber that lags was sent so many messages; it has caught up; or it
 * leaves, and what it was not sent is lost to it.
 */
void channel_note_replayed(struct send_batch *, const struct subscription *,
    uint32_t messages);
void channel_catch_up(struct send_batch *, struct channel *,
    struct subscription *);
void channel_end_lag(struct send_batch *, struct channel *,
    struct subscription *);

/* The channel is going away; it is empty and not dirty. */
void channel_fini(struct channel *);

#endif
