#include "transport/fanout/send_batch.h"

#include <assert.h>
#include <stdlib.h>

#include "transport/fanout/replay.h"
#include "transport/fanout/send_batch_internal.h"
#include "transport/fanout/send_slice.h"
#include "transport/fanout/send_threads.h"
#include "transport/fanout/subscriptions.h"
#include "transport/session.h"
#include "transport/ws/ws_conn.h"

/* Behind the pieces from `first` on, which the same sessions receive. */
static bool
add_piece(struct send_batch *batch, size_t first, size_t *count,
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
static uint32_t
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
 * conn_takes_frames() for a session that is sent to individually: its answers
 * and what its rooms get in the same turn stay in order, as long as not too
 * much waits.
 */
static bool
takes_frames_in_order(const struct conn *conn)
{
	size_t soft = conn->loop->limits->output_soft;

	return conn_takes_frames(conn) ||
	       (!conn->lags && (soft == 0 || conn_waiting(conn) <= soft));
}

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

/* What becomes of the frames of all dirty channels of a session. */
static void
count_copies_of(const struct send_batch *batch, struct session *session,
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

/* The session is not sent this turn's frames of a channel now. */
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

/* A subscriber does not get what the channel has, or gets it later. */
static void
channel_trace_skip(const struct channel *channel, const struct session *session,
    const struct subscription *subscription, uint64_t dropped)
{
	if (dropped > 0)
		channel_trace(channel, session, TRACE_DROPPED, dropped);
	if (!subscription_lags(subscription))
		channel_trace(channel, session, TRACE_LAGS,
		    subscription->waiting);
}

static void
skip_channel(struct send_batch *batch, struct session *session,
    struct channel *channel)
{
	struct subscription *subscription =
	    session_find_subscription(session, channel);
	uint32_t messages = messages_for(batch, channel, session);

	subscription->waiting =
	    (subscription->waiting + messages) & SUBSCRIPTION_WAITING_MOST;
	batch->copies.waiting += messages;
	batch->copies.skipped += droppables_for(batch, channel, session);
	if (trace_is_on(&session->conn->loop->trace))
		channel_trace_skip(channel, session, subscription,
		    droppables_for(batch, channel, session));

	if (!subscription_lags(subscription)) {
		subscription->position = frame_ring_end(&channel->ring);
		channel->ring_readers++;
	}
	if (subscription->next == 0 && !channel->is_lobby)
		subscription->next = channel->first_seq;
	if (!session->conn->lags)
		conn_set_lags(session->conn, true);
}

static void
skip_channels(struct send_batch *batch, struct session *session)
{
	for (uint32_t i = 0; i < session->subscription_count; i++) {
		struct channel *channel =
		    session_subscription(session, i)->channel;

		if (channel_is_dirty(channel))
			skip_channel(batch, session, channel);
	}
}

/*
 * Whether members get a channel's frames in a later turn, since this one has
 * sent to enough already: they lag, although they read. The ring of a lobby
 * must keep the frames until then.
 */
static bool
channel_is_deferred(const struct send_batch *batch,
    const struct channel *channel, size_t sent_to)
{
	return batch->sends_most != 0 && sent_to >= batch->sends_most &&
	       (!channel->is_lobby ||
		   frame_ring_bytes(&channel->ring) + channel->bytes <=
		       batch->lobby_bytes / 2);
}

/* The first segment for this session alone; 0: none. */
static uint32_t
own_first(const struct send_batch *batch, const struct session *session)
{
	return send_batch_individual(batch, session)->first;
}

/* The same for a session of several channels that has no answers. */
static bool
session_is_deferred(const struct send_batch *batch, struct session *session)
{
	if (own_first(batch, session) != 0 || batch->sends_most == 0 ||
	    batch->sent_to < batch->sends_most)
		return false;
	for (uint32_t i = 0; i < session->subscription_count; i++) {
		const struct channel *channel =
		    session_subscription(session, i)->channel;

		if (channel_is_dirty(channel) &&
		    !channel_is_deferred(batch, channel, batch->sent_to))
			return false;
	}
	return true;
}

/* One cursor for each list that the session gets; false: no memory. */
static bool
place_cursors(struct send_batch *batch, struct session *session, bool own_only,
    size_t *count)
{
	while (batch->cursor_capacity < session->subscription_count + 1)
		if (!send_batch_grow((void **)&batch->cursors,
			&batch->cursor_capacity, sizeof(*batch->cursors)))
			return false;
	*count = 0;
	if (own_first(batch, session) != 0)
		batch->cursors[(*count)++] = own_first(batch, session);
	for (uint32_t i = 0; !own_only && i < session->subscription_count;
	     i++) {
		uint32_t first =
		    session_subscription(session, i)->channel->first;

		if (first != 0)
			batch->cursors[(*count)++] = first;
	}
	return true;
}

/* The cursor whose segment was published first. */
static size_t
earliest_segment(const struct send_batch *batch, size_t count)
{
	size_t best = 0;

	for (size_t i = 1; i < count; i++)
		if (batch->segments[batch->cursors[i]].order <
		    batch->segments[batch->cursors[best]].order)
			best = i;
	return best;
}

/* Adds everything of the turn that one session gets, in order, as pieces. */
static bool
segments_merge(struct send_batch *batch, struct session *session, bool own_only,
    size_t *pieces)
{
	size_t first = *pieces, cursors;

	if (!place_cursors(batch, session, own_only, &cursors))
		return false;
	while (cursors > 0) {
		size_t i = earliest_segment(batch, cursors);
		const struct segment *segment =
		    &batch->segments[batch->cursors[i]];

		if (segment->except != session &&
		    !add_piece(batch, first, pieces, segment))
			return false;
		batch->cursors[i] = segment->next;
		if (segment->next == 0)
			batch->cursors[i] = batch->cursors[--cursors];
	}
	return true;
}

/* Most sessions that are sent to individually just get an answer. */
static bool
send_answer(struct send_batch *batch, struct session *session)
{
	uint32_t first = own_first(batch, session);
	const struct segment *own = &batch->segments[first];
	struct piece piece;

	/* Without memory, the answer may not have been added. */
	if (first == 0 || batch->dirty != NULL || own->next != 0)
		return false;
	piece = (struct piece){ own->chunk, own->offset, own->len };
	conn_send(session->conn, &piece, 1);
	return true;
}

/* Adds the pieces that one session is sent now. */
static void
session_gather(struct send_batch *batch, struct session *session, size_t *count)
{
	size_t first = *count;
	bool own_only;

	if (conn_takes_frames(session->conn) &&
	    session_is_deferred(batch, session)) {
		skip_channels(batch, session);
		replay_continue(batch->replays, session);
		return;
	}
	own_only = !takes_frames_in_order(session->conn);
	if (own_only)
		skip_channels(batch, session);
	if (!segments_merge(batch, session, own_only, count)) {
		if (!own_only)
			count_copies_of(batch, session, &batch->copies.aborted);
		ws_conn_end_unsent(session->conn);
		*count = first;
		return;
	}
	if (!own_only) {
		count_copies_of(batch, session, &batch->copies.delivered);
		batch->sent_to++;
	}
}

static void
send_all_to(struct send_batch *batch, struct session *session)
{
	size_t count = 0;

	if (send_answer(batch, session))
		return;
	session_gather(batch, session, &count);
	if (count > 0)
		conn_send(session->conn, batch->pieces, count);
}

static void
session_trace_send(const struct session *session)
{
	struct trace_entry sent = {
		.kind = TRACE_SENT,
		.connection = session->conn->number,
		.count = 1,
		.has_count = true,
	};

	trace_put(&session->conn->loop->trace, &sent);
}

/* A session that had too many answers in this turn may have been paused. */
static void
session_go_on(const struct session *session)
{
	struct conn *conn = session->conn;

	if (conn_is_paused(conn) && conn_takes_frames(conn))
		conn_resume(conn, PAUSED_BY_OUTPUT);
}

static void
send_individually(struct send_batch *batch, struct session *session)
{
	if (trace_is_on(&session->conn->loop->trace))
		session_trace_send(session);
	send_all_to(batch, session);
	session_go_on(session);
}

/* Finds the sessions that get frames of several channels. */
static void
find_individuals(struct send_batch *batch)
{
	if (batch->dirty_count == 1)
		return;
	for (struct channel *channel = batch->dirty; channel != NULL;
	     channel = channel->next_dirty) {
		for (uint32_t i = 0; i < channel->count; i++) {
			struct session *session =
			    channel->subscribers[i].session;

			if (session_dirty_channels(session, 2) > 1 &&
			    send_batch_set_individual(batch, session) == NULL)
				conn_abort(session->conn);
		}
	}
}

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
		if (!add_piece(batch, first, count, &batch->segments[at]))
			return false;
	return true;
}

/* Sessions that are flushed individually have entries of their own. */
static void
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

	trace_put(&channel->subscribers[0].conn->loop->trace, &entry);
}

