/* Who sits where: the rooms' channels, and the sessions in them. */
#ifndef TRANSPORT_SUBSCRIPTIONS_H
#define TRANSPORT_SUBSCRIPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/id_map.h"
#include "domain/base/str.h"
#include "transport/fanout/send_batch.h"

struct subscription;
struct session;

/* The seats of one room, by channel. */
struct seats {
	struct channel *channels;
	size_t id_len;
	char id[];
};

struct subscriptions {
	struct send_batch *turn;
	struct id_map rooms;
	struct seats *lobby; /* the room without an id */
};

void subscriptions_init(struct subscriptions *, struct send_batch *);

/* Nobody may sit any longer. */
void subscriptions_fini(struct subscriptions *);

/* NULL: nobody sits there. Good until somebody leaves. */
struct seats *subscriptions_find(const struct subscriptions *, struct str room);

/*
 * The session, which does not sit there yet, hears the room from now on; what
 * was said before is sent first. False: no memory.
 */
bool subscriptions_enter(struct subscriptions *, struct session *,
    struct str room);

/* And no longer; nothing happens if it does not sit there. */
void subscriptions_leave(struct subscriptions *, struct session *,
    struct str room);

/* From wherever it sits. */
void subscriptions_leave_all(struct subscriptions *, struct session *);

/* Where the session sits in a channel; NULL: it does not. */
struct subscription *subscriptions_place(struct session *,
    const struct channel *);

#endif
