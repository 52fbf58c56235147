/*
 * The events of a connection that hiredis keeps. Its own adapter for libevent
 * takes four more system calls for a command and its answer: it waits until
 * the socket is writable, and adds each event anew.
 */
#ifndef CLUSTER_REDIS_EVENTS_H
#define CLUSTER_REDIS_EVENTS_H

#include <event2/event.h>
#include <hiredis/async.h>
#include <stdbool.h>

struct redis_tls;

/* Until the connection is freed; NULL: without TLS. False: no memory. */
bool redis_events_attach(redisAsyncContext *, struct event_base *,
    struct redis_tls *);

#endif
