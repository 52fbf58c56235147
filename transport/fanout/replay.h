/*
 * Sends slow readers the messages of their rooms that they missed, as fast as
 * they read: those of rooms from the history, those of the lobby from its ring.
 */
#ifndef TRANSPORT_REPLAY_H
#define TRANSPORT_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/base/list.h"
#include "domain/event.h"

struct chunk;
struct hub;
struct session;

/* Encoded messages of one channel: many readers lag at the same place. */
struct replay_piece {
	struct chunk *chunk; /* NULL: none */
	uint32_t channel;    /* its id */
	uint64_t first;      /* seq of the first message */
	uint64_t next;       /* seq that the next piece starts at */
	uint32_t messages;   /* in this piece */
};

#define REPLAY_PIECES 64

struct replays {
	struct list ready; /* sessions that can be sent something */
	struct replay_piece pieces[REPLAY_PIECES];
};

void replays_init(struct replays *);
void replays_fini(struct replays *);

/* The send queue of the session is empty. */
void replay_continue(struct hub *, struct session *);

/* The session is going away. */
void replay_forget(struct session *);

/*
 * Sends pieces to the sessions that are ready, up to a bound. A subscription
 * that has caught up gets live frames again. The batch is empty.
 */
void replay_run(struct hub *);

/* What the chat answers to COMMAND_REPLAY. */
void replay_receive(struct hub *, struct session *, const struct event *);

/* Releases encoded pieces. Now and then. */
void replay_tidy(struct replays *);

#endif
