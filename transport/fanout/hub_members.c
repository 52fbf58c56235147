/* The sessions of each member, and the rooms that they enter and leave. */
#include <assert.h>
#include <string.h>

#include "domain/room_pattern.h"
#include "transport/fanout/hub_internal.h"
#include "transport/ws/ws_conn.h"

/* --- sessions of members -------------------------------------------------- */

/* Most members have one session; those of one member are a list. */
struct session *
hub_find_session(struct hub *hub, struct str member_id, uint32_t connection)
{
	struct session *session = hub->last_author;

	if (session != NULL && connection != 0 &&
	    session->connection == connection &&
	    str_equal(session_member(session), member_id))
		return session;
	session = id_map_find(&hub->sessions, member_id);
	if (connection == 0)
		return session;
	while (session != NULL && session->connection != connection)
		session = session_next_of_member(session);
	hub->last_author = session;
	return session;
}

void
hub_note_author(struct hub *hub, struct session *session)
{
	assert(session->is_attached);
	hub->last_author = session;
}

static bool
session_add(struct hub *hub, struct session *session)
{
	struct session *first =
	    id_map_find(&hub->sessions, session_member(session));

	if (first == NULL)
		return id_map_put(&hub->sessions, session);
	if (session_get_extra(first) == NULL ||
	    session_get_extra(session) == NULL)
		return false;
	session->extra->next_of_member = first->extra->next_of_member;
	first->extra->next_of_member = session;
	return true;
}

void
hub_remove_session(struct hub *hub, struct session *session)
{
	struct str member_id = session_member(session);
	struct session *at = id_map_find(&hub->sessions, member_id);
	struct session *next = session_next_of_member(session);

	assert(session->is_attached && at != NULL);
	session->is_attached = false;
	if (session == hub->last_author)
		hub->last_author = NULL;
	if (at != session) {
		while (session_next_of_member(at) != session)
			at = session_next_of_member(at);
		at->extra->next_of_member = next;
	} else if (next != NULL)
		id_map_replace(&hub->sessions, next);
	else
		id_map_remove(&hub->sessions, member_id);
	if (next != NULL)
		session->extra->next_of_member = NULL;
}

enum chat_error
hub_attach(struct publisher *publisher, void *peer, struct str member_id,
    uint32_t connection)
{
	struct hub *hub = (struct hub *)publisher;
	struct session *session =
	    peer != NULL ? peer : hub_take_waiting(hub, connection);

	if (session == NULL)
		return CHAT_MEMBER_NOT_FOUND;
	assert(!session->is_attached && session->connection == connection);
	assert(member_id.len > 0 && member_id.len < session->id_size);
	memcpy(session->member_id, member_id.data, member_id.len);
	session->id_len = (uint8_t)member_id.len;
	session->is_attached = session_add(hub, session);
	return session->is_attached ? CHAT_OK : CHAT_UNAVAILABLE;
}

/* Whether the member has sessions besides this one. */
static bool
session_has_others(struct hub *hub, const struct session *session)
{
	/* See session_add(). */
	if (session->extra == NULL)
		return false;
	return session_next_of_member(session) != NULL ||
	       hub_find_session(hub, session_member(session), 0) != session;
}

/* --- rooms ---------------------------------------------------------------- */

bool
hub_session_is_in(struct session *session, const struct room_channels *room)
{
	const struct channel *channel = room->channels;

	while (channel != NULL &&
	       session_find_subscription(session, channel) == NULL)
		channel = channel->next;
	return channel != NULL;
}

bool
hub_session_is_further(struct hub *hub, const struct session *session,
    const struct room_channels *room)
{
	struct session *other;

	if (room == NULL || !session_has_others(hub, session))
		return false;
	other = hub_find_session(hub, session_member(session), 0);
	while (other != NULL &&
	       (other == session || !hub_session_is_in(other, room)))
		other = session_next_of_member(other);
	return other != NULL;
}

/* The tokens of a member's connections may name different rooms. */
static bool
session_is_good_for(const struct session *session, struct str room)
{
	return str_is_empty(room) ||
	       room_patterns_match(session_scope(session), room);
}

