/* Brings events to the sessions of this process: a publisher. Public. */
#ifndef TRANSPORT_HUB_H
#define TRANSPORT_HUB_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/event.h"
#include "domain/publisher.h"

struct chunk_pool;
struct hub;
struct server_stats;
struct session;

/* NULL: no memory. */
struct hub *hub_create(void);

/* No session may be left. */
void hub_destroy(struct hub *);

/* The door out of the chat; borrowed. */
struct publisher *hub_publisher(struct hub *);

/* Whose chunks to use; before anything is said. */
void hub_bind(struct hub *, struct chunk_pool *);

/* Choose the channels that a new session sits in. */
void hub_welcome(struct hub *, struct session *, bool deflate);

/* The session is going away; it is in no room any more. */
void hub_forget(struct hub *, struct session *);

/* Say something to one session, in order. */
void hub_tell(struct hub *, struct session *, const struct event *);

/* The same with bytes that are no frame: the handshake's response. */
void hub_tell_raw(struct hub *, struct session *, struct str bytes);

/* Say goodbye: at once, beyond all limits, to a session that was forgotten. */
void hub_say_last(struct hub *, struct session *, const struct event *);

/*
 * One connection's input has been handled. Answers go at once, while its
 * memory is warm, unless a room spoke: then they go with that.
 */
void hub_flush_answers(struct hub *);

/* Send what was said in this turn. */
void hub_flush(struct hub *);

/* What the next flush will send. */
struct pending hub_pending(const struct hub *);

/* What was said so far, and to how many. */
void hub_tell_report(const struct hub *, struct server_stats *out);

/* Now and then: give back what is not needed. */
void hub_tidy(struct hub *);

#endif
