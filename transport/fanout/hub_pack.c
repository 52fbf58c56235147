/* Sessions and their rooms that another process goes on with. */

#include "domain/base/pack.h"
#include "domain/room.h"
#include "transport/fanout/channel_rest.h"
#include "transport/fanout/hub_internal.h"
#include "transport/net/conn.h"

enum subscription_flag {
	SUBSCRIPTION_LAGS = 1 << 0,
	SUBSCRIPTION_MISSED_PRESENCE = 1 << 1
};

static struct str
channel_room(const struct channel *channel)
{
	return str_slice(channel->room->id, channel->room->id_len);
}

/* --- sessions ------------------------------------------------------------- */

static void
subscription_pack(const struct hub *hub,
    const struct subscription *subscription, struct packer *packer)
{
	const struct lag *lag = lags_find(&hub->batch.lags, subscription->lag);

	pack_text(packer, channel_room(subscription->channel));
	if (lag == NULL) {
		pack_number(packer, 0);
		return;
	}
	pack_number(packer,
	    SUBSCRIPTION_LAGS |
		(lag->missed_presence ? SUBSCRIPTION_MISSED_PRESENCE : 0U));
	pack_number(packer, lag->position);
	pack_number(packer, lag->next);
	pack_number(packer, lag->waiting);
}

void
hub_begin_pack(struct hub *hub)
{
	rests_lag(&hub->batch);
}

void
hub_pack_session(const struct hub *hub, const struct session *session,
    struct packer *packer)
{
	if (!session->is_attached)
		return;
	pack_text(packer, session_member(session));
	pack_number(packer, session->subscription_count);
	for (uint32_t i = 0; i < session->subscription_count; i++)
		subscription_pack(hub, session_subscription(session, i),
		    packer);
}

static bool
subscription_unpack(struct hub *hub, struct session *session,
    struct unpacker *from)
{
	struct str room = unpack_text(from);
	unsigned flags = (unsigned)unpack_number(from);
	uint32_t count = session->subscription_count;
	struct subscription *subscription;
	struct lag *lag;

	if (from->failed || room.len >= ROOM_ID_SIZE ||
	    publisher_enter(&hub->base, session_member(session),
		session->connection, room) != CHAT_OK ||
	    session->subscription_count == count)
		return false;
	if ((flags & SUBSCRIPTION_LAGS) == 0)
		return true;
	subscription =
	    session_subscription(session, session->subscription_count - 1);
	subscription->lag = lags_begin(&hub->batch.lags);
	if (subscription->lag == 0)
		return false;
	lag = lags_find(&hub->batch.lags, subscription->lag);
	lag->position = unpack_number(from);
	lag->next = unpack_number(from);
	lag->waiting = (uint32_t)unpack_number(from);
	lag->missed_presence = (flags & SUBSCRIPTION_MISSED_PRESENCE) != 0;
	subscription->channel->ring_readers++;
	hub->batch.copies.waiting += lag->waiting;
	return !from->failed;
}

bool
hub_unpack_session(struct hub *hub, struct session *session, bool is_attached,
    struct unpacker *from)
{
	struct str member_id;
	uint64_t count;

	if (!is_attached)
		return !from->failed;
	member_id = unpack_text(from);
	count = unpack_number(from);
	if (from->failed || member_id.len == 0 ||
	    member_id.len >= session->id_size ||
	    publisher_attach(&hub->base, session, member_id,
		session->connection) != CHAT_OK)
		return false;
	while (count-- > 0)
		if (!subscription_unpack(hub, session, from))
			return false;
	if (session->conn->lags && send_queue_is_empty(&session->conn->queue))
		replay_continue(&hub->replays, session);
	return true;
}

void
hub_forget(struct hub *hub, struct session *session)
{
	if (session->is_attached)
		publisher_detach(&hub->base, session_member(session),
		    session->connection);
	hub_remove(hub, session);
}

/* --- what is kept for slow readers ---------------------------------------- */

