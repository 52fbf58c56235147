/* One connection to a server, from its name to its end. */
#ifndef CMD_PARLEY_LINK_H
#define CMD_PARLEY_LINK_H

#include <stdbool.h>

#include "cmd/parley/url.h"
#include "domain/base/str.h"

struct event_base;
struct link;
struct tls;

/* What ended a connection, or kept it from beginning. */
enum link_fault {
	LINK_UNREACHABLE, /* no such name, nobody there, not who it should be */
	LINK_REFUSED,     /* an answer, but no WebSocket */
	LINK_BROKEN,      /* it was open, and broke or fell silent */
	LINK_CLOSED,      /* the server closed it */
	LINK_PROTOCOL     /* the server broke a rule of the protocol */
};

struct link_end {
	enum link_fault fault;
	unsigned code;  /* of the close frame, or the status of HTTP; or 0 */
	char text[256]; /* for people; what a server said is in it as it came */
};

/*
 * What happens. closed() comes once, and last; the link may be destroyed in
 * it, in the others not.
 */
struct link_ops {
	void (*opened)(void *arg);
	void (*text)(void *arg, struct str); /* good for the call */
	void (*closed)(void *arg, const struct link_end *);
	void (*alive)(void *arg); /* every now and then, while it is open */
};

/*
 * Begins to connect; what happens is told from the event loop only. tls is
 * for wss:// URLs. Looking a name up blocks. NULL: no memory.
 */
struct link *link_create(struct event_base *, const struct url *, struct tls *,
    const struct link_ops *, void *arg);
/* Without a word to the server. */
void link_destroy(struct link *);

/* Sends a message; false: it is not open, or no memory. */
bool link_send(struct link *, struct str text);

/*
 * Says good-bye, waits a little for the answer, then closed() is told. To be
 * said once, to an open link.
 */
void link_close(struct link *);

#endif
