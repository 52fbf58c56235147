/* For the files conn*.c. */
#ifndef TRANSPORT_CONN_INTERNAL_H
#define TRANSPORT_CONN_INTERNAL_H

#include "transport/net/conn.h"

struct event;

static inline struct event *
conn_event(struct conn *conn)
{
	return (struct event *)(void *)conn->event;
}

/*
 * What its event waits for; see also conn_make_active(). False: no memory, and
 * it waits for nothing.
 */
bool conn_wait_for(struct conn *, bool reads, bool writes);

/* Input that goes on without the socket's makes its event active. */
void conn_make_active(struct conn *);

/* A deadline was added. 0: none was. */
void conn_watch_earlier(struct conn *, uint32_t due);

/* Its socket can be written to. */
void conn_on_writable(struct conn *);

/* The last byte is sent. */
void conn_flushed(struct conn *);

#endif
