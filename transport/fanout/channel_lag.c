/*
 * Frames of a channel that a subscriber is not sent in their turn: it lags, and
 * gets them later from the history, or the channel's ring.
 */
#include "transport/fanout/frame_ring.h"
#include "transport/fanout/send_batch_internal.h"
#include "transport/fanout/subscriptions.h"
#include "transport/net/conn.h"
#include "transport/session.h"
#include "transport/trace.h"
#include "transport/ws/ws_conn.h"

/* The frames of one class that are not for this session. */
static uint32_t
excepted_frames(const struct send_batch *batch, const struct channel *channel,
    const struct session *session, enum frame_class class)
{
	uint32_t frames = 0;

	for (uint32_t at = channel->first; at != 0;
	     at = batch->segments[at].next) {
		const struct segment *segment = &batch->segments[at];

		if (segment->except == session && segment->class == class)
			frames += segment->frames;
	}
	return frames;
}

static uint32_t
messages_for(const struct send_batch *batch, const struct channel *channel,
    const struct session *session)
{
	return channel->messages -
	       excepted_frames(batch, channel, session, FRAME_MESSAGE);
}

static uint32_t
droppables_for(const struct send_batch *batch, const struct channel *channel,
    const struct session *session)
{
	return channel->droppables -
	       excepted_frames(batch, channel, session, FRAME_DROPPABLE);
}

/* Counts the frames of all dirty channels of a session. */
void
session_count_copies(const struct send_batch *batch, struct session *session,
    uint64_t *total)
{
	for (uint32_t i = 0; i < session->subscription_count; i++) {
		const struct channel *channel =
		    session_subscription(session, i)->channel;

		if (channel_is_dirty(channel))
			*total += messages_for(batch, channel, session) +
				  droppables_for(batch, channel, session);
	}
}

/* Of frames that a session was not sent in their turn. */
static void
channel_trace(const struct channel *channel, const struct session *session,
    enum trace_kind kind, uint64_t count)
{
	const struct room_channels *room = channel->room;
	struct trace_entry entry = {
		.kind = kind,
		.connection = session->conn->number,
		.member = session_member(session),
		.room = str_slice(room->id, room->id_len),
		.count = count,
		.has_count = true,
	};

	trace_put(&session->conn->loop->trace, &entry);
}

/* False: no memory. */
static bool
channel_begin_lag(struct send_batch *batch, struct channel *channel,
    struct subscription *subscription, uint64_t position)
{
	subscription->lag = lags_begin(&batch->lags);
	if (subscription->lag == 0)
		return false;
	lags_find(&batch->lags, subscription->lag)->position = position;
	channel->ring_readers++;
	return true;
}

void
channel_miss(struct send_batch *batch, struct session *session,
    struct channel *channel, const struct missed *missed)
{
	struct subscription *subscription =
	    session_find_subscription(session, channel);
	bool begins = !subscription_lags(subscription);
	bool traces = trace_is_on(&session->conn->loop->trace);
	struct lag *lag;

	batch->copies.skipped += missed->droppables;
	if (traces && missed->droppables > 0)
		channel_trace(channel, session, TRACE_DROPPED,
		    missed->droppables);
	if (begins && !channel_begin_lag(batch, channel, subscription,
			  missed->position)) {
		batch->copies.aborted += missed->messages;
		ws_conn_end_unsent(session->conn);
		return;
	}
	batch->copies.waiting += missed->messages;
	lag = lags_find(&batch->lags, subscription->lag);
	lag->waiting += missed->messages;
	if (lag->next == 0)
		lag->next = missed->first_seq;
	if (traces && begins)
		channel_trace(channel, session, TRACE_LAGS, lag->waiting);
	if (!session->conn->lags)
		conn_set_lags(session->conn, true);
}

struct missed
channel_missed(const struct channel *channel)
{
	return (struct missed){
		.position = frame_ring_end(&channel->ring),
		.first_seq = channel->is_lobby ? 0 : channel->first_seq,
		.messages = channel->messages,
		.droppables = channel->droppables,
	};
}

void
channel_skip(struct send_batch *batch, struct session *session,
    struct channel *channel)
{
	struct missed missed = channel_missed(channel);

	missed.messages = messages_for(batch, channel, session);
	missed.droppables = droppables_for(batch, channel, session);
	channel_miss(batch, session, channel, &missed);
}

void
session_skip_channels(struct send_batch *batch, struct session *session)
{
	for (uint32_t i = 0; i < session->subscription_count; i++) {
		struct channel *channel =
		    session_subscription(session, i)->channel;

		if (channel_is_dirty(channel))
			channel_skip(batch, session, channel);
	}
}

/* Presence of one room: a reader that missed more gets the state itself. */
#define PRESENCE_BYTES 8192

/* Keeps what no history has for the subscribers that were not sent it. */
void
channel_fill_ring(const struct send_batch *batch, struct channel *channel)
{
	size_t most = channel->is_lobby ? batch->lobby_bytes : PRESENCE_BYTES;

	for (uint32_t at = channel->first; at != 0;
	     at = batch->segments[at].next) {
		const struct segment *segment = &batch->segments[at];
		struct ring_piece frames = {
			.piece = { segment->chunk, segment->offset,
			    segment->len },
			.except = segment->except,
			.after_seq = segment->after_seq,
			.is_change = segment->class == FRAME_CHANGE,
		};

		if (segment->class == FRAME_DROPPABLE ||
		    (segment->class == FRAME_MESSAGE && !channel->is_lobby))
			continue;
		frame_ring_add(&channel->ring, &frames, !channel->is_lobby,
		    most);
	}
}

static void
settle_waiting(struct send_batch *batch,
    const struct subscription *subscription, uint32_t messages, uint64_t *total)
{
	struct lag *lag = lags_find(&batch->lags, subscription->lag);

	if (messages > lag->waiting)
		messages = lag->waiting;
	lag->waiting -= messages;
	batch->copies.waiting -= messages;
	*total += messages;
}

void
channel_note_replayed(struct send_batch *batch,
    const struct subscription *subscription, uint32_t messages)
{
	settle_waiting(batch, subscription, messages, &batch->copies.delivered);
}

/* The lobby's ring has lost none; a history has all that did not expire. */
void
channel_catch_up(struct send_batch *batch, struct channel *channel,
    struct subscription *subscription)
{
	const struct session *session =
	    channel->subscribers[subscription->index].session;

	if (trace_is_on(&session->conn->loop->trace))
		channel_trace(channel, session, TRACE_CAUGHT_UP, 0);
	settle_waiting(batch, subscription, UINT32_MAX,
	    channel->is_lobby ? &batch->copies.delivered
			      : &batch->copies.skipped);
	channel_end_lag(batch, channel, subscription);
}

void
channel_end_lag(struct send_batch *batch, struct channel *channel,
    struct subscription *subscription)
{
	if (!subscription_lags(subscription))
		return;
	settle_waiting(batch, subscription, UINT32_MAX, &batch->copies.aborted);
	lags_end(&batch->lags, subscription->lag);
	subscription->lag = 0;
	if (--channel->ring_readers == 0)
		frame_ring_clear(&channel->ring);
}
