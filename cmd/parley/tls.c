#include "cmd/parley/tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "transport/tls/tls_client.h"
#include "transport/tls/tls_error.h"

struct tls {
	SSL_CTX *context;
	bool insecure;
};

static void
error_explain(char *why, size_t size, const char *what)
{
	snprintf(why, size, "%s: %s", what, tls_error_take("not usable"));
}

static bool
certificates_load(struct tls *tls, const struct tls_config *config, char *why,
    size_t size)
{
	SSL_CTX *context = tls->context;

	if (config->insecure) {
		SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
		SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
		return true;
	}
	if (tls_client_trust(context, config->ca_file))
		return true;
	error_explain(why, size,
	    config->ca_file != NULL ? config->ca_file
				    : "the system's certificates");
	return false;
}

struct tls *
tls_create(const struct tls_config *config, char *why, size_t size)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (tls == NULL)
		goto no_memory;
	tls->insecure = config->insecure;
	tls->context = SSL_CTX_new(TLS_client_method());
	if (tls->context == NULL)
		goto free_tls;
	if (certificates_load(tls, config, why, size))
		return tls;
	tls_destroy(tls);
	return NULL;
free_tls:
	free(tls);
no_memory:
	error_explain(why, size, "TLS");
	return NULL;
}

void
tls_destroy(struct tls *tls)
{
	if (tls == NULL)
		return;
	SSL_CTX_free(tls->context);
	free(tls);
}

struct bufferevent *
tls_bufferevent(struct tls *tls, struct event_base *base, const char *host)
{
	SSL *ssl = SSL_new(tls->context);
	struct bufferevent *bufferevent;

	if (ssl == NULL)
		return NULL;
	if (!tls->insecure && !tls_client_expect(ssl, host))
		goto free_ssl;
	bufferevent = bufferevent_openssl_socket_new(base, -1, ssl,
	    BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE);
	if (bufferevent == NULL)
		goto free_ssl;
	/*
	 * Many peers close without close_notify; the close frame is what
	 * counts.
	 */
	bufferevent_openssl_set_allow_dirty_shutdown(bufferevent, 1);
	return bufferevent;
free_ssl:
	SSL_free(ssl);
	return NULL;
}

void
tls_failure(struct bufferevent *bufferevent, short what, char *why, size_t size)
{
	const char *text = what & BEV_EVENT_TIMEOUT ? "no response in time"
			   : what & BEV_EVENT_EOF   ? "connection reset"
						    : strerror(errno);
	SSL *ssl = bufferevent_openssl_get_ssl(bufferevent);
	unsigned long error = bufferevent_get_openssl_error(bufferevent);
	long verdict = ssl == NULL ? X509_V_OK : SSL_get_verify_result(ssl);
	const char *reason;

	if (ssl == NULL || error == 0) {
		snprintf(why, size, "%s", text);
		return;
	}
	reason = ERR_reason_error_string(error);
	if (verdict != X509_V_OK)
		reason = X509_verify_cert_error_string(verdict);
	snprintf(why, size, "TLS: %s", reason == NULL ? "failed" : reason);
}
