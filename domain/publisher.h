/* Delivers events to members: an interface. */
#ifndef DOMAIN_PUBLISHER_H
#define DOMAIN_PUBLISHER_H

#include <assert.h>

#include "domain/event.h"

struct publisher;

struct publisher_ops {
	/*
	 * Associate the connection `peer`, with its number, with a member id,
	 * which may have others. It is subscribed to nothing. If `peer` is
	 * NULL, it is the one of this number that waits for its member.
	 * CHAT_MEMBER_NOT_FOUND: none does. CHAT_UNAVAILABLE: no memory.
	 */
	enum chat_error (*attach)(struct publisher *, void *peer,
	    struct str member_id, uint32_t connection);
	/*
	 * Subscribe one connection of the member, or all of them (0), to the
	 * room (absent: the lobby), if its token is good for it: it gets what
	 * is published from now on, in order, after what was published to it
	 * before. One connection may be subscribed already; with a token that
	 * is not good for the room it is not any more. CHAT_UNAVAILABLE: no
	 * memory, none is subscribed.
	 */
	enum chat_error (*enter)(struct publisher *, struct str member_id,
	    uint32_t connection, struct str room);
	/* Unsubscribe all connections of the member. */
	void (*leave)(struct publisher *, struct str member_id,
	    struct str room);
	/*
	 * The connection is gone: remove its subscriptions. Later calls for it
	 * are ignored, and those for its member if it was the last one.
	 */
	void (*detach)(struct publisher *, struct str member_id,
	    uint32_t connection);
	/*
	 * Send an event to its audience; returns the number of recipients:
	 * members of a message, else connections. The member event->member_id
	 * is its author: some dialects encode the event differently for it.
	 */
	size_t (*publish)(struct publisher *, const struct event *,
	    const struct audience *);
	/*
	 * Whether the output of all connections of the member is so long that
	 * events for it alone, which no history holds, should not be
	 * published.
	 */
	bool (*is_congested)(struct publisher *, struct str member_id);
	/*
	 * The rights (enum right) that any connection of the member has in all
	 * rooms: those of tokens for some rooms do not count.
	 */
	unsigned (*rights)(struct publisher *, struct str member_id);
	/*
	 * Close a connection of the member, or all (0), for this reason. With
	 * an absent id it is one that waits for its member. Unknown ones are
	 * ignored.
	 */
	void (*end)(struct publisher *, struct str member_id,
	    uint32_t connection, enum chat_error);
	/* Read nothing from a connection of the member for so long. */
	void (*delay)(struct publisher *, struct str member_id,
	    uint32_t connection, int64_t ms);
};

struct publisher {
	const struct publisher_ops *ops;
};

static inline enum chat_error
publisher_attach(struct publisher *publisher, void *peer, struct str member_id,
    uint32_t connection)
{
	return publisher->ops->attach(publisher, peer, member_id, connection);
}

static inline enum chat_error
publisher_enter(struct publisher *publisher, struct str member_id,
    uint32_t connection, struct str room)
{
	return publisher->ops->enter(publisher, member_id, connection, room);
}

static inline void
publisher_leave(struct publisher *publisher, struct str member_id,
    struct str room)
{
	publisher->ops->leave(publisher, member_id, room);
}

static inline void
publisher_detach(struct publisher *publisher, struct str member_id,
    uint32_t connection)
{
	publisher->ops->detach(publisher, member_id, connection);
}

static inline size_t
publisher_publish(struct publisher *publisher, const struct event *event,
    struct audience audience)
{
	assert(audience.kind == AUDIENCE_ONE ||
	       !event_has_trait(event->kind, EVENT_IS_DIRECT));
	return publisher->ops->publish(publisher, event, &audience);
}

static inline bool
publisher_is_congested(struct publisher *publisher, struct str member_id)
{
	return publisher->ops->is_congested(publisher, member_id);
}

static inline unsigned
publisher_rights(struct publisher *publisher, struct str member_id)
{
	return publisher->ops->rights(publisher, member_id);
}

static inline void
publisher_end(struct publisher *publisher, struct str member_id,
    uint32_t connection, enum chat_error reason)
{
	publisher->ops->end(publisher, member_id, connection, reason);
}

static inline void
publisher_delay(struct publisher *publisher, struct str member_id,
    uint32_t connection, int64_t ms)
{
	publisher->ops->delay(publisher, member_id, connection, ms);
}

#endif
