#include "persistence/memory/message_ring.h"

#include <assert.h>
#include <stdlib.h>

#define SLOTS_LEAST 8

struct kept_message *
kept_message_create(const struct message *message)
{
	struct kept_message what = { .at_ms = message->at_ms,
		.body_len = (uint32_t)message->body.len,
		.author_len = (uint16_t)message->author.len,
		.author_id_len = (uint16_t)message->author_id.len,
		.key_len = (uint16_t)message->key.len };
	struct kept_message *kept;
	char *end;

	if (what.body_len == 0)
		what.state = KEPT_REDACTED;
	else if (message->edited_ms > 0)
		what.state = KEPT_EDITED;
	kept = malloc(kept_message_bytes(&what));
	if (kept == NULL)
		return NULL;
	*kept = what;
	end = str_put(kept->texts, message->body);
	end = str_put(end, message->author);
	end = str_put(end, message->author_id);
	end = str_put(end, message->key);
	if (what.state == KEPT_EDITED)
		memcpy(end, &message->edited_ms, sizeof(message->edited_ms));
	return kept;
}

void
kept_message_redact(struct kept_message *kept)
{
	size_t others =
	    (size_t)kept->author_len + kept->author_id_len + kept->key_len;

	memmove(kept->texts, kept->texts + kept->body_len, others);
	memset(kept->texts + others, 0, kept->body_len);
	kept->body_len = 0;
	kept->state = KEPT_REDACTED;
}

/* Everything but the time of an edit. */
static size_t
texts_len(const struct kept_message *kept)
{
	return (size_t)kept->body_len + kept->author_len + kept->author_id_len +
	       kept->key_len;
}

size_t
kept_message_bytes(const struct kept_message *kept)
{
	return sizeof(*kept) + texts_len(kept) +
	       (kept->state == KEPT_EDITED ? sizeof(int64_t) : 0);
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
	out->at_ms = kept->at_ms;
	out->body = str_slice(kept->texts, kept->body_len);
	out->author = str_slice(author, kept->author_len);
	out->author_id =
	    str_slice(author + kept->author_len, kept->author_id_len);
	out->key = kept_message_key(kept);
	out->is_redacted = kept->state == KEPT_REDACTED;
	out->edited_ms = 0;
	if (kept->state == KEPT_EDITED)
		memcpy(&out->edited_ms, kept->texts + texts_len(kept),
		    sizeof(out->edited_ms));
	out->reactions = NULL;
	out->reaction_count = 0;
}

void
message_ring_init(struct message_ring *ring)
{
	*ring = (struct message_ring){ .count = 0 };
}

void
message_ring_fini(struct message_ring *ring)
{
	assert(ring->count == 0 && ring->reserved == 0);
	free(ring->slots);
}

static bool
ring_resize(struct message_ring *ring, size_t slot_count)
{
	struct message_ring next = *ring;

	next.slots = malloc(slot_count * sizeof(*next.slots));
	if (next.slots == NULL)
		return false;
	next.slot_count = slot_count;
	next.head = 0;
	for (size_t i = 0; i < ring->count; i++)
		next.slots[i] = message_ring_at(ring, i);
	free(ring->slots);
	*ring = next;
	return true;
}

bool
message_ring_reserve(struct message_ring *ring)
{
	if (ring->count + ring->reserved == ring->slot_count &&
	    !ring_resize(ring,
		ring->slot_count > 0 ? ring->slot_count * 2 : SLOTS_LEAST))
		return false;
	ring->reserved++;
	return true;
}

/* A failure costs memory only. */
static void
give_back_room(struct message_ring *ring)
{
	size_t used = ring->count + ring->reserved;

	if (used == 0) {
		free(ring->slots);
		ring->slots = NULL;
		ring->slot_count = 0;
	} else if (ring->slot_count > SLOTS_LEAST &&
		   used < ring->slot_count / 8) {
		(void)ring_resize(ring, ring->slot_count / 2);
	}
}

void
message_ring_release(struct message_ring *ring)
{
	assert(ring->reserved > 0);
	ring->reserved--;
	give_back_room(ring);
}

void
message_ring_push(struct message_ring *ring, struct kept_message *kept,
    uint64_t seq)
{
	size_t place = ring->head + ring->count;

	assert(ring->reserved > 0);
	assert(seq > ring->last);
	ring->reserved--;
	kept->seq = ring->last = seq;
	ring->slots[place & (ring->slot_count - 1)] = kept;
	ring->count++;
}

struct kept_message *
message_ring_pop(struct message_ring *ring)
{
	struct kept_message *kept;

	assert(ring->count > 0);
	kept = message_ring_at(ring, 0);
	ring->head++;
	ring->count--;
	give_back_room(ring);
	return kept;
}

void
message_ring_replace(struct message_ring *ring, size_t i,
    struct kept_message *kept)
{
	size_t slot = (ring->head + i) & (ring->slot_count - 1);

	assert(i < ring->count && ring->slots[slot]->seq == kept->seq);
	ring->slots[slot] = kept;
}

size_t
message_ring_find(const struct message_ring *ring, uint64_t seq)
{
	size_t begin = 0, end = ring->count;
	uint64_t first = message_ring_number(ring, 0);

	if (end == 0 || seq <= first)
		return 0;
	/* The usual case: no message was lost. */
	if (seq - first < end &&
	    message_ring_at(ring, (size_t)(seq - first))->seq == seq)
		return (size_t)(seq - first);
	while (begin < end) {
		size_t middle = begin + (end - begin) / 2;

		if (message_ring_at(ring, middle)->seq < seq)
			begin = middle + 1;
		else
			end = middle;
	}
	return begin;
}

size_t
message_ring_seek(const struct message_ring *ring, int64_t at_ms)
{
	size_t begin = 0, end = ring->count;

	/* The usual case: all messages are later. */
	if (end > 0 && message_ring_at(ring, 0)->at_ms > at_ms)
		return 0;
	while (begin < end) {
		size_t middle = begin + (end - begin) / 2;

		if (message_ring_at(ring, middle)->at_ms <= at_ms)
			begin = middle + 1;
		else
			end = middle;
	}
	return begin;
}

size_t
message_ring_bytes(const struct message_ring *ring)
{
	return ring->slot_count * sizeof(*ring->slots);
}
