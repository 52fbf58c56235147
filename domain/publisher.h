/* Whoever brings events to members: an interface. */
#ifndef DOMAIN_PUBLISHER_H
#define DOMAIN_PUBLISHER_H

#include "domain/event.h"

struct publisher;

struct publisher_ops {
	/*
	 * From now on the connection `peer` is the member with this id.
	 * CHAT_UNAVAILABLE: no memory.
	 */
	enum chat_error (*attach)(struct publisher *, void *peer,
	    struct str member_id);
	/*
	 * The member hears what is published to the room from now on (an
	 * absent room is the lobby), in the order of publication, after
	 * what was published to it before. CHAT_UNAVAILABLE: no memory.
	 */
	enum chat_error (*enter)(struct publisher *, struct str member_id,
	    struct str room);
	/* And no longer. */
	void (*leave)(struct publisher *, struct str member_id,
	    struct str room);
	/*
	 * Hand an event to its audience; returns to how many. The member
	 * named in event->member_id is its author, for dialects in which
	 * authors see something else than others do.
	 */
	size_t (*publish)(struct publisher *, const struct event *,
	    const struct audience *);
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

static inline size_t
publisher_publish(struct publisher *publisher, const struct event *event,
    struct audience audience)
{
	return publisher->ops->publish(publisher, event, &audience);
}

#endif
