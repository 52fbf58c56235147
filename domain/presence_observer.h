/*
 * Notes who is connected, who is in which room, and what no log has, for
 * another program: an interface. It changes nothing.
 */
#ifndef DOMAIN_PRESENCE_OBSERVER_H
#define DOMAIN_PRESENCE_OBSERVER_H

#include <stddef.h>
#include <stdint.h>

#include "domain/event.h"
#include "domain/member.h"

struct presence_observer;

struct presence_observer_ops {
	/* One of the member's connections; before it enters rooms. */
	void (*connected)(struct presence_observer *, const struct member *,
	    uint32_t connection);
	/* After the last one it is in no room. */
	void (*disconnected)(struct presence_observer *, const struct member *,
	    uint32_t connection);
	/* The room has so many members now. */
	void (*joined)(struct presence_observer *, const struct member *,
	    const struct room *);
	void (*left)(struct presence_observer *, const struct member *,
	    const struct room *);
	/* EVENT_KICKED, before the member leaves; EVENT_RENAMED, without a
	 * room; EVENT_MESSAGE, in the lobby. */
	void (*event)(struct presence_observer *, const struct event *);
};

struct presence_observer {
	const struct presence_observer_ops *ops;
};

/* These accept NULL: there is no observer. */

static inline void
presence_observe_connected(struct presence_observer *observer,
    const struct member *member, uint32_t connection)
{
	if (observer != NULL)
		observer->ops->connected(observer, member, connection);
}

static inline void
presence_observe_disconnected(struct presence_observer *observer,
    const struct member *member, uint32_t connection)
{
	if (observer != NULL)
		observer->ops->disconnected(observer, member, connection);
}

static inline void
presence_observe_joined(struct presence_observer *observer,
    const struct member *member, const struct room *room)
{
	if (observer != NULL)
		observer->ops->joined(observer, member, room);
}

static inline void
presence_observe_left(struct presence_observer *observer,
    const struct member *member, const struct room *room)
{
	if (observer != NULL)
		observer->ops->left(observer, member, room);
}

static inline void
presence_observe_event(struct presence_observer *observer,
    const struct event *event)
{
	if (observer != NULL)
		observer->ops->event(observer, event);
}

#endif
