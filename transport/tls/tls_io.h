/* Bytes that travel under TLS: the second table of struct conn_io_ops. */
#ifndef TRANSPORT_TLS_IO_H
#define TRANSPORT_TLS_IO_H

#include <stdbool.h>

struct conn;
struct tls_context;

/*
 * From here on the connection, from which nothing was read yet, is under TLS;
 * its first read begins the handshake. False: no memory.
 */
bool tls_accept(struct conn *, struct tls_context *);

/*
 * The same for a socket that connects to a server, with a context of a client;
 * `host` is the name or address that its certificate must have. What is sent
 * before the end of the handshake waits for it. False: no memory, or the
 * connection failed.
 */
bool tls_connect(struct conn *, struct tls_context *, const char *host);

/*
 * Why the handshake with a server failed, a constant; NULL: it did not, or its
 * connection failed.
 */
const char *tls_connect_failure(const struct conn *);

#endif
