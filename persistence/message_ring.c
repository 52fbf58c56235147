#include "persistence/message_ring.h"

#include <assert.h>
#include <stdlib.h>

#define SLOTS_LEAST 8

struct kept_message *
kept_message_create(const struct message *message)
{
	struct kept_message *kept;
	char *end;

	kept = malloc(sizeof(*kept) + message->body.len + message->author.len +
		      message->author_id.len + message->key.len);
	if (kept == NULL)
		return NULL;
	*kept = (struct kept_message){ .at_ms = message->at_ms,
		.body_len = (uint32_t)message->body.len,
		.author_len = (uint16_t)message->author.len,
		.author_id_len = (uint16_t)message->author_id.len,
		.key_len = (uint16_t)message->key.len };
	end = mempcpy(kept->texts, message->body.data, message->body.len);
	end = mempcpy(end, message->author.data, message->author.len);
	end = mempcpy(end, message->author_id.data, message->author_id.len);
	if (message->key.len > 0)
		memcpy(end, message->key.data, message->key.len);
	return kept;
}

size_t
kept_message_bytes(const struct kept_message *kept)
{
	return sizeof(*kept) + kept->body_len + kept->author_len +
	       kept->author_id_len + kept->key_len;
}

struct str
kept_message_key(const struct kept_message *kept)
{
	const char *key = kept->texts + kept->body_len + kept->author_len +
			  kept->author_id_len;

	return str_slice(kept->key_len > 0 ? key : NULL, kept->key_len);
}

void
kept_message_show(const struct kept_message *kept, struct message *out)
{
	const char *author = kept->texts + kept->body_len;

	out->seq = kept->seq;
	out->lsn = kept->lsn;
	out->at_ms = kept->at_ms;
	out->body = str_slice(kept->texts, kept->body_len);
	out->author = str_slice(author, kept->author_len);
	out->author_id =
	    str_slice(author + kept->author_len, kept->author_id_len);
	out->key = kept_message_key(kept);
}

void
message_ring_init(struct message_ring *ring)
{
	*ring = (struct message_ring){ .first = 1 };
}

void
message_ring_fini(struct message_ring *ring)
{
	assert(message_ring_count(ring) == 0);
	free(ring->slots);
}

static bool
resize(struct message_ring *ring, size_t slot_count)
{
	struct message_ring next = *ring;

	next.slots = malloc(slot_count * sizeof(*next.slots));
	if (next.slots == NULL)
		return false;
	next.slot_count = slot_count;
	for (uint64_t seq = ring->first; seq <= ring->last; seq++)
		next.slots[seq & (slot_count - 1)] = message_ring_at(ring, seq);
	free(ring->slots);
	*ring = next;
	return true;
}

bool
message_ring_reserve(struct message_ring *ring)
{
	if (message_ring_count(ring) < ring->slot_count)
		return true;
	return resize(ring,
	    ring->slot_count > 0 ? ring->slot_count * 2 : SLOTS_LEAST);
}

void
message_ring_push(struct message_ring *ring, struct kept_message *kept)
{
	assert(message_ring_count(ring) < ring->slot_count);
	kept->seq = ++ring->last;
	ring->slots[kept->seq & (ring->slot_count - 1)] = kept;
}

/* Not being able to only costs memory. */
static void
give_back_room(struct message_ring *ring)
{
	size_t count = message_ring_count(ring);

	if (count == 0) {
		free(ring->slots);
		ring->slots = NULL;
		ring->slot_count = 0;
	} else if (ring->slot_count > SLOTS_LEAST &&
		   count < ring->slot_count / 8) {
		(void)resize(ring, ring->slot_count / 2);
	}
}

struct kept_message *
message_ring_pop(struct message_ring *ring)
{
	struct kept_message *kept;

	assert(message_ring_count(ring) > 0);
	kept = message_ring_at(ring, ring->first++);
	give_back_room(ring);
	return kept;
}

uint64_t
message_ring_seek(const struct message_ring *ring, int64_t at_ms)
{
	uint64_t seq = ring->first;
	uint64_t end = ring->last + 1;

	/* What is asked for most: all of them are later. */
	if (seq < end && message_ring_at(ring, seq)->at_ms > at_ms)
		return seq;
	while (seq < end) {
		uint64_t middle = seq + (end - seq) / 2;

		if (message_ring_at(ring, middle)->at_ms > at_ms)
			end = middle;
		else
			seq = middle + 1;
	}
	return seq;
}

size_t
message_ring_bytes(const struct message_ring *ring)
{
	return ring->slot_count * sizeof(*ring->slots);
}
