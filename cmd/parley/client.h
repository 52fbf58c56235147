/*
 * A member of a chat that stays one: connects, comes back when the connection
 * is lost, reads what it missed, and says again what may not have arrived.
 */
#ifndef CMD_PARLEY_CLIENT_H
#define CMD_PARLEY_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/parley/client_dialect.h"
#include "cmd/parley/url.h"

struct client;
struct event_base;
struct tls;

/* As sysexits.h has them. */
enum client_status {
	CLIENT_DONE = 0,
	CLIENT_UNAVAILABLE = 69, /* cannot connect, or not get into the room */
	CLIENT_NO_MEMORY = 71,
	CLIENT_PROTOCOL = 76, /* one of us does not speak as it should */
	CLIENT_FORBIDDEN = 77 /* the server does not want us back */
};

struct client_ops {
	/*
	 * Something to show; each message once, in the order of the room.
	 * Texts are good for the call.
	 */
	void (*on_event)(void *arg, const struct server_event *);
	/* What was said here has been taken; or not, and won't be. NULL in a
	 * client that says nothing. */
	void (*on_posted)(void *arg, struct str text, bool taken);
	/* In the room, or in the lobby; `again` after having been lost. */
	void (*on_ready)(void *arg, bool again);
	/* The connection is lost; there will be another. */
	void (*on_lost)(void *arg, const char *why);
	/* It is over; the last call. The client is not to be destroyed yet. */
	void (*on_end)(void *arg, enum client_status, const char *why);
};

struct client_config {
	struct event_base *base;
	const struct client_dialect *dialect;
	struct url url;
	struct tls *tls;  /* outlives the client; for wss:// */
	struct str name;  /* absent: what the server gives */
	struct str room;  /* absent: none at first */
	struct str epoch; /* absent: `history` counts; else read on … */
	uint64_t seq;     /* … behind this message */
	uint64_t history; /* so many older messages at first */
	bool needs_room;  /* it is over if the room cannot be had */
	bool transient;   /* rooms it makes go with their last member */
	const struct client_ops *ops;
	void *arg;
};

/* A number that nobody can know. */
uint64_t client_random(void);

/* NULL: no memory. */
struct client *client_create(const struct client_config *);
void client_destroy(struct client *);

enum client_post_result {
	CLIENT_POSTED,      /* it is on its way, or will be */
	CLIENT_NOT_IN_ROOM, /* one has to be in a room first */
	CLIENT_TOO_LONG,    /* no server takes this */
	CLIENT_TOO_MANY     /* wait until some have been taken; or no memory */
};

enum client_post_result client_post(struct client *, struct str text);

/* How many of them are not taken yet. */
size_t client_unacknowledged(const struct client *);

enum client_request_result {
	CLIENT_REQUESTED,
	CLIENT_OFFLINE,
	CLIENT_UNSUPPORTED, /* the dialect has none for it */
	CLIENT_NO_ROOM /* it is about the room one is in, and there is none */
};

/* Anything but DEED_SAY. The room of a deed may be left out. */
enum client_request_result client_request(struct client *,
    const struct client_request *);

/* Says good-bye; over() follows, perhaps within the call. */
void client_end(struct client *);

/* Absent: none. Good until something is heard. */
struct str client_room(const struct client *);
bool client_is_online(const struct client *);

#endif
