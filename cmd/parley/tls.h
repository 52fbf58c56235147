/* TLS for wss://, by OpenSSL. */
#ifndef CMD_PARLEY_TLS_H
#define CMD_PARLEY_TLS_H

#include <stdbool.h>
#include <stddef.h>

struct bufferevent;
struct event_base;
struct tls;

struct tls_config {
	bool insecure;       /* accept any certificate */
	const char *ca_file; /* trusted instead of the system's; or NULL */
};

/*
 * The shared TLS context. NULL: `why` describes the error, for example that
 * ca_file cannot be read.
 */
struct tls *tls_create(const struct tls_config *, char *why, size_t size);
void tls_destroy(struct tls *);

/*
 * A bufferevent without a socket that verifies the certificate of the host (a
 * name or an address) before it sends anything. NULL: no memory.
 */
struct bufferevent *tls_bufferevent(struct tls *, struct event_base *,
    const char *host);

/* Why this event (BEV_EVENT_…) ended a bufferevent, with TLS or without. */
void tls_failure(struct bufferevent *, short what, char *why, size_t size);

#endif
