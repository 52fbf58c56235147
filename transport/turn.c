#include "transport/turn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "transport/conn.h"
#include "transport/session.h"

bool
turn_init(struct turn *turn)
{
	memset(turn, 0, sizeof(*turn));
	turn->number = 1;
	turn->segment_count = 1;
	turn->segment_capacity = 64;
	turn->segments =
	    malloc(turn->segment_capacity * sizeof(*turn->segments));
	return turn->segments != NULL;
}

void
turn_fini(struct turn *turn)
{
	assert(!turn_is_pending(turn));
	free(turn->segments);
	free(turn->pieces);
	free(turn->cursors);
}

/* --- saying --------------------------------------------------------------- */

static bool
grow(void **array, size_t *capacity, size_t size)
{
	size_t wanted = *capacity == 0 ? 64 : *capacity * 2;
	void *grown = realloc(*array, wanted * size);

	if (grown == NULL)
		return false;
	*array = grown;
	*capacity = wanted;
	return true;
}

static uint32_t
new_segment(struct turn *turn)
{
	size_t capacity = turn->segment_capacity;

	if (turn->segment_count == turn->segment_capacity) {
		if (!grow((void **)&turn->segments, &capacity,
			sizeof(*turn->segments)))
			return 0;
		turn->segment_capacity = (uint32_t)capacity;
	}
	return turn->segment_count++;
}

/*
 * A large frame gets a chunk of its size: backlogs may keep it for long, and
 * the rest of an ordinary chunk would be kept with it for nothing.
 */
#define LARGE (CHUNK_SIZE / 4)

static void
set_full(struct turn *turn, struct chunk *chunk)
{
	chunk->next = turn->full;
	turn->full = chunk;
}

/* Makes room in the chunk that is written to, or in a new one. */
static struct chunk *
chunk_with_room(struct turn *turn, struct chunk **current, size_t len)
{
	struct chunk *chunk = *current;

	if (chunk != NULL && chunk->capacity - chunk->used >= len)
		return chunk;
	if (len > LARGE) {
		chunk = chunk_create(turn->pool, len);
		if (chunk != NULL)
			set_full(turn, chunk);
		return chunk;
	}
	if (chunk != NULL)
		set_full(turn, chunk);
	*current = chunk_create(turn->pool, CHUNK_SIZE);
	return *current;
}

/* Writes a frame; the result has no place in any list yet. */
static bool
write_frame(struct turn *turn, struct chunk **current,
    const struct frame *frame, struct segment *out)
{
	size_t len = frame->head_len + frame->body_len;
	struct chunk *chunk = chunk_with_room(turn, current, len);

	if (chunk == NULL)
		return false;
	*out = (struct segment){
		.chunk = chunk,
		.offset = chunk->used,
		.len = (uint32_t)len,
		.order = turn->order,
	};
	memcpy(chunk->data + chunk->used, frame->head, frame->head_len);
	memcpy(chunk->data + chunk->used + frame->head_len, frame->body,
	    frame->body_len);
	chunk->used += (uint32_t)len;
	turn->bytes += len;
	return true;
}

/*
 * Two segments are as good as one if nothing was published in between and
 * the same sessions hear both.
 */
static bool
segment_extend(struct segment *last, const struct segment *next)
{
	if (last->chunk != next->chunk || last->except != next->except ||
	    last->fleeting != next->fleeting ||
	    last->offset + last->len != next->offset ||
	    next->order - last->order > 1)
		return false;
	last->len += next->len;
	last->order = next->order;
	return true;
}

static bool
append_segment(struct turn *turn, uint32_t *first, uint32_t *last,
    const struct segment *segment)
{
	uint32_t index;

	if (*first != 0 && segment_extend(&turn->segments[*last], segment))
		return true;
	index = new_segment(turn);
	if (index == 0)
		return false;
	turn->segments[index] = *segment;
	if (*first == 0)
		*first = index;
	else
		turn->segments[*last].next = index;
	*last = index;
	return true;
}

/* This session gets this turn's bytes on its own, not with its channels. */
static void
set_apart(struct turn *turn, struct session *session)
{
	if (session->apart_turn == turn->number)
		return;
	session->apart_turn = turn->number;
	session->own_first = session->own_last = 0;
	session->next_apart = turn->apart;
	turn->apart = session;
	turn->sends++;
}

bool
turn_say(struct turn *turn, struct channel *channel, const struct frame *frame,
    struct session *except, bool fleeting)
{
	bool was_dirty = channel_is_dirty(channel);
	struct segment segment;

