/* What the parts of a connection know of each other; not for anybody else. */
#ifndef TRANSPORT_CONN_INTERNAL_H
#define TRANSPORT_CONN_INTERNAL_H

#include <stdint.h>

#include "transport/net/conn.h"
#include "transport/worker.h"

/* The present moment, in ticks of the wheel. */
static inline uint32_t
conn_now(const struct conn *conn)
{
	return conn->service->wheel.now;
}

/* conn.c: what follows from the states. */
/* To be freed with this turn; the session is gone already. */
void conn_die(struct conn *);
/* The same, and what the kernel holds is thrown away. */
void conn_die_hard(struct conn *);
/* Behind our close frame nothing waits any longer to be sent. */
void conn_all_is_sent(struct conn *);

/* conn_input.c: there is something to read. */
void conn_on_readable(struct conn *);
/* Read whatever comes; read nothing until then. */
void conn_hear(struct conn *);
void conn_pause(struct conn *);

/* conn_deadlines.c: a moment that is waited for has changed. */
void conn_watch(struct conn *);

#endif
