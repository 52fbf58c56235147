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
#include "transport/session.h"

struct chunk;
struct hub;

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
	struct list ready;   /* sessions that can be sent something */
	struct list authors; /* not ready: see replay_author() */
	size_t work;         /* of this turn: bytes, and some for each step */
	struct replay_piece pieces[REPLAY_PIECES];
};

void replays_init(struct replays *);
void replays_fini(struct replays *);

/* The session goes to the end of the list, unless it is on one already. */
static inline void
replay_list_add(struct list *list, struct session *session)
{
	if (session->is_replaying)
		return;
	session->is_replaying = true;
	list_append(list, &session->replay_link);
}

/* It is ready. */
static inline void
replay_continue(struct replays *replays, struct session *session)
{
	replay_list_add(&replays->ready, session);
}

/*
 * The session's message goes to more members than one turn sends to. It is read
 * on in this turn, so that messages that came together go out together. From
 * the end of the turn on it waits until all members were sent them: else those
 * would fall behind, although they read.
 */
static inline void
replay_author(struct replays *replays, struct session *author)
{
	replay_list_add(&replays->authors, author);
}

/* The end of the turn: the batch was sent. */
void replays_pause_authors(struct hub *);

/* The session is going away. */
void replay_forget(struct session *);

/*
 * Sends pieces to the sessions that are ready, of which there are some, up to a
 * bound. A subscription that has caught up gets live frames again. The batch is
 * empty.
 */
void replay_run(struct hub *);

/* What the chat answers to COMMAND_REPLAY. */
void replay_receive(struct hub *, struct session *, const struct event *);

/* Releases encoded pieces. Now and then. */
void replay_tidy(struct replays *);

#endif
