#include "transport/fanout/replay.h"

#include <assert.h>
#include <string.h>

#include "domain/command.h"
#include "transport/fanout/hub_internal.h"
#include "transport/fanout/replay_internal.h"
#include "transport/ws/ws_conn.h"

/* The work for one session at the end of a turn. */
#define SESSION_WORK ((size_t)128 * 1024)

/* Sends to rooms leave at least one part of so many of the work of a turn. */
#define TURN_WORK_PARTS 4

/* --- one session ---------------------------------------------------------- */

/* The subscriptions take turns. NULL: none lags. */
static struct subscription *
next_lagging(struct session *session)
{
	for (uint32_t i = 0; i < session->subscription_count; i++) {
		uint32_t n =
		    (session->replay_next + i) % session->subscription_count;
		struct subscription *subscription =
		    session_subscription(session, n);

		if (!subscription_lags(subscription))
			continue;
		session->replay_next = n + 1;
		return subscription;
	}
	return NULL;
}

/* Ends the session: messages that it missed are not kept any more. */
static void
fall_behind(struct session *session, struct lag *lag)
{
	lag->is_lost = true;
	ws_conn_end(session->conn, WS_CLOSE_SLOW_CONSUMER, "slow_consumer");
}

static void
send_piece(struct hub *hub, struct session *session,
    const struct subscription *subscription, const struct replay_piece *replay)
{
	struct lag *lag = lag_of(hub, subscription);
	struct piece piece;

	channel_note_replayed(&hub->batch, subscription, replay->messages);
	lag->next = replay->next;
	if (lag->next > subscription->channel->last_seq)
		lag->next = 0;
	if (replay->chunk == NULL)
		return;
	piece = replay_piece_bytes(replay);
	conn_send(session->conn, &piece, 1);
}

/* The session is charged for what is encoded for it, as for answers. */
static void
receive_messages(struct hub *hub, struct session *session,
    const struct subscription *subscription, const struct event *event)
{
	struct lag *lag = lag_of(hub, subscription);
	struct replay_piece piece = {
		.channel = subscription->channel->id,
		.first = lag->next,
	};
	size_t work;

	if (event->recovery.missing_first != 0) {
		fall_behind(session, lag);
		return;
	}
	if (!replay_piece_encode(hub, session, event, &piece, &work)) {
		replay_piece_release(&piece);
		ws_conn_end_unsent(session->conn);
		return;
	}
	hub->replays.work += work;
	ws_conn_charge_bytes(session->conn, work);
	send_piece(hub, session, subscription, &piece);
	if (piece.chunk == NULL || session_skips_own(session))
		replay_piece_release(&piece);
	else
		replay_piece_keep(&hub->replays, &piece);
}

void
replay_receive(struct hub *hub, struct session *session,
    const struct event *event)
{
	const struct room_channels *room =
	    subscriptions_find(&hub->subscriptions, event->room);
	const struct subscription *subscription = NULL;
	struct lag *lag;

	assert(event->kind == EVENT_REPLAYED || event->kind == EVENT_PRESENCE);
	if (room != NULL)
		for (const struct channel *channel = room->channels;
		     channel != NULL && subscription == NULL;
		     channel = channel->next)
			subscription =
			    session_find_subscription(session, channel);
	if (subscription == NULL || !subscription_lags(subscription))
		return;
	lag = lag_of(hub, subscription);
	if (event->kind == EVENT_PRESENCE) {
		/* Not all messages fitted in a piece: it is asked for again. */
		if (lag->next != 0)
			return;
		lag->missed_presence = false;
		hub_send_as(hub, session, event, VIEW_OTHERS);
	} else if (lag->next != 0)
		receive_messages(hub, session, subscription, event);
}

/* Messages that were encoded for others already. False: there are none. */
static bool
replay_known(struct hub *hub, struct session *session,
    struct subscription *subscription, uint64_t to)
{
	uint32_t channel = subscription->channel->id;
	uint64_t next = lag_of(hub, subscription)->next;
	const struct replay_piece *known =
	    replay_piece_find(&hub->replays, channel, next);

	if (next == 0 || known == NULL || known->next > to + 1 ||
	    session_skips_own(session))
		return false;
	hub->replays.work += known->chunk->used;
	send_piece(hub, session, subscription, known);
	return true;
}

/*
 * Messages up to `to`; behind them, presence if the subscription missed it.
 * False: it has to wait for its budget.
 */
static bool
replay_messages(struct hub *hub, struct session *session,
    struct subscription *subscription, uint64_t to)
{
	struct channel *channel = subscription->channel;
	const struct lag *lag = lag_of(hub, subscription);
	uint64_t next = lag->next;
	struct command command = {
		.kind = COMMAND_REPLAY,
		.author = session_member(session),
		.connection = session->connection,
		.room = str_slice(channel->room->id, channel->room->id_len),
		.from_seq = next != 0 ? next : to + 1,
		.to_seq = to,
		.limit = CHUNK_SIZE,
	};
	enum chat_error error;

	if (next != 0 && !ws_conn_begin_work(session->conn))
		return false;
	if (lag->missed_presence && to == channel->last_seq)
		command.flags |= COMMAND_WITH_PRESENCE;
	error = command_handle(hub->handler, &command);
	if (error == CHAT_UNAVAILABLE)
		ws_conn_end_unsent(session->conn);
	else if (error != CHAT_OK) /* there is no such room any more */
		channel_end_lag(&hub->batch, channel, subscription);
	return true;
}

