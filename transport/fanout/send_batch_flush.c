#include "transport/fanout/send_batch.h"

#include <assert.h>
#include <stdlib.h>

#include "transport/fanout/send_batch_internal.h"
#include "transport/session.h"
#include "transport/ws/ws_conn.h"

static bool
add_piece(struct send_batch *turn, size_t *count, const struct segment *segment)
{
	struct piece piece = { segment->chunk, segment->offset, segment->len };

	if (*count > 0 && piece_extend(&turn->pieces[*count - 1], &piece))
		return true;
	if (*count == turn->piece_capacity &&
	    !send_batch_grow((void **)&turn->pieces, &turn->piece_capacity,
		sizeof(*turn->pieces)))
		return false;
	turn->pieces[(*count)++] = piece;
	return true;
}

/* Whether more than one channel of this session has something to say. */
static bool
hears_several(struct session *session)
{
	uint32_t dirty = 0;

	for (uint32_t i = 0; i < session->place_count && dirty < 2; i++)
		dirty += channel_is_dirty(session_place(session, i)->channel);
	return dirty > 1;
}

/* Too slow for what is not worth waiting. */
static bool
lags(const struct session *session)
{
	const struct conn *conn = session->conn;
	size_t soft = conn->loop->limits->output_soft;

	return soft > 0 && !send_queue_is_empty(&conn->queue) &&
	       conn_waiting(conn) > soft / 4;
}

/* One cursor for each list that the session is to hear. */
static bool
place_cursors(struct send_batch *turn, struct session *session, size_t *count)
{
	while (turn->cursor_capacity < session->place_count + 1)
		if (!send_batch_grow((void **)&turn->cursors,
			&turn->cursor_capacity, sizeof(*turn->cursors)))
			return false;
	*count = 0;
	if (session->own_first != 0)
		turn->cursors[(*count)++] = session->own_first;
	for (uint32_t i = 0; i < session->place_count; i++) {
		uint32_t first = session_place(session, i)->channel->first;

		if (first != 0)
			turn->cursors[(*count)++] = first;
	}
	return true;
}

/* The cursor whose segment was published first. */
static size_t
earliest(const struct send_batch *turn, size_t count)
{
	size_t best = 0;

	for (size_t i = 1; i < count; i++)
		if (turn->segments[turn->cursors[i]].order <
		    turn->segments[turn->cursors[best]].order)
			best = i;
	return best;
}

/* Everything of the turn that one session hears, in order, as pieces. */
static bool
merge(struct send_batch *turn, struct session *session, size_t *pieces)
{
	bool slow = lags(session);
	size_t cursors;

	*pieces = 0;
	if (!place_cursors(turn, session, &cursors))
		return false;
	while (cursors > 0) {
		size_t i = earliest(turn, cursors);
		const struct segment *segment =
		    &turn->segments[turn->cursors[i]];

		if (segment->except != session &&
		    !(segment->fleeting && slow) &&
		    !add_piece(turn, pieces, segment))
			return false;
		turn->cursors[i] = segment->next;
		if (segment->next == 0)
			turn->cursors[i] = turn->cursors[--cursors];
	}
	return true;
}

/* Most of those who are served apart just get an answer. */
static bool
serve_answer(struct send_batch *turn, struct session *session)
{
	const struct segment *own = &turn->segments[session->own_first];
	struct piece piece;

	/* Without memory, nothing may have come of the answer. */
	if (session->own_first == 0 || turn->dirty != NULL || own->next != 0)
		return false;
	piece = (struct piece){ own->chunk, own->offset, own->len };
	conn_send(session->conn, &piece, 1);
	return true;
}

static void
serve_apart(struct send_batch *turn, struct session *session)
{
	size_t count;

	if (serve_answer(turn, session))
		return;
	if (!merge(turn, session, &count))
		ws_conn_end_unsent(session->conn);
	else if (count > 0)
		conn_send(session->conn, turn->pieces, count);
}

/* Sets apart who does not hear simply what one channel says. */
static void
find_exceptions(struct send_batch *turn)
{
	for (struct channel *channel = turn->dirty; channel != NULL;
	     channel = channel->next_dirty) {
		if (turn->dirty_count == 1 && !channel->has_fleeting)
			continue;
		for (uint32_t i = 0; i < channel->count; i++) {
			struct session *session = channel->seats[i].session;

			if (hears_several(session) ||
			    (channel->has_fleeting && lags(session)))
				send_batch_set_individual(turn, session);
		}
	}
}

