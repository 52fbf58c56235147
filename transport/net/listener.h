/* Accepts connections: a fair share from each address, no more than fit. */
#ifndef TRANSPORT_LISTENER_H
#define TRANSPORT_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/net/address.h"
#include "transport/net/proxy_wait.h"

struct accepted;
struct dialect;
struct event;
struct loop;

struct listener_ops {
	/*
	 * Takes an accepted socket, and the peer that it was counted for.
	 * False: no memory; the socket is closed, the peer is still counted.
	 */
	bool (*accept)(void *arg, const struct accepted *);
	/* Whether a request that begins so is a health check's. */
	bool (*is_probe)(struct str request);
};

struct listener {
	struct loop *loop;
	const struct listener_ops *ops;
	void *arg;
	struct event *event;
	struct address address;        /* with the port chosen by the kernel */
	const struct dialect *dialect; /* of its connections; NULL: none */
	bool expects_proxy; /* connections begin with a PROXY header */
	bool is_passed;     /* another program has opened the socket */
	struct proxy_wait proxy_wait;
	int fd;
	int spare_fd; /* closed for a moment when no other is left */
	bool paused;
	int64_t resume_ms;
	int64_t backoff_ms; /* the last pause; each is twice the one before */
};

/*
 * False: cannot listen there; it is logged. The caller may set expects_proxy
 * afterwards.
 */
bool listener_open(struct listener *, struct loop *, const struct address *,
    const struct dialect *, const struct listener_ops *, void *arg);

/*
 * The same with a socket that another program has opened and passed, and that
 * listens. It is closed in any case; a socket file stays.
 */
bool listener_adopt(struct listener *, struct loop *, int fd,
    const struct dialect *, const struct listener_ops *, void *arg);

void listener_close(struct listener *);

/* Accepts nothing, until it is released: clients wait in the kernel's queue. */
void listener_hold(struct listener *);
void listener_release(struct listener *);

/* Ends a pause when it is over; called with every tick of the wheel. */
void listener_tick(struct listener *);

#endif
