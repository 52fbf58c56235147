/* What a client of TLS checks: the authority and the name of its server.
 * Public. */
#ifndef TRANSPORT_TLS_CLIENT_H
#define TRANSPORT_TLS_CLIENT_H

#include <stdbool.h>

#include <openssl/ssl.h>

/*
 * Requires TLS 1.2, and of servers a certificate of an authority in this file,
 * in PEM; NULL: of one that the system trusts. False: OpenSSL's queue of errors
 * has the reason.
 */
bool tls_client_trust(SSL_CTX *, const char *ca_file);

/*
 * Requires a certificate for this host, a name or an address, and tells the
 * server a name (SNI). False: no memory.
 */
bool tls_client_expect(SSL *, const char *host);

#endif
