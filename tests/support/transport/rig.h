/*
 * Connections without a network: real ones at the server's end of socket
 * pairs, on a loop and a clock that only the test moves.
 */
#ifndef TESTS_SUPPORT_TRANSPORT_RIG_H
#define TESTS_SUPPORT_TRANSPORT_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/clock.h"
#include "transport/limits.h"
#include "transport/server.h"
#include "transport/worker.h"
#include "transport/ws/endpoint.h"
#include "transport/ws/ws_conn.h"

struct rig {
	struct clock clock;
	int64_t now_ms;
	struct transport_limits limits;
	const struct dialect *dialect; /* the listener of clients: command */
	struct host_ops host_ops;      /* nothing; to be changed */
	struct host host;
	struct worker worker;
};

/* Generous limits; change rig->limits before or after. */
void rig_init(struct rig *, struct endpoint *);
void rig_fini(struct rig *);

/* The input of one client, and its end of the socket pair. */
struct client {
	int fd;
	struct conn *conn; /* good while the server keeps it */
	char *data;        /* received, not yet taken */
	size_t len;
	size_t capacity;
	bool eof;
};

/* A new connection. sndbuf: the server's send buffer; 0: as it is. */
void client_connect(struct client *, struct rig *, int sndbuf);
/* The same over TCP: for what a socket pair does not do. */
void client_connect_tcp(struct client *, struct rig *);
void client_fini(struct client *);

void client_send(struct client *, const void *data, size_t len);
void client_send_text(struct client *, const char *text);

/* A masked frame. */
void client_send_frame(struct client *, uint8_t opcode, const void *data,
    size_t len);

/* An opening handshake for this path, its answer taken and checked. */
void client_open(struct client *, struct rig *, const char *path);

/* Read what there is. */
void client_receive(struct client *);

/* Takes the next unmasked frame if it is whole; data is good until the next. */
bool client_take_frame(struct client *, uint8_t *opcode, const char **data,
    size_t *len);

/*
 * Takes frames up to a close frame and returns its code, 1005 if it has none;
 * 0 if no close frame came.
 */
unsigned client_take_close(struct client *);

/* Whether the input begins with this. */
bool client_got(const struct client *, const char *text);

/* Loop turns until nothing happens any more. */
void rig_turn(struct rig *);

/* Time passes, with its ticks. */
void rig_pass(struct rig *, int64_t ms);

#endif