/* The subscribers that lag are a part of all, and one of them is enough. */
static const struct session *
channel_find_reader(const struct channel *channel, const struct session *wanted)
{
	for (uint32_t i = 0; i < channel->count; i++) {
		struct session *session = channel->subscribers[i].session;
		const struct subscription *subscription =
		    session_find_subscription(session, channel);

		if (subscription_lags(subscription) &&
		    (wanted == NULL || wanted == session))
			return session;
	}
	return NULL;
}

static void
reader_pack(const struct session *session, struct packer *packer)
{
	pack_text(packer, session == NULL ? STR("") : session_member(session));
	pack_number(packer, session == NULL ? 0 : session->connection);
}

/* Frames are kept from one that does not lag, too: it does not matter. */
static void
ring_pack(const struct channel *channel, struct packer *packer)
{
	const struct frame_ring *ring = &channel->ring;

	pack_number(packer, ring->added);
	pack_number(packer, ring->change_end);
	pack_number(packer, ring->count);
	for (size_t i = 0; i < ring->count; i++) {
		const struct ring_piece *piece = frame_ring_get(ring, i);

		reader_pack(piece->except == NULL
				? NULL
				: channel_find_reader(channel, piece->except),
		    packer);
		pack_number(packer, piece->position);
		pack_number(packer, piece->after_seq);
		pack_number(packer, piece->is_change);
		pack_value(packer,
		    piece->piece.chunk->data + piece->piece.offset,
		    piece->piece.len);
	}
}

static void
room_channels_pack(void *entry, void *arg)
{
	const struct room_channels *room = entry;
	struct packer *packer = arg;

	for (const struct channel *channel = room->channels; channel != NULL;
	     channel = channel->next) {
		if (channel->ring_readers == 0)
			continue;
		reader_pack(channel_find_reader(channel, NULL), packer);
		pack_text(packer, channel_room(channel));
		pack_number(packer, channel->last_seq);
		ring_pack(channel, packer);
	}
}

void
hub_pack(const struct hub *hub, struct packer *packer)
{
	pack_number(packer, hub->connections);
	if (hub->subscriptions.lobby != NULL)
		room_channels_pack(hub->subscriptions.lobby, packer);
	id_map_each(&hub->subscriptions.rooms, room_channels_pack, packer);
	reader_pack(NULL, packer);
}

/* NULL: none has this number. */
static struct session *
reader_unpack(struct hub *hub, struct unpacker *from)
{
	struct str member_id = unpack_text(from);
	uint32_t connection = (uint32_t)unpack_number(from);

	return connection == 0 || from->failed
		   ? NULL
		   : hub_find_session(hub, member_id, connection);
}

static void
ring_unpack(struct hub *hub, struct frame_ring *ring, struct unpacker *from)
{
	uint64_t added = unpack_number(from);
	uint64_t count;

	ring->change_end = unpack_number(from);
	count = unpack_number(from);
	while (count-- > 0 && !from->failed) {
		struct ring_piece piece = { .except =
						reader_unpack(hub, from) };
		struct str bytes;

		piece.position = unpack_number(from);
		piece.after_seq = unpack_number(from);
		piece.is_change = unpack_number(from) != 0;
		bytes = unpack_text(from);
		from->failed =
		    from->failed || bytes.len == 0 || bytes.len > UINT32_MAX ||
		    !frame_ring_put(ring, hub->batch.pool, &piece, bytes);
	}
	ring->added = added;
}

static bool
room_channel_unpack(struct hub *hub, const struct session *reader,
    struct unpacker *from)
{
	struct room_channels *room =
	    subscriptions_find(&hub->subscriptions, unpack_text(from));
	struct channel *channel = room == NULL ? NULL : room->channels;

	while (channel != NULL && channel->variant != reader->variant)
		channel = channel->next;
	if (channel == NULL || channel->ring.count > 0)
		return false;
	channel->last_seq = unpack_number(from);
	ring_unpack(hub, &channel->ring, from);
	return !from->failed;
}

bool
hub_unpack(struct hub *hub, struct unpacker *from)
{
	struct session *reader;

	hub->connections = (uint32_t)unpack_number(from);
	while ((reader = reader_unpack(hub, from)) != NULL)
		if (!room_channel_unpack(hub, reader, from))
			return false;
	return !from->failed;
}
