/* A connection's first request: a health check, or the way in. */
#ifndef TRANSPORT_OPENING_H
#define TRANSPORT_OPENING_H

#include <stdbool.h>

struct conn;

/*
 * Reads what there is of the request head and answers it once it is whole.
 * True: the connection is a WebSocket now, and what is left of its input are
 * frames.
 */
bool opening_read(struct conn *);

/* The head took too long. */
void opening_time_out(struct conn *);

#endif
