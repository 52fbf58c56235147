/* One WebSocket connection to a server, from name resolution to close. */
#ifndef CMD_PARLEY_CONNECTION_H
#define CMD_PARLEY_CONNECTION_H

#include <stdbool.h>

#include "cmd/parley/url.h"
#include "domain/base/str.h"

struct event_base;
struct connection;
struct tls;

/* Why a connection ended or could not be opened. */
enum connection_fault {
	CONNECTION_UNREACHABLE, /* name, TCP or certificate failure */
	CONNECTION_REFUSED,     /* an HTTP answer other than 101 */
	CONNECTION_BROKEN,      /* lost, or timed out, after it was open */
	CONNECTION_CLOSED,      /* closed by the server */
	CONNECTION_PROTOCOL     /* protocol violation of the server */
};

struct connection_end {
	enum connection_fault fault;
	unsigned code; /* of the close frame, or the HTTP status, or 0 */
	char
	    text[256]; /* for people; contains text of the server as received */
};

/*
 * closed() is the last call; only there may the connection be destroyed.
 */
struct connection_ops {
	void (*opened)(void *arg);
	void (*text)(void *arg, struct str); /* valid during the call */
	void (*closed)(void *arg, const struct connection_end *);
	void (*alive)(void *arg); /* periodically while open */
};

/*
 * Starts to connect; callbacks come from the event loop only. tls is for
 * wss:// URLs. The token may be NULL; it is borrowed. Name resolution blocks.
 * NULL: no memory.
 */
struct connection *connection_create(struct event_base *, const struct url *,
    struct tls *, const char *token, const struct connection_ops *, void *arg);
/* Without a close handshake. */
void connection_destroy(struct connection *);

/* Sends a message; false: not open, or no memory. */
bool connection_send(struct connection *, struct str text);

/*
 * Starts the close handshake of an open connection, once; closed() follows.
 */
void connection_close(struct connection *);

#endif
