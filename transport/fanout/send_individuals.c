/*
 * Sends to sessions that get something else than the other subscribers of one
 * channel: answers, and frames of several channels, merged in their order.
 */
#include "transport/fanout/replay.h"
#include "transport/fanout/send_batch_internal.h"
#include "transport/fanout/send_slice.h"
#include "transport/fanout/send_threads.h"
#include "transport/fanout/subscriptions.h"
#include "transport/session.h"
#include "transport/ws/ws_conn.h"

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

/* The first segment for this session alone; 0: none. */
static uint32_t
own_first(const struct send_batch *batch, const struct session *session)
{
	return send_batch_individual(batch, session)->first;
}

/*
 * Whether all that a session of several channels gets comes in a later turn:
 * see channel_is_deferred(). Answers never do.
 */
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
		    !send_batch_add_piece(batch, first, pieces, segment))
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
		session_skip_channels(batch, session);
		replay_continue(batch->replays, session);
		return;
	}
	own_only = !takes_frames_in_order(session->conn);
	if (own_only)
		session_skip_channels(batch, session);
	if (!segments_merge(batch, session, own_only, count)) {
		if (!own_only)
			session_count_copies(batch, session,
			    &batch->copies.aborted);
		ws_conn_end_unsent(session->conn);
		*count = first;
		return;
	}
	if (!own_only) {
		session_count_copies(batch, session, &batch->copies.delivered);
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
void
individuals_find(struct send_batch *batch)
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

/* False: without memory, or for few, it is not worth it. */
static bool
send_individuals_in_threads(struct send_batch *batch, size_t first,
    size_t count)
{
	struct send_threads *threads = batch->threads;
	struct conn *conn = batch->individuals[first].session->conn;
	const struct send_slice kind = {
		.begin = individual_slice_begin,
		.first = (uint32_t)first,
	};
	const struct send_slice *slices;

	if (!send_threads_are_for_individuals(threads, count) ||
	    !send_threads_divide(threads, &kind, count))
		return false;
	individuals_gather(batch, first, count);
	send_threads_run(threads, batch, &conn->loop->meter.traffic);
	slices = send_threads_slices(threads, &count);
	for (size_t i = 0; i < count; i++)
		individual_slice_end(batch, &slices[i]);
	return true;
}

void
individuals_send(struct send_batch *batch, size_t first, size_t count)
{
	/* One alone cannot be divided. */
	if (count > 1 && send_individuals_in_threads(batch, first, count))
		return;
	for (size_t i = first + count; i > first; i--)
		send_individually(batch, batch->individuals[i - 1].session);
}
