#include "transport/fanout/channel_rest.h"

#include <assert.h>
#include <stdlib.h>

#include "transport/fanout/replay.h"
#include "transport/fanout/send_batch_internal.h"
#include "transport/fanout/send_slice.h"
#include "transport/fanout/send_threads.h"

/* Each of them is looked at, whether it subscribes to the channel. */
#define INDIVIDUALS_MOST 64

static void
rest_add_skip(struct channel_rest *rest, uint32_t index)
{
	uint32_t at = rest->skip_count++;

	for (; at > 0 && rest->skips[at - 1] > index; at--)
		rest->skips[at] = rest->skips[at - 1];
	rest->skips[at] = index;
}

/* Finds subscribers that are sent to individually now. False: too many. */
static bool
rest_find_skips(const struct send_batch *batch, struct channel_rest *rest)
{
	if (batch->individual_count > INDIVIDUALS_MOST)
		return false;
	for (size_t i = 0; i < batch->individual_count; i++) {
		const struct subscription *subscription =
		    session_find_subscription(batch->individuals[i].session,
			rest->channel);

		if (subscription == NULL || subscription->index < rest->first)
			continue;
		if (rest->skip_count == REST_SKIPS)
			return false;
		rest_add_skip(rest, subscription->index);
	}
	return true;
}

/* One that lags may be replayed these frames before the rest is sent. */
static bool
rest_has_lags(const struct channel_rest *rest)
{
	const struct channel *channel = rest->channel;

	for (uint32_t i = rest->first;
	     channel->ring_readers > 0 && i < rest->end; i++) {
		struct session *session = channel->subscribers[i].session;

		if (channel->subscribers[i].conn->lags &&
		    subscription_lags(session_find_subscription(session,
			channel)))
			return true;
	}
	return false;
}

static uint64_t
rest_copies(const struct channel_rest *rest)
{
	uint64_t subscribers = rest->end - rest->first - rest->skip_count;

	return subscribers * rest->missed.messages;
}

/* The oldest one is the first. */
static void
rest_add(struct send_batch *batch, struct channel_rest *rest)
{
	list_append(&batch->rests, &rest->link);
	rest->channel->rest = rest;
	rest->channel->ring_readers++;
}

bool
channel_rest_begin(struct send_batch *batch, const struct send_slice *slice)
{
	struct channel *channel = slice->channel;
	struct channel_rest *rest;

	assert(channel->rest == NULL && slice->is_deferred);
	if (!slice->is_whole || slice->piece_count != 1 ||
	    channel->droppables > 0 || (rest = malloc(sizeof(*rest))) == NULL)
		return false;
	*rest = (struct channel_rest){
		.channel = channel,
		.piece = batch->pieces[slice->first_piece],
		.first = slice->first,
		.end = channel->count,
		.missed = channel_missed(channel),
	};
	if (!rest_find_skips(batch, rest) || rest_has_lags(rest)) {
		free(rest);
		return false;
	}
	rest->piece.chunk->refs++;
	batch->copies.waiting += rest_copies(rest);
	rest_add(batch, rest);
	return true;
}

static void
rest_end(struct channel_rest *rest)
{
	struct channel *channel = rest->channel;

	list_remove(&rest->link);
	channel->rest = NULL;
	if (--channel->ring_readers == 0)
		frame_ring_clear(&channel->ring);
	chunk_unref(rest->piece.chunk);
	free(rest);
}

/* The next subscriber is left out: it was sent to individually. */
static void
rest_skip(struct channel_rest *rest)
{
	rest->skip_count--;
	for (uint32_t i = 0; i < rest->skip_count; i++)
		rest->skips[i] = rest->skips[i + 1];
	rest->first++;
}

static bool
rest_skips_next(const struct channel_rest *rest)
{
	return rest->skip_count > 0 && rest->skips[0] == rest->first;
}

static struct channel_rest *
batch_first_rest(const struct send_batch *batch)
{
	return LIST_OWNER(batch->rests.next, struct channel_rest, link);
}

