/* Accepts connections: a fair share from each address, no more than fit. */
#ifndef TRANSPORT_LISTENER_H
#define TRANSPORT_LISTENER_H

#include <stdbool.h>

#include "transport/net/address.h"

struct accepted;
struct dialect;
struct event;
struct worker;

struct listener {
	struct worker *service;
	struct event *event;
	struct address address; /* with the port that was really chosen */
	const struct dialect *dialect; /* spoken here; NULL: none */
	int fd;
	int spare_fd; /* given up for a moment when there are no more */
	bool paused;
	int64_t resume_ms;
	int64_t backoff_ms; /* the last pause, doubled each time */
};

/* False: the address cannot be had; it is logged. */
bool listener_open(struct listener *, struct worker *, const struct address *,
    const struct dialect *);
void listener_close(struct listener *);

/* After a pause; called with every tick of the wheel. */
void listener_tick(struct listener *);

/*
 * For the accept queue: make a connection of it, or reset it because of this
 * limit; NULL: no limit is to blame.
 */
void listener_admit(const struct accepted *);
void listener_refuse(const struct accepted *, const char *limit);

#endif
