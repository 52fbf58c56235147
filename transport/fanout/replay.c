#include "transport/fanout/replay.h"

#include <assert.h>
#include <string.h>

#include "domain/command.h"
#include "transport/fanout/hub_internal.h"
#include "transport/fanout/send_threads.h"
#include "transport/ws/ws_conn.h"

/*
 * The work for all sessions at the end of one turn, and for one of them: bytes
 * sent, or encoded and compressed.
 */
#define TURN_WORK ((size_t)1024 * 1024)
#define SESSION_WORK ((size_t)128 * 1024)

/* A step sends something, however small; a send to a member of a room is one.
 */
#define STEP_WORK 1024

/* What such sends leave of the work of a turn: one part of so many, at least.
 */
#define TURN_WORK_PARTS 4

/* More threads do more in the time of a turn. */
static size_t
replay_turn_work(const struct hub *hub)
{
	return TURN_WORK * send_threads_count(hub->batch.threads);
}

/* --- encoded pieces ------------------------------------------------------- */

static struct replay_piece *
piece_slot(struct replays *replays, uint32_t channel, uint64_t first)
{
	return &replays->pieces[(channel * 31 + first) % REPLAY_PIECES];
}

static void
piece_release(struct replay_piece *piece)
{
	if (piece->chunk != NULL)
		chunk_unref(piece->chunk);
	*piece = (struct replay_piece){ .chunk = NULL };
}

void
replay_tidy(struct replays *replays)
{
	for (size_t i = 0; i < REPLAY_PIECES; i++)
		piece_release(&replays->pieces[i]);
}

/* Whether own messages were sent already: encoded differently, and at once. */
static bool
skips_own(const struct session *session)
{
	return session->dialect->author_differs & (1ul << EVENT_MESSAGE);
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
	size_t len = frame->head_len + frame->body_len;
	struct chunk *chunk = piece->chunk;

	if (chunk == NULL)
		chunk = piece->chunk = chunk_create(hub->batch.pool,
		    len > CHUNK_SIZE ? len : CHUNK_SIZE);
	if (chunk == NULL || chunk->capacity - chunk->used < len)
		return false;
	memcpy(chunk->data + chunk->used, frame->head, frame->head_len);
	memcpy(chunk->data + chunk->used + frame->head_len, frame->body,
	    frame->body_len);
	chunk->used += (uint32_t)len;
	return true;
}

/*
 * Encodes messages until the piece is full. It has no chunk if there is nothing
 * to be sent. *work becomes what that cost, in bytes. False: no memory.
 */
static bool
piece_encode(struct hub *hub, const struct session *session,
    const struct event *replayed, struct replay_piece *piece, size_t *work)
{
	const struct page *page = &replayed->page;

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

		if (skips_own(session) && is_own(session, message))
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

static struct lag *
lag_of(const struct hub *hub, const struct subscription *subscription)
{
	return lags_find(&hub->batch.lags, subscription->lag);
}

/* Ends the session: messages that it missed are not kept any more. */
static void
fall_behind(struct session *session, struct lag *lag)
{
	lag->is_lost = true;
	ws_conn_end(session->conn, WS_CLOSE_SLOW_CONSUMER, "slow_consumer");
}

static struct piece
replay_bytes(const struct replay_piece *replay)
{
	return (struct piece){ replay->chunk, 0, replay->chunk->used };
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
	piece = replay_bytes(replay);
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
	if (!piece_encode(hub, session, event, &piece, &work)) {
		piece_release(&piece);
		ws_conn_end_unsent(session->conn);
		return;
	}
	hub->replays.work += work;
	ws_conn_charge_bytes(session->conn, work);
	send_piece(hub, session, subscription, &piece);
	if (piece.chunk == NULL || skips_own(session)) {
		piece_release(&piece);
	} else {
		struct replay_piece *slot =
		    piece_slot(&hub->replays, piece.channel, piece.first);

		piece_release(slot);
		*slot = piece;
	}
}

void
replay_receive(struct hub *hub, struct session *session,
    const struct event *event)
{
	const struct room_channels *room =
	    subscriptions_find(&hub->subscriptions, event->room);
	const struct subscription *subscription = NULL;
	struct lag *lag;

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
	    piece_slot(&hub->replays, channel, next);

	if (next == 0 || known->chunk == NULL || known->channel != channel ||
	    known->first != next || known->next > to + 1 || skips_own(session))
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

/* --- many sessions at the same place --------------------------------------
 */

/* The subscription that lags, if no other one does; NULL: there is none. */
static struct subscription *
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
	       !skips_own(session) && ws_conn_is_open(conn);
}

/* The first half, in any thread; `left` becomes those that were begun. */
static void
replay_slice_begin(const struct send_batch *batch, struct send_slice *slice,
    struct traffic *traffic)
{
	struct piece piece = replay_bytes(slice->replay);

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
	struct piece piece = replay_bytes(slice->replay);
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

/* How often in a turn others are looked for in vain. */
#define REPLAY_TRIES 4

/*
 * The session was sent messages from `next` on: so are others that lack the
 * same, by several threads. False: there was none.
 */
static bool
replay_others(struct hub *hub, const struct subscription *subscription,
    uint64_t next)
{
	size_t most = replay_turn_work(hub);
	const struct replay_piece *piece;
	const struct channel *channel;

	if (next == 0 || hub->replays.work >= most)
		return false;
	channel = subscription->channel;
	piece = piece_slot(&hub->replays, channel->id, next);
	if (piece->chunk == NULL || piece->channel != channel->id ||
	    piece->first != next || piece->next <= channel->last_seq)
		return false;
	most =
	    (most - hub->replays.work) / (2 * STEP_WORK + piece->chunk->used);
	return replay_slices(hub, subscription, piece, most);
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

/* What the sends to rooms took of the work of this turn. */
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
