/*
 * A chat client that reconnects: after a lost connection it rejoins its rooms,
 * fetches missed messages and sends unacknowledged ones again. In dialects that
 * resume it can be in several rooms, of which one is the current one.
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

/* Exit statuses of sysexits.h. */
enum client_status {
	CLIENT_DONE = 0,
	CLIENT_UNAVAILABLE = 69, /* cannot connect or join the room */
	CLIENT_NO_MEMORY = 71,
	CLIENT_PROTOCOL = 76, /* protocol violation */
	CLIENT_FORBIDDEN = 77 /* refused for good */
};

struct client_ops {
	/*
	 * An event to show; messages come once, in the order of the room.
	 * Texts are valid during the call.
	 */
	void (*on_event)(void *arg, const struct server_event *);
	/*
	 * A posted message was acknowledged, or failed for good. NULL in a
	 * client that posts nothing.
	 */
	void (*on_posted)(void *arg, struct str text, bool taken);
	/* In the room or the lobby; `again`: after a reconnect. */
	void (*on_ready)(void *arg, bool again);
	/* The connection is lost; the client reconnects. */
	void (*on_lost)(void *arg, const char *why);
	/* The last call: the client has ended. Do not destroy it within. */
	void (*on_end)(void *arg, enum client_status, const char *why);
};

struct client_config {
	struct event_base *base;
	const struct client_dialect *dialect;
	struct url url;
	struct tls *tls;   /* for wss://; outlives the client */
	const char *token; /* NULL: none; outlives the client */
	struct str name;   /* absent: the server chooses */
	struct str room;   /* absent: none */
	struct str epoch;  /* absent: `history` applies; else resume */
	uint64_t seq;      /* the last message read, if epoch is set */
	uint64_t history;  /* number of older messages to show */
	bool needs_room;   /* end if the room cannot be joined */
	bool transient;    /* created rooms are not persistent */
	const struct client_ops *ops;
	void *arg;
};

/* NULL: no memory. */
struct client *client_create(const struct client_config *);
void client_destroy(struct client *);

enum client_post_result {
	CLIENT_POSTED,      /* queued or sent */
	CLIENT_NOT_IN_ROOM, /* join a room first */
	CLIENT_TOO_LONG,    /* longer than a server accepts */
	CLIENT_TOO_MANY     /* the queue is full, or no memory */
};

enum client_post_result client_post(struct client *, struct str text);

/*
 * Posts JSON, in a dialect that shares files, to a room that may be another
 * one; absent: to the lobby.
 */
enum client_post_result client_post_json(struct client *, struct str room,
    struct str json);

/* Number of posted messages without an acknowledgement. */
size_t client_unacknowledged(const struct client *);

enum client_request_result {
	CLIENT_REQUESTED,
	CLIENT_OFFLINE,
	CLIENT_UNSUPPORTED, /* not in this dialect */
	CLIENT_NO_ROOM      /* needs a room, and none is joined */
};

/*
 * Any request except REQUEST_POST. Its room defaults to the current one. A join
 * of a joined room makes it the current one: SERVER_SWITCHED.
 */
enum client_request_result client_request(struct client *,
    const struct client_request *);

/* Closes the connection; on_end() follows, possibly within the call. */
void client_end(struct client *);

/* The current one. Absent: none. Valid until the next event. */
struct str client_room(const struct client *);
bool client_is_online(const struct client *);

#endif
