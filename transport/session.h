/* A connection that speaks a dialect and is a member of the chat. Public. */
#ifndef TRANSPORT_SESSION_H
#define TRANSPORT_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "domain/command.h"
#include "domain/id_source.h"
#include "transport/fanout/burst_limit.h"
#include "transport/limits.h"
#include "transport/ws/endpoint.h"
#include "wire/dialect.h"

struct channel;
struct conn;
struct hub;
struct sessions;

/* Where in a channel a session sits. */
struct subscription {
	struct channel *channel;
	uint32_t index;
};

struct session {
	struct conn *conn;
	const struct dialect *dialect;
	/* of the hub: the rooms, the first one (the lobby) without memory */
	struct subscription first;
	struct subscription *more;
	uint32_t place_count;
	uint32_t more_capacity;
	/* of the turn: what is for this session alone */
	struct session *next_apart;
	uint32_t apart_turn; /* is on the list of the turn with this number */
	uint32_t own_first;
	uint32_t own_last;
	uint32_t own_bytes; /* of those frames */
	/* its own */
	struct burst_limiter pacer;
	uint32_t refused_since; /* the first of these refusals, a wheel tick */
	uint16_t refused;
	uint8_t variant; /* which channels it sits in */
	uint8_t stage;   /* enum wire_stage, as of the last message */
	/* As long as the dialect's ids are; empty until it is attached. */
	char member_id[];
};

static inline struct str
session_member(const struct session *session)
{
	return str_from(session->member_id);
}

static inline struct subscription *
session_place(struct session *session, uint32_t i)
{
	return i == 0 ? &session->first : &session->more[i - 1];
}

/* Whom sessions talk to; everything is borrowed. */
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
