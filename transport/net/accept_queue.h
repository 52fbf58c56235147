/*
 * Accepted sockets that wait until the share of their address allows them in.
 *
 * They wait here and not in the kernel's backlog, which has one order for all:
 * the address of a connection is known only once it is accepted. Those whose
 * request has arrived are served before silent ones, and the newest before the
 * old, whose peer has probably given up. Health checks have a small
 * rate of their own, for an address that is flooded by others behind it.
 */
#ifndef TRANSPORT_ACCEPT_QUEUE_H
#define TRANSPORT_ACCEPT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/list.h"
#include "domain/base/str.h"
#include "transport/net/accept_share.h"
#include "transport/net/address.h"

struct event;
struct event_base;
struct listener;
struct peer;

struct accepted;

struct accept_ops {
	/* Makes a connection of it. */
	void (*admit)(const struct accepted *);
	/* Resets it because of this limit; NULL: no limit is to blame. */
	void (*refuse)(const struct accepted *, const char *limit);
	/* Whether a request begins like a health check's. */
	bool (*is_probe)(const struct accepted *, struct str request);
};

struct accepted {
	const struct accept_ops *ops;
	struct listener *listener;
	struct host_address from;
	struct peer *peer; /* counted there; NULL: not counted */
	int fd;
};

struct accept_queue {
	struct accept_share share;
	struct token_bucket probes;
	const struct rate_limit *limit;
	const int64_t *now_ms;
	struct list waiting; /* newest first */
	size_t count;
	struct event *timer; /* runs while some wait */
};

/* False: no memory; accept_queue_fini() is called for in any case. */
bool accept_queue_init(struct accept_queue *, struct event_base *,
    const struct rate_limit *, const int64_t *now_ms, uint64_t seed);

/* Before the event base is freed; nothing may wait any more. */
void accept_queue_fini(struct accept_queue *);

/*
 * Admits the socket now, or keeps it until its share allows
 * it. False: no memory, and the socket is still the caller's.
 */
bool accept_queue_add(struct accept_queue *, const struct accepted *);

/* Admits those that wait as their shares allow it. */
void accept_queue_serve(struct accept_queue *);

/* Admits all of them, whatever their shares are. */
void accept_queue_admit_all(struct accept_queue *);

/* Resets one that has waited long. False: none waits. */
bool accept_queue_drop(struct accept_queue *);

/* Resets all of this listener. */
void accept_queue_drop_all(struct accept_queue *, const struct listener *);

#endif
