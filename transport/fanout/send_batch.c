#include "transport/fanout/send_batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "transport/fanout/send_batch_internal.h"
#include "transport/fanout/send_threads.h"
#include "transport/session.h"
#include "transport/ws/ws_conn.h"

bool
send_batch_init(struct send_batch *batch)
{
	memset(batch, 0, sizeof(*batch));
	list_init(&batch->rests);
	batch->segment_count = 1;
	batch->segment_capacity = 64;
	batch->segments =
	    malloc(batch->segment_capacity * sizeof(*batch->segments));
	return batch->segments != NULL;
}

void
send_batch_fini(struct send_batch *batch)
{
	assert(!send_batch_is_pending(batch));
	send_threads_destroy(batch->threads);
	free(batch->segments);
	free(batch->individuals);
	free(batch->pieces);
	free(batch->cursors);
	lags_tidy(&batch->lags);
}

/* --- gathering ------------------------------------------------------------ */

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
new_segment(struct send_batch *batch)
{
	size_t capacity = batch->segment_capacity;

	if (batch->segment_count == batch->segment_capacity) {
		if (!send_batch_grow((void **)&batch->segments, &capacity,
			sizeof(*batch->segments)))
			return 0;
		batch->segment_capacity = (uint32_t)capacity;
	}
	return batch->segment_count++;
}

/*
 * A large frame gets a chunk of its size: backlogs may keep it for long, and
 * the rest of an ordinary chunk would be kept with it for nothing.
 */
#define LARGE (CHUNK_SIZE / 4)

static void
set_full(struct send_batch *batch, struct chunk *chunk)
{
	chunk->next = batch->full;
	batch->full = chunk;
}

/* Makes room in the chunk that is written to, or in a new one. */
static struct chunk *
chunk_with_room(struct send_batch *batch, struct chunk **current, size_t len)
{
	struct chunk *chunk = *current;

	if (chunk != NULL && chunk->capacity - chunk->used >= len)
		return chunk;
	if (len > LARGE) {
		chunk = chunk_create(batch->pool, len);
		if (chunk != NULL)
			set_full(batch, chunk);
		return chunk;
	}
	if (chunk != NULL)
		set_full(batch, chunk);
	*current = chunk_create(batch->pool, CHUNK_SIZE);
	return *current;
}

/* Writes a frame; the result has no place in any list yet. */
static bool
write_frame(struct send_batch *batch, struct chunk **current,
    const struct frame *frame, struct segment *out)
{
	size_t len = frame_bytes(frame);
	struct chunk *chunk = chunk_with_room(batch, current, len);

	if (chunk == NULL)
		return false;
	*out = (struct segment){
		.chunk = chunk,
		.offset = chunk->used,
		.len = (uint32_t)len,
		.order = batch->order,
	};
	frame_copy(frame, chunk->data + chunk->used);
	chunk->used += (uint32_t)len;
	batch->bytes += len;
	return true;
}

/* Whether it is no message of the history, but kept for slow readers. */
static bool
is_for_ring(uint8_t class)
{
	return class == FRAME_PRESENCE || class == FRAME_CHANGE;
}

/*
 * Two segments can be merged if nothing was published in between and the same
 * sessions receive both.
 */
static bool
segment_extend(struct segment *last, const struct segment *next)
{
	if (last->chunk != next->chunk || last->except != next->except ||
	    last->class != next->class ||
	    (is_for_ring(next->class) && last->after_seq != next->after_seq) ||
	    last->offset + last->len != next->offset ||
	    next->order - last->order > 1)
		return false;
	last->len += next->len;
	last->frames += next->frames;
	last->order = next->order;
	return true;
}

static bool
append_segment(struct send_batch *batch, uint32_t *first, uint32_t *last,
    const struct segment *segment)
{
	uint32_t index;

	if (*first != 0 && segment_extend(&batch->segments[*last], segment))
		return true;
	index = new_segment(batch);
	if (index == 0)
		return false;
	batch->segments[index] = *segment;
	if (*first == 0)
		*first = index;
	else
		batch->segments[*last].next = index;
	*last = index;
	return true;
}

struct individual *
send_batch_set_individual(struct send_batch *batch, struct session *session)
{
	struct individual *own = send_batch_individual(batch, session);

	if (own != NULL)
		return own;
	if (batch->individual_count == batch->individual_capacity &&
	    !send_batch_grow((void **)&batch->individuals,
		&batch->individual_capacity, sizeof(*batch->individuals)))
		return NULL;
	session->individual = (uint32_t)batch->individual_count;
	own = &batch->individuals[batch->individual_count++];
	*own = (struct individual){ .session = session };
	batch->sends++;
	return own;
}

static void
count_copies(struct send_batch *batch, struct channel *channel,
    const struct segment *segment)
{
	size_t receivers = channel->count - (segment->except != NULL ? 1 : 0);

	if (is_for_ring(segment->class))
		return;
	if (segment->class == FRAME_MESSAGE)
		channel->messages++;
	else
		channel->droppables++;
	batch->copies.accepted += receivers;
}

static void
note_message(struct channel *channel, uint64_t seq)
{
	if (seq == 0)
		return;
	assert(seq > channel->last_seq);
	channel->last_seq = seq;
	if (channel->first_seq == 0)
		channel->first_seq = seq;
}

bool
send_batch_add(struct send_batch *batch, struct channel *channel,
    const struct frame *frame, struct session *except, enum frame_class class,
    uint64_t seq)
{
	bool was_dirty = channel_is_dirty(channel);
	struct segment segment;

	if (except != NULL && send_batch_set_individual(batch, except) == NULL)
		return false;
	if (!write_frame(batch, &channel->chunk, frame, &segment))
		return false;
	segment.except = except;
	segment.class = (uint8_t) class;
	segment.frames = 1;
	segment.after_seq = seq != 0 ? seq : channel->last_seq;
	if (!append_segment(batch, &channel->first, &channel->last, &segment))
		return false;
	note_message(channel, seq);
	channel->bytes += segment.len;
	count_copies(batch, channel, &segment);
	if (!was_dirty) {
		channel->next_dirty = batch->dirty;
		batch->dirty = channel;
		batch->dirty_count++;
		batch->sends += channel->count;
	}
	return true;
}

bool
send_batch_add_for(struct send_batch *batch, struct session *session,
    const struct frame *frame)
{
	struct individual *own = send_batch_set_individual(batch, session);
	struct segment segment;

	if (own == NULL || !write_frame(batch, &batch->own, frame, &segment))
		return false;
	segment.chunk->transient = true;
	own->bytes += segment.len;
	return append_segment(batch, &own->first, &own->last, &segment);
}

bool
send_batch_refers_to(const struct send_batch *batch,
    const struct session *session)
{
	return send_batch_individual(batch, session) != NULL;
}

size_t
send_batch_own_bytes(const struct send_batch *batch,
    const struct session *session)
{
	const struct individual *own = send_batch_individual(batch, session);

	return own != NULL ? own->bytes : 0;
}
