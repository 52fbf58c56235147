/* Events that outlive the call. */
#ifndef DOMAIN_EVENT_COPY_H
#define DOMAIN_EVENT_COPY_H

#include "domain/event.h"

/*
 * A copy of an event and of all that it points to, in one block of `*bytes`;
 * to be freed with free(). NULL: no memory.
 */
struct event *event_copy(const struct event *, size_t *bytes);

#endif
