#include "transport/tls/tls_client.h"

#include <arpa/inet.h>

#include <openssl/x509v3.h>

bool
tls_client_trust(SSL_CTX *context, const char *ca_file)
{
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	if (ca_file != NULL)
		return SSL_CTX_load_verify_file(context, ca_file) == 1;
	return SSL_CTX_set_default_verify_paths(context) == 1;
}

/* SNI carries names, never addresses (RFC 6066 §3). */
bool
tls_client_expect(SSL *ssl, const char *host)
{
	struct in6_addr address;

	if (inet_pton(AF_INET, host, &address) == 1 ||
	    inet_pton(AF_INET6, host, &address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl),
			   host) == 1;
	return SSL_set1_host(ssl, host) == 1 &&
	       SSL_set_tlsext_host_name(ssl, host) == 1;
}
