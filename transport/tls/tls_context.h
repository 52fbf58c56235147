/* The certificates and settings of TLS: RFC 8446 and RFC 5246. Public. */
#ifndef TRANSPORT_TLS_CONTEXT_H
#define TRANSPORT_TLS_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

struct tls_context;

#define TLS_CERTIFICATES_MAX 8

struct tls_config {
	/* Files in PEM, separated by commas: certificates, each with its
	 * chain, and their private keys in the same order. The first one is
	 * the default; the others are chosen by the name that a client asks
	 * for (SNI). */
	const char *certificates;
	const char *keys;
	/* Clients need a certificate of these authorities; "": they need
	 * none. */
	const char *client_ca;
	bool only_1_3; /* else TLS 1.2, too */
};

/* Reads the files. NULL: `why` names the file and the problem. */
struct tls_context *tls_context_create(const struct tls_config *, char *why,
    size_t size);

/*
 * For tls_connect(): servers need a certificate of an authority in this file;
 * NULL: of one that the system trusts. NULL: as above.
 */
struct tls_context *tls_context_create_client(const char *ca_file, char *why,
    size_t size);

/* Connections keep a reference, so that it can be replaced at any time. */
struct tls_context *tls_context_ref(struct tls_context *);

/* Accepts NULL. */
void tls_context_unref(struct tls_context *);

#endif