	if (!write_frame(turn, &channel->chunk, frame, &segment))
		return false;
	segment.except = except;
	segment.fleeting = fleeting;
	if (!append_segment(turn, &channel->first, &channel->last, &segment))
		return false;
	channel->has_fleeting |= fleeting;
	if (except != NULL)
		set_apart(turn, except);
	if (!was_dirty) {
		channel->next_dirty = turn->dirty;
		turn->dirty = channel;
		turn->dirty_count++;
		turn->sends += channel->count;
	}
	return true;
}

bool
turn_tell(struct turn *turn, struct session *session, const struct frame *frame)
{
	struct segment segment;

	set_apart(turn, session);
	if (!write_frame(turn, &turn->own, frame, &segment))
		return false;
	segment.chunk->transient = true;
	return append_segment(turn, &session->own_first, &session->own_last,
	    &segment);
}

/* --- sending -------------------------------------------------------------- */

static bool
add_piece(struct turn *turn, size_t *count, const struct segment *segment)
{
	struct piece piece = { segment->chunk, segment->offset, segment->len };

	if (*count > 0 && piece_extend(&turn->pieces[*count - 1], &piece))
		return true;
	if (*count == turn->piece_capacity &&
	    !grow((void **)&turn->pieces, &turn->piece_capacity,
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
	size_t soft = conn->service->limits->output_soft;

	return soft > 0 && !outbox_is_empty(&conn->outbox) &&
	       conn_waiting(conn) > soft / 4;
}

/* One cursor for each list that the session is to hear. */
static bool
place_cursors(struct turn *turn, struct session *session, size_t *count)
{
	while (turn->cursor_capacity < session->place_count + 1)
		if (!grow((void **)&turn->cursors, &turn->cursor_capacity,
			sizeof(*turn->cursors)))
			return false;
	*count = 0;
	if (session->apart_turn == turn->number && session->own_first != 0)
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
earliest(const struct turn *turn, size_t count)
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
merge(struct turn *turn, struct session *session, size_t *pieces)
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
serve_answer(struct turn *turn, struct session *session)
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
serve_apart(struct turn *turn, struct session *session)
{
	size_t count;

	if (session->served_turn == turn->number)
		return;
	session->served_turn = turn->number;
	turn->served++;
	if (serve_answer(turn, session))
		return;
	if (!merge(turn, session, &count))
		conn_end_unheard(session->conn);
	else if (count > 0)
		conn_send(session->conn, turn->pieces, count);
}

/*
 * Sessions that do not hear simply what one channel says. The lists they
 * are served from share memory, so this comes first.
 */
static void
serve_exceptions(struct turn *turn)
{
	for (struct session *session = turn->apart; session != NULL;
	     session = session->next_apart)
		serve_apart(turn, session);
	for (struct channel *channel = turn->dirty; channel != NULL;
	     channel = channel->next_dirty) {
		if (turn->dirty_count == 1 && !channel->has_fleeting)
			continue;
		for (uint32_t i = 0; i < channel->count; i++) {
			struct session *session = channel->seats[i].session;

			if (hears_several(session) ||
			    (channel->has_fleeting && lags(session)))
				serve_apart(turn, session);
		}
	}
}

static bool
gather(struct turn *turn, const struct channel *channel, size_t *count)
{
	*count = 0;
	for (uint32_t at = channel->first; at != 0;
	     at = turn->segments[at].next)
		if (!add_piece(turn, count, &turn->segments[at]))
			return false;
	return true;
}

static void
serve_channel(struct turn *turn, struct channel *channel)
{
	size_t count;
	bool ok = gather(turn, channel, &count);

	for (uint32_t i = 0; i < channel->count; i++) {
		const struct seat *seat = &channel->seats[i];

		/* Mostly nobody was, and then no session is touched. */
		if (turn->served > 0 &&
		    seat->session->served_turn == turn->number)
			continue;
		if (i + 1 < channel->count)
			conn_prefetch(seat[1].conn);
		if (ok)
			conn_send(seat->conn, turn->pieces, count);
		else
			conn_end_unheard(seat->conn);
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
rest_channel(struct turn *turn, struct channel *channel)
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
turn_tidy(struct turn *turn)
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
release_full(struct turn *turn)
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

void
turn_flush(struct turn *turn)
{
	if (!turn_is_pending(turn))
		return;
	serve_exceptions(turn);
	for (struct channel *channel = turn->dirty; channel != NULL;
	     channel = channel->next_dirty)
		serve_channel(turn, channel);
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
	turn->served = 0;
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
