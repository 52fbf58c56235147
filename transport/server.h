/* A WebSocket server: listeners, the event loop, the way down. Public. */
#ifndef TRANSPORT_SERVER_H
#define TRANSPORT_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/clock.h"
#include "transport/limits.h"
#include "transport/net/address.h"

struct dialect;
struct assets;
struct endpoint;
struct chat_stats;
struct profile;
struct server_stats;
struct server;

/* Where to listen, and what is spoken there. */
struct server_listen {
	struct address address;
	const struct dialect *dialect; /* NULL: the endpoint knows none */
};

/* Everything is borrowed and outlives the server. */
struct server_config {
	const struct server_listen *listen;
	size_t listen_count;
	const struct transport_limits *limits; /* may change between turns */
	struct endpoint *endpoint;
	struct clock *clock;
	bool has_routes;               /* answer health checks, too */
	const struct assets *assets;   /* served beside them; or NULL */
	const struct profile *profile; /* told at /version; or NULL */
	uint64_t seed;                 /* of random spreading */
	/* Bytes that others hold for members; or NULL. */
	size_t (*held)(void *arg);
	/* What is told of the chat over plain HTTP; or NULL. */
	void (*figures)(struct chat_stats *, void *arg);
	/* Adds what only others know to what monitors are told; or NULL. */
	void (*report)(struct server_stats *, void *arg);
	/* SIGHUP came; or NULL. */
	void (*reload)(void *arg);
	/* The descriptor is readable: somebody has news for the loop. False:
	 * the server is to end at once. NULL: nobody ever has. */
	int news_fd;
	bool (*news)(void *arg);
	/* Why nothing can be stored, for health checks, or NULL: it can. NULL:
	 * there is nothing to be checked. */
	const char *(*trouble)(void *arg);
	/* Whether those who send are to wait for a moment; or NULL. */
	bool (*pressed)(void *arg);
	/* Whether there are answers that wait for something; or NULL. */
	bool (*waits)(void *arg);
	void *arg; /* of all these */
};

/* Binds all addresses. NULL: it was logged why not. */
struct server *server_create(const struct server_config *);

/*
 * Serves until SIGTERM or SIGINT and the drain that follows; a second one
 * ends it at once.
 */
void server_run(struct server *);

/* Ends what is still open. */
void server_destroy(struct server *);

/* Limits were changed in place: those that are copied are copied anew. */
void server_limits_changed(struct server *);

#endif
