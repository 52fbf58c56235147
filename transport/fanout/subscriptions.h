/* Who sits where: the rooms' channels, and the sessions in them. */
#ifndef TRANSPORT_SUBSCRIPTIONS_H
#define TRANSPORT_SUBSCRIPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/id_map.h"
#include "domain/base/str.h"
#include "transport/fanout/send_batch.h"

struct place;
struct session;

/* The seats of one room, by channel. */
struct seats {
	struct channel *channels;
	size_t id_len;
	char id[];
};

struct seating {
	struct turn *turn;
	struct id_map rooms;
	struct seats *lobby; /* the room without an id */
};

void seating_init(struct seating *, struct turn *);

/* Nobody may sit any longer. */
void seating_fini(struct seating *);

/* NULL: nobody sits there. Good until somebody leaves. */
struct seats *seating_find(const struct seating *, struct str room);

/*
 * The session, which does not sit there yet, hears the room from now on; what
 * was said before is sent first. False: no memory.
 */
bool seating_enter(struct seating *, struct session *, struct str room);

/* And no longer; nothing happens if it does not sit there. */
void seating_leave(struct seating *, struct session *, struct str room);

/* From wherever it sits. */
void seating_leave_all(struct seating *, struct session *);

/* Where the session sits in a channel; NULL: it does not. */
struct place *seating_place(struct session *, const struct channel *);

#endif
