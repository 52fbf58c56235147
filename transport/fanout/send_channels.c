/* Sends the frames of channels to their subscribers. */
#include "transport/fanout/replay.h"
#include "transport/fanout/send_batch_internal.h"
#include "transport/fanout/send_slice.h"
#include "transport/fanout/send_threads.h"
#include "transport/fanout/subscriptions.h"
#include "transport/session.h"
#include "transport/ws/ws_conn.h"

/*
 * Adds the pieces of a channel to those of others; *count becomes how many
 * there are then. False: no memory for all of them.
 */
static bool
channel_gather(struct send_batch *batch, const struct channel *channel,
    size_t *count)
{
	size_t first = *count;

	for (uint32_t at = channel->first; at != 0;
	     at = batch->segments[at].next)
		if (!send_batch_add_piece(batch, first, count,
			&batch->segments[at]))
			return false;
	return true;
}

void
channel_trace_send(const struct channel *channel, uint64_t sent,
    uint64_t behind)
{
	const struct room_channels *room = channel->room;
	struct trace_entry entry = {
		.kind = TRACE_SENT,
		.room = str_slice(room->id, room->id_len),
		.seq = channel->last_seq,
		.count = sent,
		.behind = behind,
		.has_count = true,
	};

	if (trace_is_on(&channel->subscribers[0].conn->loop->trace))
		trace_put(&channel->subscribers[0].conn->loop->trace, &entry);
}

/*
 * The next slice begins behind the last one, and has at most so many
 * subscribers, of which so many were sent to before.
 */
static void
slice_next(const struct send_batch *batch, struct send_slice *slice,
    size_t sent_to, uint32_t most)
{
	const struct channel *channel = slice->channel;

	slice->first += slice->count;
	slice->count = channel->count - slice->first;
	slice->is_deferred = channel_is_deferred(batch, channel, sent_to);
	if (slice->is_deferred)
		return;
	if (batch->sends_most > sent_to && batch->sends_most - sent_to < most)
		most = (uint32_t)(batch->sends_most - sent_to);
	if (slice->count > most)
		slice->count = most;
}

static bool
slice_is_last(const struct send_slice *slice)
{
	return slice->first + slice->count == slice->channel->count;
}

static void
slice_defer(struct send_batch *batch, const struct send_slice *slice,
    struct send_totals *totals)
{
	if (channel_rest_begin(batch, slice)) {
		totals->behind += slice->count;
		return;
	}
	for (uint32_t i = 0; i < slice->count; i++) {
		const struct subscriber *subscriber =
		    &slice->channel->subscribers[slice->first + i];
		bool reads = conn_takes_frames(subscriber->conn);

		if (send_batch_individual(batch, subscriber->session) != NULL)
			continue;
		channel_skip(batch, subscriber->session, slice->channel);
		totals->behind++;
		if (reads)
			replay_continue(batch->replays, subscriber->session);
	}
}

static void
slice_settle(struct send_batch *batch, const struct send_slice *slice,
    struct send_totals *totals)
{
	if (slice->is_deferred)
		slice_defer(batch, slice, totals);
	else
		send_slice_end(batch, slice, totals);
}

static void
channel_count_sends(struct send_batch *batch, const struct channel *channel,
    const struct send_totals *totals)
{
	uint64_t copies = channel->messages + channel->droppables;

	batch->copies.delivered += totals->sent * copies;
	batch->copies.aborted += totals->failed * copies;
	if (channel->count > 0)
		channel_trace_send(channel, totals->sent, totals->behind);
}

static void
send_channel(struct send_batch *batch, struct channel *channel)
{
	struct send_totals totals = { 0 };
	struct sent sents[SEND_SLICE_MOST];
	struct send_slice slice = { .channel = channel, .sents = sents };

	slice.is_whole = channel_gather(batch, channel, &slice.piece_count);
	while (!slice_is_last(&slice)) {
		slice_next(batch, &slice, batch->sent_to, SEND_SLICE_MOST);
		if (!slice.is_deferred)
			send_slice_begin(batch, &slice,
			    channel_traffic(channel));
		slice_settle(batch, &slice, &totals);
	}
	channel_count_sends(batch, channel, &totals);
}

/* To subscribers that get what their channels get. */
static size_t
channels_sends(const struct send_batch *batch)
{
	size_t sends = 0;

	for (const struct channel *channel = batch->dirty; channel != NULL;
	     channel = channel->next_dirty)
		sends += channel->count;
	for (size_t i = 0; i < batch->individual_count; i++)
		sends -= session_dirty_channels(batch->individuals[i].session,
		    UINT32_MAX);
	return sends;
}

/* Lists the slices of all channels. False: no memory. */
static bool
list_slices(struct send_batch *batch, struct send_threads *threads,
    size_t sends)
{
	uint32_t most = send_threads_slice_size(threads, sends);
	size_t pieces = 0, sent_to = batch->sent_to;

	send_threads_clear(threads);
	for (struct channel *channel = batch->dirty; channel != NULL;
	     channel = channel->next_dirty) {
		struct send_slice slice = {
			.begin = send_slice_begin,
			.channel = channel,
			.first_piece = pieces,
			.is_whole = true,
		};

		if (!channel_gather(batch, channel, &pieces))
			return false;
		slice.piece_count = pieces - slice.first_piece;
		while (!slice_is_last(&slice)) {
			slice_next(batch, &slice, sent_to, most);
			if (!send_threads_add(threads, &slice))
				return false;
			if (!slice.is_deferred)
				sent_to += slice.count;
		}
	}
	return true;
}

/* False: without memory, or with few sends, it is not worth it. */
static bool
send_channels_in_threads(struct send_batch *batch)
{
	struct send_totals totals = { 0 };
	const struct send_slice *slices;
	size_t sends, count;

	if (batch->dirty == NULL ||
	    !send_threads_are_for(batch->threads, batch->sends))
		return false;
	sends = channels_sends(batch);
	if (!send_threads_are_for(batch->threads, sends) ||
	    !list_slices(batch, batch->threads, sends) ||
	    !send_threads_prepare(batch->threads))
		return false;
	slices = send_threads_slices(batch->threads, &count);
	send_threads_run(batch->threads, batch,
	    channel_traffic(slices->channel));
	for (size_t i = 0; i < count; i++) {
		slice_settle(batch, &slices[i], &totals);
		if (!slice_is_last(&slices[i]))
			continue;
		channel_count_sends(batch, slices[i].channel, &totals);
		totals = (struct send_totals){ 0 };
	}
	return true;
}

void
channels_send(struct send_batch *batch)
{
	if (send_channels_in_threads(batch))
		return;
	for (struct channel *channel = batch->dirty; channel != NULL;
	     channel = channel->next_dirty)
		send_channel(batch, channel);
}
