/* What tls_context.c and tls_io.c share. */
#ifndef TRANSPORT_TLS_INTERNAL_H
#define TRANSPORT_TLS_INTERNAL_H

#include <openssl/ssl.h>

#include "transport/tls/tls_context.h"
#include "transport/tls/tls_tickets.h"

struct tls_context {
	unsigned references;
	size_t count;
	SSL_CTX *certificates[TLS_CERTIFICATES_MAX]; /* [0]: the default */
	struct tls_tickets tickets;
};

#endif
