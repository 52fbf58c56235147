/*
 * Accepted sockets whose PROXY header is awaited. They are not connections
 * yet: which limits hold for them depends on the address in the header. No
 * byte behind the header is read, so that TLS may follow.
 */
#ifndef TRANSPORT_PROXY_WAIT_H
#define TRANSPORT_PROXY_WAIT_H

#include <stdbool.h>

#include "domain/base/list.h"
#include "transport/net/address.h"

struct loop;

struct proxy_wait_ops {
	/* The header is read; the client is at this host. */
	void (*arrived)(void *arg, int fd, const struct host_address *);
	/* Closes a socket because of this limit; NULL: none is to blame. */
	void (*refuse)(void *arg, int fd, const char *limit);
};

struct proxy_wait {
	struct loop *loop;
	const struct proxy_wait_ops *ops;
	void *arg;
	struct list sockets; /* oldest first; loop->proxy_wait_count counts */
};

void proxy_wait_init(struct proxy_wait *, struct loop *,
    const struct proxy_wait_ops *, void *arg);

/*
 * Waits for the header of a socket from this host. False: no memory, and the
 * socket is still the caller's.
 */
bool proxy_wait_add(struct proxy_wait *, int fd, const struct host_address *);

/* Refuses those whose header takes longer than limits.handshake_timeout. */
void proxy_wait_tick(struct proxy_wait *);

/* Refuses the one that has waited longest, see refuse(). False: none waits. */
bool proxy_wait_drop(struct proxy_wait *, const char *limit);

#endif
