/* The inside of a batch, for the files that fill and send it. */
#ifndef TRANSPORT_SEND_BATCH_INTERNAL_H
#define TRANSPORT_SEND_BATCH_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "transport/fanout/channel_rest.h"
#include "transport/fanout/send_batch.h"
#include "transport/session.h"

/* Doubles an array of elements of this size. False: no memory. */
bool send_batch_grow(void **array, size_t *capacity, size_t size);

/* NULL: this session gets what its channels get. */
static inline struct individual *
send_batch_individual(const struct send_batch *batch,
    const struct session *session)
{
	struct individual *own;

	if (session->individual >= batch->individual_count)
		return NULL;
	own = &batch->individuals[session->individual];
	return own->session == session ? own : NULL;
}

/*
 * This session gets this turn's bytes on its own, not with its channels. NULL:
 * no memory. Valid until the next call.
 */
struct individual *send_batch_set_individual(struct send_batch *,
    struct session *);

/* Behind the pieces from `first` on, which the same sessions receive. */
static inline bool
send_batch_add_piece(struct send_batch *batch, size_t first, size_t *count,
    const struct segment *segment)
{
	struct piece piece = { segment->chunk, segment->offset, segment->len };

	if (*count > first && piece_extend(&batch->pieces[*count - 1], &piece))
		return true;
	if (*count == batch->piece_capacity &&
	    !send_batch_grow((void **)&batch->pieces, &batch->piece_capacity,
		sizeof(*batch->pieces)))
		return false;
	batch->pieces[(*count)++] = piece;
	return true;
}

/* How many channels of this session have frames, counted up to `most`. */
static inline uint32_t
session_dirty_channels(struct session *session, uint32_t most)
{
	uint32_t dirty = 0;

	for (uint32_t i = 0; i < session->subscription_count && dirty < most;
	     i++)
		dirty +=
		    channel_is_dirty(session_subscription(session, i)->channel);
	return dirty;
}

/*
 * Whether members get a channel's frames in a later turn, since this one has
 * sent to enough already: they lag, although they read. The ring of a lobby
 * must keep the frames until then.
 */
static inline bool
channel_is_deferred(const struct send_batch *batch,
    const struct channel *channel, size_t sent_to)
{
	return batch->sends_most != 0 && sent_to >= batch->sends_most &&
	       (!channel->is_lobby ||
		   frame_ring_bytes(&channel->ring) + channel->bytes <=
		       batch->lobby_bytes / 2);
}

/* --- channel_lag.c -------------------------------------------------------- */

/* This turn's frames of a channel, for all but those it excepts. */
struct missed channel_missed(const struct channel *);
/* A subscriber was not sent this of a channel: it lags. */
void channel_miss(struct send_batch *, struct session *, struct channel *,
    const struct missed *);
/* A subscriber is sent this turn's frames of a channel later. */
void channel_skip(struct send_batch *, struct session *, struct channel *);
/* The same for all dirty channels of a session. */
void session_skip_channels(struct send_batch *, struct session *);
/* Adds the copies that all dirty channels of a session have for it. */
void session_count_copies(const struct send_batch *, struct session *,
    uint64_t *total);
/* Keeps what no history has for the subscribers that lag. */
void channel_fill_ring(const struct send_batch *, struct channel *);

/* --- send_channels.c ------------------------------------------------------ */

/* Sends to the subscribers of all dirty channels, but individual ones. */
void channels_send(struct send_batch *);
/* Sessions that are flushed individually have entries of their own. */
void channel_trace_send(const struct channel *, uint64_t sent, uint64_t behind);

/* --- send_individuals.c --------------------------------------------------- */

/* Adds the sessions that get frames of several channels. */
void individuals_find(struct send_batch *);
/* Sends to so many of batch->individuals. */
void individuals_send(struct send_batch *, size_t first, size_t count);

#endif
