/* Accepts connections: politely, and no more than there is room for. */
#ifndef TRANSPORT_LISTENER_H
#define TRANSPORT_LISTENER_H

#include <stdbool.h>

#include "transport/net/address.h"
#include "transport/net/token_bucket.h"

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
	struct token_bucket accepts;
	bool paused;
	int64_t resume_ms;
	int64_t backoff_ms;    /* the last pause, doubled each time */
	int64_t complained_ms; /* when the log was last told */
};

/* False: the address cannot be had; it is logged. */
bool listener_open(struct listener *, struct worker *, const struct address *,
    const struct dialect *);
void listener_close(struct listener *);

/* After a pause; called with every tick of the wheel. */
void listener_tick(struct listener *);

#endif