/* What became of a channel's frames, for so many subscribers each. */
struct channel_totals {
	uint64_t sent;
	uint64_t failed;
	uint64_t behind;
};

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

/* The second half of a send. */
static void
slice_end_one(struct send_batch *batch, const struct send_slice *slice,
    uint32_t i, struct channel_totals *totals)
{
	const struct subscriber *subscriber =
	    &slice->channel->subscribers[slice->first + i];

	if (!conn_takes_frames(subscriber->conn)) {
		skip_channel(batch, subscriber->session, slice->channel);
		totals->behind++;
	} else if (slice->is_whole) {
		conn_send_end(subscriber->conn,
		    &batch->pieces[slice->first_piece], slice->piece_count,
		    &slice->sents[i]);
		batch->sent_to++;
		totals->sent++;
	} else {
		ws_conn_end_unsent(subscriber->conn);
		totals->failed++;
	}
}

static void
slice_defer(struct send_batch *batch, const struct send_slice *slice,
    struct channel_totals *totals)
{
	for (uint32_t i = 0; i < slice->count; i++) {
		const struct subscriber *subscriber =
		    &slice->channel->subscribers[slice->first + i];
		bool reads = conn_takes_frames(subscriber->conn);

		if (send_batch_individual(batch, subscriber->session) != NULL)
			continue;
		skip_channel(batch, subscriber->session, slice->channel);
		totals->behind++;
		if (reads)
			replay_continue(batch->replays, subscriber->session);
	}
}

