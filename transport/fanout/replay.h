/*
 * Sends slow readers what they were not sent of their rooms, at their own pace:
 * messages of rooms from the chat, those of the lobby from its ring.
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
	uint64_t first;      /* seq of the first message … */
	uint64_t next;       /* … and where the next piece starts */
	uint32_t messages;   /* that are in it */
};

#define REPLAY_PIECES 64

struct replays {
	struct list ready; /* sessions that can be sent something */
	struct replay_piece pieces[REPLAY_PIECES];
};

void replays_init(struct replays *);
void replays_fini(struct replays *);

/* Nothing waits to be sent to the session any more. */
void replay_continue(struct hub *, struct session *);

/* The session is going away. */
void replay_forget(struct session *);

/*
 * Sends pieces to the sessions that are ready, up to a bound; those that have
 * caught up get what is published to their rooms again. There is nothing in the
 * batch.
 */
void replay_run(struct hub *);

/* What the chat answers to COMMAND_REPLAY. */
void replay_receive(struct hub *, struct session *, const struct event *);

/* Releases encoded pieces. Now and then. */
void replay_tidy(struct replays *);

#endif