/* --- the subscribers lag instead ------------------------------------------ */

static void
subscriber_lag(struct send_batch *batch, struct channel *channel,
    const struct subscriber *subscriber)
{
	bool reads = conn_takes_frames(subscriber->conn);

	channel_miss(batch, subscriber->session, channel,
	    &channel->rest->missed);
	if (reads)
		replay_continue(batch->replays, subscriber->session);
}

void
channel_rest_lag(struct send_batch *batch, struct channel *channel)
{
	struct channel_rest *rest = channel->rest;

	batch->copies.waiting -= rest_copies(rest);
	while (rest->first < rest->end) {
		if (rest_skips_next(rest))
			rest_skip(rest);
		else
			subscriber_lag(batch, channel,
			    &channel->subscribers[rest->first++]);
	}
	rest_end(rest);
}

void
rests_lag(struct send_batch *batch)
{
	while (!list_is_empty(&batch->rests))
		channel_rest_lag(batch, batch_first_rest(batch)->channel);
}

void
channel_rest_leave(struct send_batch *batch, struct channel *channel,
    uint32_t index)
{
	if (channel->rest != NULL && index < channel->rest->end)
		channel_rest_lag(batch, channel);
}

/* --- sending -------------------------------------------------------------- */

/* False: for few, or without memory, it is not worth it. */
static bool
rest_send_in_threads(struct send_batch *batch, const struct send_slice *first,
    size_t count, struct send_totals *totals)
{
	struct send_threads *threads = batch->threads;
	const struct send_slice *slices;

	if (!send_threads_are_for(threads, count) ||
	    !send_threads_divide(threads, first, count))
		return false;
	send_threads_run(threads, batch, channel_traffic(first->channel));
	slices = send_threads_slices(threads, &count);
	for (size_t i = 0; i < count; i++)
		send_slice_end(batch, &slices[i], totals);
	return true;
}

static void
rest_send_in_loop(struct send_batch *batch, struct send_slice slice,
    uint32_t count, struct send_totals *totals)
{
	struct sent sents[SEND_SLICE_MOST];

	slice.sents = sents;
	for (; count > 0; count -= slice.count, slice.first += slice.count) {
		slice.count = count < SEND_SLICE_MOST ? count : SEND_SLICE_MOST;
		send_slice_begin(batch, &slice, channel_traffic(slice.channel));
		send_slice_end(batch, &slice, totals);
	}
}

/* To the next `count` subscribers, none of which is skipped. */
static void
rest_send_to(struct send_batch *batch, struct channel_rest *rest,
    uint32_t count)
{
	struct send_totals totals = { 0 };
	struct send_slice slice = {
		.begin = send_slice_begin,
		.channel = rest->channel,
		.first = rest->first,
		.is_whole = true,
		.piece_count = 1,
		.rest = rest,
	};

	batch->pieces[0] = rest->piece;
	if (!rest_send_in_threads(batch, &slice, count, &totals))
		rest_send_in_loop(batch, slice, count, &totals);
	rest->first += count;
	batch->copies.waiting -= (uint64_t)count * rest->missed.messages;
	batch->copies.delivered += totals.sent * rest->missed.messages;
	channel_trace_send(rest->channel, totals.sent, totals.behind);
}

/* Up to the next subscriber that is skipped. Returns to how many. */
static size_t
rest_send(struct send_batch *batch, struct channel_rest *rest, size_t most)
{
	uint32_t end = rest->skip_count > 0 ? rest->skips[0] : rest->end;
	uint32_t count = end - rest->first;

	if (count > most)
		count = (uint32_t)most;
	if (count > 0)
		rest_send_to(batch, rest, count);
	if (rest_skips_next(rest))
		rest_skip(rest);
	if (rest->first == rest->end)
		rest_end(rest);
	return count;
}

void
rests_send(struct send_batch *batch, size_t most)
{
	assert(!send_batch_is_pending(batch));
	while (!list_is_empty(&batch->rests) && most > 0)
		most -= rest_send(batch, batch_first_rest(batch), most);
}
