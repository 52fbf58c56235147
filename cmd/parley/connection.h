/* One connection to a server, from its name to its end. */
#ifndef CMD_PARLEY_CONNECTION_H
#define CMD_PARLEY_CONNECTION_H

#include <stdbool.h>

#include "cmd/parley/url.h"
#include "domain/base/str.h"

struct event_base;
struct connection;
struct tls;

/* What ended a connection, or kept it from beginning. */
enum connection_fault {
	CONNECTION_UNREACHABLE, /* no such name, nobody there, not who it should
				   be */
	CONNECTION_REFUSED,     /* an answer, but no WebSocket */
	CONNECTION_BROKEN,      /* it was open, and broke or fell silent */
	CONNECTION_CLOSED,      /* the server closed it */
	CONNECTION_PROTOCOL     /* the server broke a rule of the protocol */
};

struct connection_end {
	enum connection_fault fault;
	unsigned code;  /* of the close frame, or the status of HTTP; or 0 */
	char text[256]; /* for people; what a server said is in it as it came */
};

/*
 * What happens. closed() comes once, and last; the link may be destroyed in
 * it, in the others not.
 */
struct connection_ops {
	void (*opened)(void *arg);
	void (*text)(void *arg, struct str); /* good for the call */
	void (*closed)(void *arg, const struct connection_end *);
	void (*alive)(void *arg); /* every now and then, while it is open */
};

/*
 * Begins to connect; what happens is told from the event loop only. tls is
 * for wss:// URLs. Looking a name up blocks. NULL: no memory.
 */
struct connection *connection_create(struct event_base *, const struct url *,
    struct tls *, const struct connection_ops *, void *arg);
/* Without a word to the server. */
void connection_destroy(struct connection *);

/* Sends a message; false: it is not open, or no memory. */
bool connection_send(struct connection *, struct str text);

/*
 * Says good-bye, waits a little for the answer, then closed() is told. To be
 * said once, to an open link.
 */
void connection_close(struct connection *);

#endif
