/* Sends the same messages to many readers that lag, by several threads. */
#include "transport/fanout/hub_internal.h"
#include "transport/fanout/replay_internal.h"
#include "transport/fanout/send_slice.h"
#include "transport/fanout/send_threads.h"
#include "transport/ws/ws_conn.h"

struct subscription *
session_find_lagging(struct session *session)
{
	struct subscription *found = NULL;

	for (uint32_t i = 0; i < session->subscription_count; i++) {
		struct subscription *subscription =
		    session_subscription(session, i);

		if (!subscription_lags(subscription))
			continue;
		if (found != NULL)
			return NULL;
		found = subscription;
	}
	return found;
}

/*
 * What becomes of a room that is sent to in several turns: its subscribers lack
 * the same messages and nothing else, and those are encoded.
 */
static bool
session_lacks_piece(const struct send_batch *batch, struct session *session,
    const struct channel *channel, const struct replay_piece *piece)
{
	const struct conn *conn = session->conn;
	const struct subscription *subscription;
	const struct lag *lag;

	if (!conn->lags || !send_queue_is_empty(&conn->queue) ||
	    !session->is_replaying)
		return false;
	subscription = session_find_lagging(session);
	if (subscription == NULL || subscription->channel != channel)
		return false;
	lag = lags_find(&batch->lags, subscription->lag);
	return lag->next == piece->first && !lag->is_lost &&
	       !lag->missed_presence &&
	       lag->position == frame_ring_end(&channel->ring) &&
	       !session_skips_own(session) && ws_conn_is_open(conn);
}

/* The first half, in any thread; `left` becomes those that were begun. */
static void
replay_slice_begin(const struct send_batch *batch, struct send_slice *slice,
    struct traffic *traffic)
{
	struct piece piece = replay_piece_bytes(slice->replay);

	slice->left = 0;
	for (uint32_t i = 0; i < slice->count; i++) {
		const struct subscriber *subscriber =
		    &slice->channel->subscribers[slice->first + i];

		if (!session_lacks_piece(batch, subscriber->session,
			slice->channel, slice->replay))
			continue;
		if (conn_send_begin(subscriber->conn, &piece, 1, traffic,
			&slice->sents[i]))
			slice->sents[i] = (struct sent){ .pieces = 1 };
		slice->left |= UINT64_C(1) << i;
	}
}

static void
replay_slice_end_one(struct hub *hub, const struct send_slice *slice,
    uint32_t i)
{
	struct session *session =
	    slice->channel->subscribers[slice->first + i].session;
	struct subscription *subscription =
	    session_find_subscription(session, slice->channel);
	struct piece piece = replay_piece_bytes(slice->replay);
	struct conn *conn = session->conn;

	hub->replays.work += 2 * STEP_WORK + piece.len;
	conn_send_end(conn, &piece, 1, &slice->sents[i]);
	channel_note_replayed(&hub->batch, subscription,
	    slice->replay->messages);
	lag_of(hub, subscription)->next = 0;
	replay_forget(session);
	if (!ws_conn_is_open(conn) || !send_queue_is_empty(&conn->queue))
		return;
	channel_catch_up(&hub->batch, slice->channel, subscription);
	conn_set_lags(conn, false);
}

/* The subscribers behind this one; false: none was sent anything. */
static bool
replay_slices(struct hub *hub, const struct subscription *subscription,
    const struct replay_piece *piece, size_t most)
{
	struct send_threads *threads = hub->batch.threads;
	struct channel *channel = subscription->channel;
	struct send_slice slice = {
		.begin = replay_slice_begin,
		.channel = channel,
		.first = subscription->index + 1,
		.replay = piece,
	};
	size_t count = channel->count - slice.first;
	const struct send_slice *slices;
	bool any = false;

	if (count > most)
		count = most;
	if (!send_threads_are_for(threads, count) ||
	    !send_threads_divide(threads, &slice, count))
		return false;
	send_threads_run(threads, &hub->batch, channel_traffic(channel));
	slices = send_threads_slices(threads, &count);
	for (size_t i = 0; i < count; i++)
		for (uint64_t left = slices[i].left; left != 0;
		     left &= left - 1, any = true)
			replay_slice_end_one(hub, &slices[i],
			    (uint32_t)__builtin_ctzll(left));
	return any;
}

bool
replay_others(struct hub *hub, const struct subscription *subscription,
    uint64_t next)
{
	size_t most = replay_turn_work(hub);
	const struct replay_piece *piece;
	const struct channel *channel;

	if (next == 0 || hub->replays.work >= most)
		return false;
	channel = subscription->channel;
	piece = replay_piece_find(&hub->replays, channel->id, next);
	if (piece == NULL || piece->next <= channel->last_seq)
		return false;
	most =
	    (most - hub->replays.work) / (2 * STEP_WORK + piece->chunk->used);
	return replay_slices(hub, subscription, piece, most);
}