static void
slice_end(struct send_batch *batch, const struct send_slice *slice,
    struct channel_totals *totals)
{
	if (slice->is_deferred) {
		slice_defer(batch, slice, totals);
		return;
	}
	batch->sent_to += slice->sent;
	totals->sent += slice->sent;
	for (uint64_t left = slice->left; left != 0; left &= left - 1)
		slice_end_one(batch, slice, (uint32_t)__builtin_ctzll(left),
		    totals);
}

static void
channel_count_sends(struct send_batch *batch, const struct channel *channel,
    const struct channel_totals *totals)
{
	uint64_t copies = channel->messages + channel->droppables;

	batch->copies.delivered += totals->sent * copies;
	batch->copies.aborted += totals->failed * copies;
	if (channel->count > 0 &&
	    trace_is_on(&channel->subscribers[0].conn->loop->trace))
		channel_trace_send(channel, totals->sent, totals->behind);
}

static struct traffic *
channel_traffic(const struct channel *channel)
{
	return &channel->subscribers[0].conn->loop->meter.traffic;
}

static void
send_channel(struct send_batch *batch, struct channel *channel)
{
	struct channel_totals totals = { 0 };
	struct sent sents[SEND_SLICE_MOST];
	struct send_slice slice = { .channel = channel, .sents = sents };

	slice.is_whole = channel_gather(batch, channel, &slice.piece_count);
	while (!slice_is_last(&slice)) {
		slice_next(batch, &slice, batch->sent_to, SEND_SLICE_MOST);
		if (!slice.is_deferred)
			send_slice_begin(batch, &slice,
			    channel_traffic(channel));
		slice_end(batch, &slice, &totals);
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
	struct channel_totals totals = { 0 };
	const struct send_slice *slices;
	size_t sends, count;

	if (batch->dirty == NULL ||
	    !send_threads_are_for(batch->threads, batch->sends))
		return false;
	sends = channels_sends(batch);
	if (!send_threads_are_for(batch->threads, sends) ||
	    !list_slices(batch, batch->threads, sends))
		return false;
	slices = send_threads_slices(batch->threads, &count);
	if (!send_threads_run(batch->threads, batch,
		channel_traffic(slices->channel)))
		return false;
	for (size_t i = 0; i < count; i++) {
		slice_end(batch, &slices[i], &totals);
		if (!slice_is_last(&slices[i]))
			continue;
		channel_count_sends(batch, slices[i].channel, &totals);
		totals = (struct channel_totals){ 0 };
	}
	return true;
}

/* The first half, in any thread. */
static void
individual_slice_begin(const struct send_batch *batch, struct send_slice *slice,
    struct traffic *traffic)
{
	slice->left = 0;
	for (uint32_t i = 0; i < slice->count; i++) {
		const struct individual *individual =
		    &batch->individuals[slice->first + i];

		if (individual->piece_count > 0 &&
		    !conn_send_begin(individual->session->conn,
			&batch->pieces[individual->first_piece],
			individual->piece_count, traffic, &slice->sents[i]))
			slice->left |= UINT64_C(1) << i;
	}
}

static void
individual_slice_end(struct send_batch *batch, const struct send_slice *slice)
{
	for (uint64_t left = slice->left; left != 0; left &= left - 1) {
		uint32_t i = (uint32_t)__builtin_ctzll(left);
		const struct individual *individual =
		    &batch->individuals[slice->first + i];

		conn_send_end(individual->session->conn,
		    &batch->pieces[individual->first_piece],
		    individual->piece_count, &slice->sents[i]);
	}
	for (uint32_t i = 0; i < slice->count; i++)
		session_go_on(batch->individuals[slice->first + i].session);
}

static void
individuals_gather(struct send_batch *batch, size_t first, size_t count)
{
	size_t pieces = 0;

	for (size_t i = first + count; i > first; i--) {
		struct individual *individual = &batch->individuals[i - 1];

		if (trace_is_on(&individual->session->conn->loop->trace))
			session_trace_send(individual->session);
		individual->first_piece = pieces;
		session_gather(batch, individual->session, &pieces);
		individual->piece_count = pieces - individual->first_piece;
	}
}

/* False: no memory. */
static bool
individuals_list_slices(struct send_threads *threads, size_t first,
    size_t count)
{
	size_t most = send_threads_slice_size(threads, count);
	struct send_slice slice = {
		.begin = individual_slice_begin,
		.first = (uint32_t)first,
	};

	send_threads_clear(threads);
	for (; count > 0; count -= slice.count, slice.first += slice.count) {
		slice.count = (uint32_t)(count < most ? count : most);
		if (!send_threads_add(threads, &slice))
			return false;
	}
	return true;
}

static void
send_gathered(struct send_batch *batch, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++) {
		const struct individual *individual = &batch->individuals[i];

		if (individual->piece_count > 0)
			conn_send(individual->session->conn,
			    &batch->pieces[individual->first_piece],
			    individual->piece_count);
		session_go_on(individual->session);
	}
}

