/* A connection of one dialect that is a member of the chat. Public. */
#ifndef TRANSPORT_SESSION_H
#define TRANSPORT_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "domain/base/list.h"
#include "domain/base/str.h"
#include "domain/command.h"
#include "domain/id_source.h"
#include "transport/fanout/burst_limit.h"
#include "transport/limits.h"
#include "transport/ws/endpoint.h"
#include "wire/dialect.h"

struct channel;
struct conn;
struct downloads;
struct hub;
struct session_stream;
struct sessions;

/* A session's part of a channel. */
struct subscription {
	struct channel *channel;
	uint32_t index; /* in channel->subscribers */
	uint32_t lag;   /* in the batch's lags; 0: it does not */
};

static inline bool
subscription_lags(const struct subscription *subscription)
{
	return subscription->lag != 0;
}

/* Most sessions are in the lobby and in one room. */
#define SESSION_SUBSCRIPTIONS 2

/* What few sessions have: allocated when it is needed. */
struct session_extra {
	/* of the hub: the next connection of the same member; NULL: none */
	struct session *next_of_member;
	char *scope; /* command.scope, with a NUL; NULL: absent */
	struct burst_limiter burst_limiter;
	uint32_t refused_since; /* the first of these refusals, a wheel tick */
	uint32_t refused;
	struct session_stream *stream; /* its own; NULL: its dialect has none */
	struct downloads *downloads;   /* its own; NULL: there are none */
	uint32_t piece_bytes;          /* of the last EVENT_FILE_DATA */
};

struct session {
	struct conn *conn;
	const struct dialect *dialect;
	/* of the hub: its rooms, the first ones without an allocation */
	struct subscription first[SESSION_SUBSCRIPTIONS];
	struct subscription *more;
	uint32_t subscription_count;
	uint32_t more_capacity;
	/* of the batch: frames for this session alone */
	uint32_t individual;         /* see send_batch_individual() */
	uint32_t replay_next;        /* the subscription whose turn it is */
	struct session_extra *extra; /* its own; NULL: all of it is zero */
	/* of the replay: on the list of sessions that can be sent something */
	struct list replay_link;
	/* its own */
	uint32_t connection;   /* the hub's number of it; never 0 */
	uint16_t rights;       /* enum right, of its principal */
	uint8_t variant;       /* of its channels */
	uint8_t stage : 2;     /* enum wire_stage, as of the last message */
	bool is_replaying : 1; /* is on the list of the replay */
	bool is_attached : 1;  /* to the member of this id: */
	bool has_name : 1;     /* behind the id: for a guest, or until then */
	bool is_user : 1;      /* the name is that of a user */
	uint8_t id_size;
	uint8_t id_len;   /* 0 until it is attached */
	char member_id[]; /* of id_size */
};

static inline struct str
session_member(const struct session *session)
{
	return str_slice(session->member_id, session->id_len);
}

/* Allocates it, if it is not there yet. NULL: no memory. */
static inline struct session_extra *
session_get_extra(struct session *session)
{
	if (session->extra == NULL)
		session->extra = calloc(1, sizeof(*session->extra));
	return session->extra;
}

/* The next connection of the same member. NULL: this is the last one. */
static inline struct session *
session_next_of_member(const struct session *session)
{
	return session->extra != NULL ? session->extra->next_of_member : NULL;
}

/* The rooms that its token names; absent: all. */
static inline struct str
session_scope(const struct session *session)
{
	return session->extra != NULL && session->extra->scope != NULL
		   ? str_from(session->extra->scope)
		   : STR_ABSENT;
}

static inline struct subscription *
session_subscription(const struct session *session, uint32_t i)
{
	return i < SESSION_SUBSCRIPTIONS
		   ? (struct subscription *)&session->first[i]
		   : &session->more[i - SESSION_SUBSCRIPTIONS];
}

/* The session's subscription of a channel; NULL: it has none. */
static inline struct subscription *
session_find_subscription(struct session *session,
    const struct channel *channel)
{
	for (uint32_t i = 0; i < session->subscription_count; i++)
		if (session_subscription(session, i)->channel == channel)
			return session_subscription(session, i);
	return NULL;
}

/* What sessions use; everything is borrowed. */
struct sessions_config {
	struct hub *hub;
	struct command_handler *handler;
	const struct transport_limits *limits;
};

/* The endpoint of a chat server. NULL: no memory. */
struct sessions *sessions_create(const struct sessions_config *);
void sessions_destroy(struct sessions *);
struct endpoint *sessions_endpoint(struct sessions *);

#endif
