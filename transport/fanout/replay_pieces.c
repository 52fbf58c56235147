/* Messages that are encoded once for all readers that lag at the same place. */
#include <assert.h>

#include "transport/fanout/hub_internal.h"
#include "transport/fanout/replay_internal.h"

static size_t
piece_slot(uint32_t channel, uint64_t first)
{
	return (channel * 31 + first) % REPLAY_PIECES;
}

const struct replay_piece *
replay_piece_find(const struct replays *replays, uint32_t channel,
    uint64_t first)
{
	const struct replay_piece *piece =
	    &replays->pieces[piece_slot(channel, first)];

	if (piece->chunk == NULL || piece->channel != channel ||
	    piece->first != first)
		return NULL;
	return piece;
}

void
replay_piece_release(struct replay_piece *piece)
{
	if (piece->chunk != NULL)
		chunk_unref(piece->chunk);
	*piece = (struct replay_piece){ .chunk = NULL };
}

void
replay_piece_keep(struct replays *replays, const struct replay_piece *piece)
{
	struct replay_piece *slot =
	    &replays->pieces[piece_slot(piece->channel, piece->first)];

	assert(piece->chunk != NULL && piece->next > piece->first);
	replay_piece_release(slot);
	*slot = *piece;
}

void
replay_tidy(struct replays *replays)
{
	for (size_t i = 0; i < REPLAY_PIECES; i++)
		replay_piece_release(&replays->pieces[i]);
}

static bool
is_own(const struct session *session, const struct message *message)
{
	return str_equal(message->author_id, session_member(session));
}

/* False: no room for this frame. */
static bool
piece_add(struct hub *hub, struct replay_piece *piece,
    const struct frame *frame)
{
	size_t len = frame_bytes(frame);
	struct chunk *chunk = piece->chunk;

	if (chunk == NULL)
		chunk = piece->chunk = chunk_create(hub->batch.pool,
		    len > CHUNK_SIZE ? len : CHUNK_SIZE);
	if (chunk == NULL || chunk->capacity - chunk->used < len)
		return false;
	frame_copy(frame, chunk->data + chunk->used);
	chunk->used += (uint32_t)len;
	return true;
}

bool
replay_piece_encode(struct hub *hub, const struct session *session,
    const struct event *replayed, struct replay_piece *piece, size_t *work)
{
	const struct page *page = &replayed->page;

	assert(piece->chunk == NULL && replayed->kind == EVENT_REPLAYED);
	*work = 0;
	for (size_t i = 0; i < page->count; i++) {
		const struct message *message = &page->items[i];
		const struct encoded_frame *encoded;
		struct event event = {
			.kind = EVENT_MESSAGE,
			.room = replayed->room,
			.seq = message->seq,
			.at_ms = message->at_ms,
			.member = message->author,
			.member_id = message->author_id,
			.body = message->body,
			.is_redacted = message->is_redacted,
			.edited_ms = message->edited_ms,
		};

		if (session_skips_own(session) && is_own(session, message))
			continue;
		encoded = encode_cache_for_one(&hub->encode_cache, &event,
		    VIEW_OTHERS, session->variant);
		if (encoded->is_silent)
			continue;
		if (encoded->failed)
			return false;
		*work += encoded_frame_bytes(encoded) + encoded->deflate_work;
		if (!piece_add(hub, piece, &encoded->frame)) {
			piece->next = message->seq;
			return piece->chunk != NULL;
		}
		piece->messages++;
	}
	piece->next = replayed->seq;
	return true;
}
