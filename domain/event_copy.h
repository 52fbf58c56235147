/* Events that outlive the call. */
#ifndef DOMAIN_EVENT_COPY_H
#define DOMAIN_EVENT_COPY_H

#include "domain/event.h"

/* How many bytes an event takes, with all that it points to. */
size_t event_size(const struct event *);

/* Copies all of that to a place for so many bytes, aligned for anything. */
struct event *event_copy(const struct event *, void *at);

#endif
