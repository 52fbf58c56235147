/* For the files conn*.c. */
#ifndef TRANSPORT_CONN_INTERNAL_H
#define TRANSPORT_CONN_INTERNAL_H

#include <event2/util.h>

#include "transport/net/conn.h"

struct event;

static inline struct event *
conn_readable(struct conn *conn)
{
	return (struct event *)(void *)conn->readable;
}

/* The callback of that event. */
void conn_readable_cb(evutil_socket_t, short what, void *conn);

/* The last byte is sent. */
void conn_flushed(struct conn *);

#endif
