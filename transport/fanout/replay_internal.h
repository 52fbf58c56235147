/* For the files of the replay only. */
#ifndef TRANSPORT_REPLAY_INTERNAL_H
#define TRANSPORT_REPLAY_INTERNAL_H

#include "transport/fanout/hub_internal.h"
#include "transport/fanout/send_threads.h"

/*
 * The work for all sessions at the end of one turn: bytes sent, or encoded and
 * compressed.
 */
#define TURN_WORK ((size_t)1024 * 1024)

/* Of each step, however little it sends; a send to a member of a room is one.
 */
#define STEP_WORK 1024

/* More threads do more in the time of a turn. */
static inline size_t
replay_turn_work(const struct hub *hub)
{
	return TURN_WORK * send_threads_count(hub->batch.threads);
}

static inline struct lag *
lag_of(const struct hub *hub, const struct subscription *subscription)
{
	return lags_find(&hub->batch.lags, subscription->lag);
}

/* Whether own messages were sent already: encoded differently, and at once. */
static inline bool
session_skips_own(const struct session *session)
{
	return session->dialect->author_differs & (1ul << EVENT_MESSAGE);
}

/* --- replay_pieces.c ------------------------------------------------------ */

static inline struct piece
replay_piece_bytes(const struct replay_piece *replay)
{
	return (struct piece){ replay->chunk, 0, replay->chunk->used };
}

/* The messages of the channel from `first` on; NULL: they are not encoded. */
const struct replay_piece *replay_piece_find(const struct replays *,
    uint32_t channel, uint64_t first);

/* Takes the chunk. */
void replay_piece_keep(struct replays *, const struct replay_piece *);

void replay_piece_release(struct replay_piece *);

/*
 * Encodes messages until the piece is full. It has no chunk if there is nothing
 * to be sent. *work becomes what that cost, in bytes. False: no memory.
 */
bool replay_piece_encode(struct hub *, const struct session *,
    const struct event *replayed, struct replay_piece *, size_t *work);

/* --- replay_slices.c ------------------------------------------------------ */

/* The subscription that lags, if no other one does; NULL: there is none. */
struct subscription *session_find_lagging(struct session *);

/*
 * The session was sent messages from `next` on: so are others that lack the
 * same, by several threads. False: there was none.
 */
bool replay_others(struct hub *, const struct subscription *, uint64_t next);

#endif
