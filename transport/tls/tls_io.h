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

#endif
