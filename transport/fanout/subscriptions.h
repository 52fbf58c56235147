/* The rooms' channels, and the sessions that subscribe to them. */
#ifndef TRANSPORT_SUBSCRIPTIONS_H
#define TRANSPORT_SUBSCRIPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/id_map.h"
#include "domain/base/str.h"
#include "transport/fanout/send_batch.h"

struct session;

/* The channels of one room. */
struct room_channels {
	struct channel *channels;
	uint32_t further; /* subscribers beyond the first of their member */
	uint32_t id_len;
	char id[];
};

struct subscriptions {
	struct send_batch *batch;
	struct id_map rooms;
	struct room_channels *lobby; /* the room without an id */
	uint32_t channels;           /* made so far */
};

void subscriptions_init(struct subscriptions *, struct send_batch *);

/* There are no subscribers any more. */
void subscriptions_fini(struct subscriptions *);

/* NULL: the room has no subscribers. Good until one leaves. */
struct room_channels *subscriptions_find(const struct subscriptions *,
    struct str room);

/*
 * Subscribes the session to a room; it must not be subscribed already. It gets
 * events that are published from now on. False: no memory.
 */
bool subscriptions_enter(struct subscriptions *, struct session *,
    struct str room);

/* Unsubscribes it. False: it was not subscribed. */
bool subscriptions_leave(struct subscriptions *, struct session *,
    struct str room);

/* Leaves all rooms. */
void subscriptions_leave_all(struct subscriptions *, struct session *);

#endif