/* False: without memory, or for few, it is not worth it. */
static bool
send_individuals_in_threads(struct send_batch *batch, size_t first,
    size_t count)
{
	struct send_threads *threads = batch->threads;
	const struct send_slice *slices;
	struct traffic *traffic;

	if (!send_threads_are_for(threads, count) ||
	    !individuals_list_slices(threads, first, count))
		return false;
	individuals_gather(batch, first, count);
	traffic = &batch->individuals[first].session->conn->loop->meter.traffic;
	if (!send_threads_run(threads, batch, traffic)) {
		send_gathered(batch, first, count);
		return true;
	}
	slices = send_threads_slices(threads, &count);
	for (size_t i = 0; i < count; i++)
		individual_slice_end(batch, &slices[i]);
	return true;
}

static void
send_individuals(struct send_batch *batch, size_t first, size_t count)
{
	/* One alone cannot be divided. */
	if (count > 1 && send_individuals_in_threads(batch, first, count))
		return;
	for (size_t i = first + count; i > first; i--)
		send_individually(batch, batch->individuals[i - 1].session);
}

static void
send_channels(struct send_batch *batch)
{
	if (send_channels_in_threads(batch))
		return;
	for (struct channel *channel = batch->dirty; channel != NULL;
	     channel = channel->next_dirty)
		send_channel(batch, channel);
}

/* Presence of one room: a reader that missed more gets the state itself. */
#define PRESENCE_BYTES 8192

/* Keeps what no history has for the subscribers that were not sent it. */
static void
fill_ring(const struct send_batch *batch, struct channel *channel)
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
settle_waiting(struct send_batch *batch, struct subscription *subscription,
    uint32_t messages, uint64_t *total)
{
	if (messages > subscription->waiting)
		messages = subscription->waiting;
	subscription->waiting =
	    (subscription->waiting - messages) & SUBSCRIPTION_WAITING_MOST;
	batch->copies.waiting -= messages;
	*total += messages;
}

void
channel_note_replayed(struct send_batch *batch,
    struct subscription *subscription, uint32_t messages)
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
	settle_waiting(batch, subscription, UINT32_MAX, &batch->copies.aborted);
	if (!subscription_lags(subscription))
		return;
	subscription->position = subscription->next = 0;
	subscription->missed_presence = false;
	if (--channel->ring_readers == 0)
		frame_ring_clear(&channel->ring);
}

/* --- the end of a turn ---------------------------------------------------- */

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
 * may count on that. So those of find_individuals() come before answers.
 */
static void
send_all(struct send_batch *batch)
{
	size_t answers = batch->individual_count;

	find_individuals(batch);
	send_channels(batch);
	send_individuals(batch, answers, batch->individual_count - answers);
	send_individuals(batch, 0, answers);
	for (struct channel *channel = batch->dirty; channel != NULL;
	     channel = channel->next_dirty) {
		if (channel->ring_readers > 0)
			fill_ring(batch, channel);
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
	if (channel->held_at != NULL)
		channel_unhold(channel);
	if (channel->chunk != NULL)
		release_chunk(channel);
	frame_ring_fini(&channel->ring);
	free(channel->subscribers);
}
