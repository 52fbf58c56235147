/* A WebSocket server: listeners, the event loop, draining. Public. */
#ifndef TRANSPORT_SERVER_H
#define TRANSPORT_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/clock.h"
#include "transport/host.h"
#include "transport/limits.h"
#include "transport/net/address.h"

struct api;
struct dialect;
struct assets;
struct endpoint;
struct hook_questions;
struct hooks;
struct profile;
struct admission;
struct http_route;
struct server;
struct event_base;
struct tls_context;
struct trusted_proxies;

/* An address to listen on, and its dialect. */
struct server_listen {
	struct address address;
	int passed_fd; /* listens already, is taken over; 0: none */
	const struct dialect *dialect; /* NULL: the endpoint knows none */
	bool tls;
	bool proxy; /* connections begin with a PROXY header, before TLS */
};

/* Everything is borrowed and outlives the server. */
struct server_config {
	const struct server_listen *listen;
	size_t listen_count;
	const struct transport_limits *limits; /* may change between turns */
	struct endpoint *endpoint;
	struct clock *clock;
	struct admission *admission;      /* NULL: everyone, with all rights */
	const struct http_route *routes;  /* besides WebSockets; NULL: none */
	struct api *api;                  /* served before them; or NULL */
	struct hooks *hooks;              /* or NULL */
	struct hook_questions *questions; /* or NULL */
	const struct assets *assets;      /* served beside them; or NULL */
	const struct profile *profile;    /* for /version; or NULL */
	uint64_t seed;                    /* of random spreading */
	const struct host *host;
	struct tls_context *tls; /* NULL: no listener has it */
	/* May change between turns; NULL: none. */
	const struct trusted_proxies *proxies;
};

/* Binds all addresses. NULL: it was logged why not. */
struct server *server_create(const struct server_config *);

/* Visits the addresses that it listens on, with the ports that were chosen. */
typedef void server_visit_address(const struct server_listen *, void *arg);
void server_each_address(const struct server *, server_visit_address *,
    void *arg);

/*
 * Serves until SIGTERM or SIGINT and the drain that follows; a second one
 * ends it at once.
 */
void server_run(struct server *);

/* Ends connections that are still open. */
void server_destroy(struct server *);

/* The loop, for events of the program. */
struct event_base *server_event_base(struct server *);

/* Serves no more; server_run() returns with this turn. */
void server_stop(struct server *);

/* Limits were changed in place: updates the copies of them. */
void server_limits_changed(struct server *);

/* New connections use these certificates; open ones keep theirs. */
void server_set_tls(struct server *, struct tls_context *);

#endif
