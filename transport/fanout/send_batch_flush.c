/* The end of a turn. */
#include <assert.h>
#include <stdlib.h>

#include "transport/fanout/send_batch_internal.h"

static void
release_chunk(struct channel *channel)
{
	chunk_unref(channel->chunk);
	channel->chunk = NULL;
}

/*
 * While a send queue refers to the chunk, the next turn goes on behind it: so
 * the send queues of a quiet room do not take a chunk for each message.
 */
static void
end_channel(struct send_batch *batch, struct channel *channel)
{
	channel->first = channel->last = 0;
	channel->first_seq = 0;
	channel->messages = channel->droppables = 0;
	channel->bytes = 0;
	if (channel->chunk == NULL)
		return;
	if (channel->chunk->refs == 1) {
		release_chunk(channel);
		return;
	}
	if (channel->held_at != NULL)
		return;
	channel->next_held = batch->held;
	channel->held_at = &batch->held;
	if (batch->held != NULL)
		batch->held->held_at = &channel->next_held;
	batch->held = channel;
}

/* Off the list of those that keep a chunk. */
static void
channel_unhold(struct channel *channel)
{
	*channel->held_at = channel->next_held;
	if (channel->next_held != NULL)
		channel->next_held->held_at = channel->held_at;
	channel->held_at = NULL;
}

void
send_batch_tidy(struct send_batch *batch)
{
	struct channel *next;

	for (struct channel *channel = batch->held; channel; channel = next) {
		bool idle = !channel_is_dirty(channel);

		next = channel->next_held;
		if (idle && channel->chunk != NULL && channel->chunk->refs == 1)
			release_chunk(channel);
		if (channel->chunk == NULL)
			channel_unhold(channel);
	}
	lags_tidy(&batch->lags);
}

static void
release_full(struct send_batch *batch)
{
	while (batch->full != NULL) {
		struct chunk *chunk = batch->full;

		batch->full = chunk->next;
		chunk->next = NULL;
		chunk_unref(chunk);
	}
	if (batch->own != NULL)
		chunk_unref(batch->own);
	batch->own = NULL;
}

/*
 * The answer to a message goes out behind the copies of the others: its author
 * may count on that. So those of individuals_find() come before answers.
 */
static void
send_all(struct send_batch *batch)
{
	size_t answers = batch->individual_count;

	/* What is sent later must not come behind what is sent now. */
	for (struct channel *channel = batch->dirty; channel != NULL;
	     channel = channel->next_dirty)
		if (channel->rest != NULL)
			channel_rest_lag(batch, channel);
	if (batch->dirty != NULL) {
		individuals_find(batch);
		channels_send(batch);
		individuals_send(batch, answers,
		    batch->individual_count - answers);
	}
	individuals_send(batch, 0, answers);
	for (struct channel *channel = batch->dirty; channel != NULL;
	     channel = channel->next_dirty) {
		if (channel->ring_readers > 0)
			channel_fill_ring(batch, channel);
		end_channel(batch, channel);
	}
}

void
send_batch_flush(struct send_batch *batch)
{
	if (!send_batch_is_pending(batch))
		return;
	send_all(batch);
	release_full(batch);
	batch->dirty = NULL;
	batch->dirty_count = 0;
	batch->individual_count = 0;
	batch->segment_count = 1;
	batch->order = 0;
	batch->bytes = 0;
	batch->sends = 0;
}

void
channel_fini(struct channel *channel)
{
	assert(!channel_is_dirty(channel) && channel->count == 0);
	assert(channel->rest == NULL);
	if (channel->held_at != NULL)
		channel_unhold(channel);
	if (channel->chunk != NULL)
		release_chunk(channel);
	frame_ring_fini(&channel->ring);
	free(channel->subscribers);
}