/* Unless its token does not name the room. False: no memory. */
static bool
session_enter(struct hub *hub, struct session *session, struct str room)
{
	bool is_further;

	if (!session_is_good_for(session, room))
		return true;
	is_further = session_has_others(hub, session) &&
		     hub_session_is_further(hub, session,
			 subscriptions_find(&hub->subscriptions, room));
	if (!subscriptions_enter(&hub->subscriptions, session, room))
		return false;
	if (is_further)
		subscriptions_find(&hub->subscriptions, room)->further++;
	return true;
}

/*
 * A member that others put out of a room was in it, even if its session has
 * sent no message since it joined.
 */
static bool
session_leave_room(struct hub *hub, struct session *session, struct str room)
{
	if (!subscriptions_leave(&hub->subscriptions, session, room))
		return false;
	if (!str_is_empty(room))
		session->stage = WIRE_OUTSIDE;
	return true;
}

/* From `first` up to `end`, which may be NULL; others are not in the room. */
static void
sessions_leave(struct hub *hub, struct session *first,
    const struct session *end, struct str room)
{
	struct room_channels *channels;
	uint32_t left = 0;

	for (struct session *session = first; session != end;
	     session = session_next_of_member(session))
		left += session_leave_room(hub, session, room);
	channels = subscriptions_find(&hub->subscriptions, room);
	if (channels != NULL && left > 1)
		channels->further -= left - 1;
}

/* Its token is another one than before. False: no memory. */
static bool
session_enter_again(struct hub *hub, struct session *session, struct str room)
{
	struct room_channels *channels =
	    subscriptions_find(&hub->subscriptions, room);

	if (channels == NULL || !hub_session_is_in(session, channels))
		return session_enter(hub, session, room);
	if (session_is_good_for(session, room))
		return true;
	if (hub_session_is_further(hub, session, channels))
		channels->further--;
	(void)subscriptions_leave(&hub->subscriptions, session, room);
	return true;
}

enum chat_error
hub_enter(struct publisher *publisher, struct str member_id,
    uint32_t connection, struct str room)
{
	struct hub *hub = (struct hub *)publisher;
	struct session *first = hub_find_session(hub, member_id, connection);
	struct session *session;

	if (first == NULL)
		return CHAT_OK; /* connected elsewhere */
	if (connection != 0)
		return session_enter_again(hub, first, room) ? CHAT_OK
							     : CHAT_UNAVAILABLE;
	for (session = first; session != NULL;
	     session = session_next_of_member(session))
		if (!session_enter(hub, session, room))
			break;
	if (session == NULL)
		return CHAT_OK;
	sessions_leave(hub, first, session, room);
	return CHAT_UNAVAILABLE;
}

void
hub_leave(struct publisher *publisher, struct str member_id, struct str room)
{
	struct hub *hub = (struct hub *)publisher;

	sessions_leave(hub, hub_find_session(hub, member_id, 0), NULL, room);
}

void
hub_detach(struct publisher *publisher, struct str member_id,
    uint32_t connection)
{
	struct hub *hub = (struct hub *)publisher;
	struct session *session = hub_find_session(hub, member_id, connection);
	struct room_channels *room;
	bool has_others;

	if (session == NULL)
		return;
	assert(session->is_attached);
	has_others = session_has_others(hub, session);
	for (uint32_t i = 0; has_others && i < session->subscription_count;
	     i++) {
		room = session_subscription(session, i)->channel->room;
		if (hub_session_is_further(hub, session, room))
			room->further--;
	}
	subscriptions_leave_all(&hub->subscriptions, session);
	hub_remove_session(hub, session);
}

/* --- of all sessions of a member ------------------------------------------ */

unsigned
hub_rights(struct publisher *publisher, struct str member_id)
{
	struct hub *hub = (struct hub *)publisher;
	unsigned rights = 0;

	for (const struct session *session =
		 hub_find_session(hub, member_id, 0);
	     session != NULL; session = session_next_of_member(session))
		if (session_scope(session).data == NULL)
			rights |= session->rights;
	return rights;
}

void
hub_end_one(struct publisher *publisher, struct str member_id,
    uint32_t connection, enum chat_error reason)
{
	struct hub *hub = (struct hub *)publisher;
	struct session *session =
	    member_id.data == NULL
		? hub_take_waiting(hub, connection)
		: hub_find_session(hub, member_id, connection);

	for (; session != NULL; session = session_next_of_member(session)) {
		hub_refuse(session, reason);
		if (connection != 0)
			return;
	}
}