/* What the ring has at the position of a lag; NULL: nothing is left. */
static const struct ring_piece *
find_frames(struct session *session, const struct channel *channel,
    struct lag *lag, struct piece *piece)
{
	const struct ring_piece *found =
	    frame_ring_at(&channel->ring, lag->position, piece);

	if (found != NULL || lag->position == frame_ring_end(&channel->ring))
		return found;
	if (channel->is_lobby ||
	    frame_ring_lost_change(&channel->ring, lag->position))
		fall_behind(session, lag);
	lag->missed_presence = true;
	lag->position = frame_ring_end(&channel->ring);
	return NULL;
}

/*
 * One step: frames of the ring, or messages up to where those come. False: the
 * session has to wait for its budget.
 */
static bool
replay_step(struct hub *hub, struct session *session,
    struct subscription *subscription)
{
	struct channel *channel = subscription->channel;
	struct lag *lag = lag_of(hub, subscription);
	struct piece piece;
	const struct ring_piece *found =
	    find_frames(session, channel, lag, &piece);

	if (lag->is_lost)
		return true;
	if (found != NULL && (lag->next == 0 || found->after_seq < lag->next)) {
		lag->position += piece.len;
		hub->replays.work += piece.len;
		if (found->except != session)
			conn_send(session->conn, &piece, 1);
	} else if (lag->next != 0 || lag->missed_presence) {
		uint64_t to =
		    found != NULL ? found->after_seq : channel->last_seq;

		return replay_known(hub, session, subscription, to) ||
		       replay_messages(hub, session, subscription, to);
	} else
		channel_catch_up(&hub->batch, channel, subscription);
	return true;
}

/* Whether members of one of its rooms are still to be sent to. */
static bool
session_has_rests(struct session *session)
{
	for (uint32_t i = 0; i < session->subscription_count; i++)
		if (session_subscription(session, i)->channel->rest != NULL)
			return true;
	return false;
}

/* Returns whether it can be sent more at once, or waits for others. */
static bool
replay_session(struct hub *hub, struct session *session)
{
	struct conn *conn = session->conn;
	size_t most = hub->replays.work + SESSION_WORK;

	while (ws_conn_is_open(conn) && send_queue_is_empty(&conn->queue)) {
		struct subscription *subscription = next_lagging(session);

		if (subscription == NULL && session_has_rests(session))
			return true;
		if (subscription == NULL) {
			conn_set_lags(conn, false);
			return false;
		}
		if (hub->replays.work >= most)
			return true;
		hub->replays.work += STEP_WORK;
		if (!replay_step(hub, session, subscription))
			return false;
	}
	return false;
}

/* --- all sessions --------------------------------------------------------- */

void
replay_forget(struct session *session)
{
	if (session->is_replaying)
		list_remove(&session->replay_link);
	session->is_replaying = false;
}

void
replays_pause_authors(struct hub *hub)
{
	struct list *authors = &hub->replays.authors;

	while (!list_is_empty(authors)) {
		struct session *author =
		    LIST_OWNER(authors->next, struct session, replay_link);

		replay_forget(author);
		if (!author->conn->lags && list_is_empty(&hub->batch.rests))
			continue;
		conn_pause(author->conn, PAUSED_BY_OUTPUT);
		replay_continue(&hub->replays, author);
	}
}

/* How often in a turn others are looked for in vain. */
#define REPLAY_TRIES 4

/* The work of this turn that the sends to rooms took. */
static size_t
work_begun(const struct hub *hub)
{
	size_t work = hub->batch.sent_to * STEP_WORK;
	size_t most =
	    replay_turn_work(hub) / TURN_WORK_PARTS * (TURN_WORK_PARTS - 1);

	return work < most ? work : most;
}

void
replay_run(struct hub *hub)
{
	struct list *ready = &hub->replays.ready;
	const struct list *last = ready->previous;
	unsigned tries = hub->batch.threads != NULL ? REPLAY_TRIES : 0;
	bool was_last = false;

	assert(!send_batch_is_pending(&hub->batch));
	hub->replays.work = work_begun(hub);
	while (!list_is_empty(ready) && !was_last &&
	       hub->replays.work < replay_turn_work(hub)) {
		struct session *session =
		    LIST_OWNER(ready->next, struct session, replay_link);
		const struct subscription *lagging =
		    tries > 0 ? session_find_lagging(session) : NULL;
		uint64_t next =
		    lagging != NULL ? lag_of(hub, lagging)->next : 0;

		was_last = &session->replay_link == last;
		list_remove(&session->replay_link);
		session->is_replaying = replay_session(hub, session);
		if (session->is_replaying)
			list_append(ready, &session->replay_link);
		if (tries > 0 && !replay_others(hub, lagging, next))
			tries--;
	}
	send_batch_flush(&hub->batch);
}

void
replays_init(struct replays *replays)
{
	memset(replays, 0, sizeof(*replays));
	list_init(&replays->ready);
	list_init(&replays->authors);
}

void
replays_fini(struct replays *replays)
{
	assert(list_is_empty(&replays->ready) &&
	       list_is_empty(&replays->authors));
	replay_tidy(replays);
}
