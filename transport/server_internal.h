/* For the files of the server only. */
#ifndef TRANSPORT_SERVER_INTERNAL_H
#define TRANSPORT_SERVER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/net/listener.h"
#include "transport/server.h"
#include "transport/worker.h"

#define SIGNALS 4

struct server_listener {
	struct listener listener;
	struct server *server;
	struct address configured;
	bool tls;
};

struct server {
	struct worker worker;
	struct server_config config;
	struct tls_context *tls; /* a reference; NULL: none */
	struct server_listener *listeners;
	size_t listener_count;
	int tick_fd; /* -1: none */
	struct event *tick;
	struct event *signals[SIGNALS];
	struct event *reload; /* activated by SIGHUP */
	struct event *store_event;
	struct event *files_event;
	struct event *admission_event;
	bool stopped;
	int64_t drain_since_ms; /* -1: not draining */
	int64_t batch_wait_ns;  /* for each send: how long to wait for input */
};

/* --- server.c ------------------------------------------------------------- */

void server_begin_draining(struct server *);

/* --- server_events.c ------------------------------------------------------ */

/* Signals, ticks, and descriptors of others. False: they cannot be watched. */
bool server_add_events(struct server *);
void server_remove_events(struct server *);

/* --- server_listeners.c --------------------------------------------------- */

/* False: one of them cannot be opened; that is logged. */
bool server_open_listeners(struct server *);
void server_close_listeners(struct server *);

/* Those that accept connections with TLS accept none until it is over. */
void server_hold_tls_listeners(struct server *);

#endif