static bool
gather(struct send_batch *turn, const struct channel *channel, size_t *count)
{
	*count = 0;
	for (uint32_t at = channel->first; at != 0;
	     at = turn->segments[at].next)
		if (!add_piece(turn, count, &turn->segments[at]))
			return false;
	return true;
}

static void
serve_channel(struct send_batch *turn, struct channel *channel)
{
	size_t count;
	bool ok = gather(turn, channel, &count);

	for (uint32_t i = 0; i < channel->count; i++) {
		const struct subscriber *seat = &channel->seats[i];

		/* Mostly nobody is, and then no session is touched. */
		if (turn->apart != NULL &&
		    send_batch_is_individual(turn, seat->session))
			continue;
		if (i + 1 < channel->count)
			conn_prefetch(seat[1].conn);
		if (ok)
			conn_send(seat->conn, turn->pieces, count);
		else
			ws_conn_end_unsent(seat->conn);
	}
}

/* --- the end of a turn ---------------------------------------------------- */

static void
release_chunk(struct channel *channel)
{
	chunk_unref(channel->chunk);
	channel->chunk = NULL;
}

/*
 * While somebody's backlog refers to the chunk, the next turn goes on behind
 * it: so the backlogs of a quiet room do not take a chunk for each message.
 */
static void
rest_channel(struct send_batch *turn, struct channel *channel)
{
	channel->first = channel->last = 0;
	channel->has_fleeting = false;
	if (channel->chunk == NULL)
		return;
	if (channel->chunk->refs == 1) {
		release_chunk(channel);
		return;
	}
	if (channel->held_at != NULL)
		return;
	channel->next_held = turn->held;
	channel->held_at = &turn->held;
	if (turn->held != NULL)
		turn->held->held_at = &channel->next_held;
	turn->held = channel;
}

/* Off the list of those that keep a chunk. */
static void
unhold(struct channel *channel)
{
	*channel->held_at = channel->next_held;
	if (channel->next_held != NULL)
		channel->next_held->held_at = channel->held_at;
	channel->held_at = NULL;
}

void
send_batch_tidy(struct send_batch *turn)
{
	struct channel *next;

	for (struct channel *channel = turn->held; channel; channel = next) {
		bool idle = !channel_is_dirty(channel);

		next = channel->next_held;
		if (idle && channel->chunk != NULL && channel->chunk->refs == 1)
			release_chunk(channel);
		if (channel->chunk == NULL)
			unhold(channel);
	}
}

static void
release_full(struct send_batch *turn)
{
	while (turn->full != NULL) {
		struct chunk *chunk = turn->full;

		turn->full = chunk->next;
		chunk->next = NULL;
		chunk_unref(chunk);
	}
	if (turn->own != NULL)
		chunk_unref(turn->own);
	turn->own = NULL;
}

/*
 * The answer to whoever said something goes out behind what the others hear
 * of it: who has the answer may count on that. The list begins with those who
 * were set apart last, so exceptions come before answers, too.
 */
static void
serve_everybody(struct send_batch *turn)
{
	find_exceptions(turn);
	for (struct channel *channel = turn->dirty; channel != NULL;
	     channel = channel->next_dirty)
		serve_channel(turn, channel);
	for (struct session *session = turn->apart; session != NULL;
	     session = session->next_apart)
		serve_apart(turn, session);
}

void
send_batch_flush(struct send_batch *turn)
{
	if (!send_batch_is_pending(turn))
		return;
	serve_everybody(turn);
	for (struct channel *channel = turn->dirty; channel != NULL;
	     channel = channel->next_dirty)
		rest_channel(turn, channel);
	release_full(turn);
	turn->dirty = NULL;
	turn->dirty_count = 0;
	turn->apart = NULL;
	turn->segment_count = 1;
	turn->order = 0;
	turn->bytes = 0;
	turn->sends = 0;
	if (++turn->number == 0)
		turn->number = 1;
}

void
channel_fini(struct channel *channel)
{
	assert(!channel_is_dirty(channel) && channel->count == 0);
	if (channel->held_at != NULL)
		unhold(channel);
	if (channel->chunk != NULL)
		release_chunk(channel);
	free(channel->seats);
}
