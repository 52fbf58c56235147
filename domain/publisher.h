/* Delivers events to members: an interface. */
#ifndef DOMAIN_PUBLISHER_H
#define DOMAIN_PUBLISHER_H

#include <assert.h>

#include "domain/event.h"

struct publisher;

struct publisher_ops {
	/*
	 * Associate the connection `peer` with a member id. CHAT_UNAVAILABLE:
	 * no memory.
	 */
	enum chat_error (*attach)(struct publisher *, void *peer,
	    struct str member_id);
	/*
	 * Subscribe the member to the room (absent: the lobby): it gets what is
	 * published from now on, in order, after what was published to it
	 * before. CHAT_UNAVAILABLE: no memory.
	 */
	enum chat_error (*enter)(struct publisher *, struct str member_id,
	    struct str room);
	/* Unsubscribe the member. */
	void (*leave)(struct publisher *, struct str member_id,
	    struct str room);
	/*
	 * The connection is gone: remove its subscriptions. Later calls for its
	 * member are ignored.
	 */
	void (*detach)(struct publisher *, struct str member_id);
	/*
	 * Send an event to its audience; returns the number of recipients. The
	 * member event->member_id is its author: some dialects encode the event
	 * differently for it.
	 */
	size_t (*publish)(struct publisher *, const struct event *,
	    const struct audience *);
	/*
	 * Whether the member's output is so long that events for it alone,
	 * which no history holds, should not be published.
	 */
	bool (*is_congested)(struct publisher *, struct str member_id);
};

struct publisher {
	const struct publisher_ops *ops;
};

static inline enum chat_error
publisher_attach(struct publisher *publisher, void *peer, struct str member_id)
{
	return publisher->ops->attach(publisher, peer, member_id);
}

static inline enum chat_error
publisher_enter(struct publisher *publisher, struct str member_id,
    struct str room)
{
	return publisher->ops->enter(publisher, member_id, room);
}

static inline void
publisher_leave(struct publisher *publisher, struct str member_id,
    struct str room)
{
	publisher->ops->leave(publisher, member_id, room);
}

static inline void
publisher_detach(struct publisher *publisher, struct str member_id)
{
	publisher->ops->detach(publisher, member_id);
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

#endif
