/* TLS for wss://, by OpenSSL. */
#ifndef CMD_PARLEY_TLS_H
#define CMD_PARLEY_TLS_H

#include <stdbool.h>
#include <stddef.h>

struct bufferevent;
struct event_base;
struct tls;

struct tls_config {
	bool insecure;       /* whoever answers is believed */
	const char *ca_file; /* trust these instead of the system's; or NULL */
};

/*
 * What connections share. NULL: why says why, for example that ca_file
 * cannot be read.
 */
struct tls *tls_create(const struct tls_config *, char *why, size_t size);
void tls_destroy(struct tls *);

/*
 * A bufferevent without a socket that will prove that it talks to the host
 * (a name or an address) before anything is sent. NULL: no memory.
 */
struct bufferevent *tls_bufferevent(struct tls *, struct event_base *,
    const char *host);

/* Why a bufferevent of ours failed; false: it was not for TLS. */
bool tls_failure(struct bufferevent *, char *why, size_t size);

#endif
