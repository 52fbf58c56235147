/*
 * The subscribers of a large channel that are sent its frames in later turns:
 * see limits.turn_sends. Mostly nothing happens to the channel until then. So
 * they are a range of its subscribers, and nothing is done for each of them
 * before it is sent the same bytes as the others. When the channel gets further
 * frames, or one of those subscribers or of those before them goes away, those
 * that are left lag instead (channel_lag.c).
 */
#ifndef TRANSPORT_CHANNEL_REST_H
#define TRANSPORT_CHANNEL_REST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/list.h"
#include "transport/net/send_queue.h"

struct channel;
struct send_batch;
struct send_slice;
struct session;

/* What a subscriber that lags was not sent of one turn. */
struct missed {
	uint64_t position;  /* in the channel's ring, before these frames */
	uint64_t first_seq; /* of its messages; 0: none has one */
	uint32_t messages;
	uint32_t droppables;
};

/* Sessions of the range that were sent to individually, at most. */
#define REST_SKIPS 8

struct channel_rest {
	struct channel *channel;
	struct list link;   /* of the batch */
	struct piece piece; /* holds a reference */
	uint32_t first;     /* in channel->subscribers */
	uint32_t end;
	uint32_t skip_count;
	uint32_t skips[REST_SKIPS]; /* ascending */
	struct missed missed;
};

/*
 * The slice, which ends the channel, becomes a rest. False: it has to lag, or
 * there is no memory.
 */
bool channel_rest_begin(struct send_batch *, const struct send_slice *);

/* The subscribers that are left lag from now on, each on its own. */
void channel_rest_lag(struct send_batch *, struct channel *);

/* The same for all channels. */
void rests_lag(struct send_batch *);

/* A subscriber with this index goes away. */
void channel_rest_leave(struct send_batch *, struct channel *, uint32_t index);

/*
 * Goes on with all of them, up to so many sends. The batch is empty.
 */
void rests_send(struct send_batch *, size_t most);

#endif
