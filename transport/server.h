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
struct packer;
struct profile;
struct admission;
struct http_route;
struct server;
struct event_base;
struct tls_context;
struct trusted_proxies;
struct unpacker;

/* An address to listen on, and its dialect. */
struct server_listen {
	struct address address;
	int passed_fd; /* listens already, is taken over; 0: none */
	bool has_file; /* and its socket file is removed at the end */
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

/*
 * A user has so many connections here, of those everywhere: it gets that part
 * of its rates. With 0 here, all of them.
 */
void server_share_user(struct server *, struct str user_id, size_t here,
    size_t everywhere);

/* Limits were changed in place: updates the copies of them. */
void server_limits_changed(struct server *);

/* New connections use these certificates; open ones keep theirs. */
void server_set_tls(struct server *, struct tls_context *);

/* --- for another process: host_ops.turn_end ------------------------------- */

/* It is on its way out: nothing can be handed over any more. */
bool server_is_draining(const struct server *);

/*
 * Connections that another process cannot go on with leave within drain.window,
 * and listeners under TLS accept no others; or accept them again.
 */
void server_drain_unmovable(struct server *);
void server_accept_again(struct server *);

/* How many of them there are. */
size_t server_count_unmovable(const struct server *);

/* Sends what is to be sent, in the middle of a turn. */
void server_end_turn(struct server *);

/* What it listens on: as configured, and the socket. */
typedef void server_visit_listener(const struct server_listen *, int fd,
    void *arg);
void server_each_listener(const struct server *, server_visit_listener *,
    void *arg);

/* All sockets of connections. */
size_t server_count_connections(const struct server *);

/*
 * The connections, for server_unpack() of another process, which goes on with
 * them: this one must not serve again unless that fails. `sockets` has room for
 * all; returns how many there are.
 */
size_t server_pack(struct server *, struct packer *, int *sockets);

/*
 * Into a server without connections, before server_run(). Takes the sockets in
 * any case. False: no such bytes, or no memory.
 */
bool server_unpack(struct server *, struct unpacker *, const int *sockets,
    size_t count);

#endif
