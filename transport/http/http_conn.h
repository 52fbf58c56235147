/* A connection's first request: a health check, or the way in. */
#ifndef TRANSPORT_HTTP_CONN_H
#define TRANSPORT_HTTP_CONN_H

#include <stddef.h>

struct conn;

/*
 * Reads on in the request head, and answers it once it is whole. Returns how
 * many of these bytes it took: what is left, if the connection is a
 * WebSocket now, are frames.
 */
size_t http_conn_read(struct conn *, const char *data, size_t len);

/* The head took too long. */
void http_conn_time_out(struct conn *);

#endif
