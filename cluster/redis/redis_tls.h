/*
 * TLS to Redis, by hiredis_ssl, which hiredis has since 1.0. The caller makes
 * the sessions. Public.
 */
#ifndef CLUSTER_REDIS_TLS_H
#define CLUSTER_REDIS_TLS_H

#include <stdbool.h>

struct redisContext;
struct redis_tls;
struct ssl_st;

struct redis_tls_ops {
	/* A session of OpenSSL, which expects this name or address of its
	 * server. NULL: no memory. */
	struct ssl_st *(*open)(struct redis_tls *, const char *host);
	void (*close)(struct ssl_st *);
	/* Forgets the errors of other sessions; before each call. */
	void (*errors_clear)(struct redis_tls *);
	/* Why the last call has failed; NULL: not because of TLS. */
	const char *(*why)(struct redis_tls *);
};

struct redis_tls {
	const struct redis_tls_ops *ops;
};

/* Of a connection that has just been made, or is under way. */
bool redis_tls_begin(struct redis_tls *, struct redisContext *,
    const char *host);

#endif
