/*
 * A part of the subscribers of one channel, who are sent its frames, or of the
 * sessions that are sent to individually, in two halves. The first changes
 * nothing but their connections, so that several threads can do it, each for
 * other slices; the second belongs to the thread of the loop
 * (send_slice_end(), send_individuals.c).
 */
#ifndef TRANSPORT_SEND_SLICE_H
#define TRANSPORT_SEND_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/fanout/send_batch.h"
#include "transport/net/conn.h"

/* Subscribers that are not deferred; a bit for each fits in `left`. */
#define SEND_SLICE_MOST 64

struct traffic;

struct send_slice {
	/* The first half: send_slice_begin(), that of a replay, or of
	 * individuals. The batch is only read. */
	void (*begin)(const struct send_batch *, struct send_slice *,
	    struct traffic *);
	struct channel *channel; /* NULL: of batch->individuals */
	uint32_t first;          /* in channel->subscribers, or in those */
	uint32_t count;
	bool is_whole;      /* the pieces are all that the channel has */
	bool is_deferred;   /* to a later turn: any number of them */
	size_t first_piece; /* in batch->pieces */
	size_t piece_count;
	/* What became of it. */
	struct sent *sents; /* one for each */
	uint32_t sent;      /* to so many, completely */
	uint64_t left;      /* the second half goes on with these */
	const struct replay_piece *replay; /* of a replay */
	const struct channel_rest *rest;   /* of such a one; else NULL */
};

/* What became of a channel's frames, for so many subscribers each. */
struct send_totals {
	uint64_t sent;
	uint64_t failed;
	uint64_t behind;
};

/* Where sends to its subscribers, of which there are some, are counted. */
static inline struct traffic *
channel_traffic(const struct channel *channel)
{
	return &channel->subscribers[0].conn->loop->meter.traffic;
}

/* This turn's frames of the channel, or those of a rest. */
void send_slice_begin(const struct send_batch *, struct send_slice *,
    struct traffic *);
void send_slice_end(struct send_batch *, const struct send_slice *,
    struct send_totals *);

/*
 * Whether a connection is sent the frames of rooms now. What a socket does not
 * take of them waits; while it does, further ones are not queued but sent
 * later.
 */
static inline bool
conn_takes_frames(const struct conn *conn)
{
	return !conn->lags && send_queue_is_empty(&conn->queue);
}

#endif
