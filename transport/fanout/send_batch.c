#include "transport/fanout/send_batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "transport/fanout/send_batch_internal.h"
#include "transport/net/conn.h"
#include "transport/session.h"

bool
send_batch_init(struct send_batch *turn)
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
send_batch_fini(struct send_batch *turn)
{
	assert(!send_batch_is_pending(turn));
	free(turn->segments);
	free(turn->pieces);
	free(turn->cursors);
}

/* --- saying --------------------------------------------------------------- */

bool
send_batch_grow(void **array, size_t *capacity, size_t size)
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
new_segment(struct send_batch *turn)
{
	size_t capacity = turn->segment_capacity;

	if (turn->segment_count == turn->segment_capacity) {
		if (!send_batch_grow((void **)&turn->segments, &capacity,
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
set_full(struct send_batch *turn, struct chunk *chunk)
{
	chunk->next = turn->full;
	turn->full = chunk;
}

/* Makes room in the chunk that is written to, or in a new one. */
static struct chunk *
chunk_with_room(struct send_batch *turn, struct chunk **current, size_t len)
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
write_frame(struct send_batch *turn, struct chunk **current,
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
append_segment(struct send_batch *turn, uint32_t *first, uint32_t *last,
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

void
send_batch_set_individual(struct send_batch *turn, struct session *session)
{
	if (send_batch_is_individual(turn, session))
		return;
	session->apart_turn = turn->number;
	session->own_first = session->own_last = 0;
	session->own_bytes = 0;
	session->next_apart = turn->apart;
	turn->apart = session;
	turn->sends++;
}

bool
send_batch_add(struct send_batch *turn, struct channel *channel,
    const struct frame *frame, struct session *except, bool fleeting)
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
		send_batch_set_individual(turn, except);
	if (!was_dirty) {
		channel->next_dirty = turn->dirty;
		turn->dirty = channel;
		turn->dirty_count++;
		turn->sends += channel->count;
	}
	return true;
}

bool
send_batch_add_for(struct send_batch *turn, struct session *session,
    const struct frame *frame)
{
	struct segment segment;

	send_batch_set_individual(turn, session);
	if (!write_frame(turn, &turn->own, frame, &segment))
		return false;
	segment.chunk->transient = true;
	session->own_bytes += segment.len;
	return append_segment(turn, &session->own_first, &session->own_last,
	    &segment);
}
