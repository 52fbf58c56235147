#include "cmd/parleyd/options/broker_tls.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "transport/tls/tls_client.h"
#include "transport/tls/tls_error.h"

struct broker_tls {
	struct redis_tls tls;
	SSL_CTX *context;
	const char *fault; /* of the last certificate; NULL: none */
};

static struct broker_tls *
broker_tls_of(struct redis_tls *tls)
{
	return (struct broker_tls *)(void *)tls;
}

static int
certificate_checked_cb(int is_good, X509_STORE_CTX *store)
{
	SSL *session = X509_STORE_CTX_get_ex_data(store,
	    SSL_get_ex_data_X509_STORE_CTX_idx());
	struct broker_tls *tls = SSL_get_app_data(session);

	if (!is_good)
		tls->fault = X509_verify_cert_error_string(
		    X509_STORE_CTX_get_error(store));
	return is_good;
}

static SSL *
redis_session_open(struct redis_tls *redis_tls, const char *host)
{
	struct broker_tls *tls = broker_tls_of(redis_tls);
	SSL *session = SSL_new(tls->context);

	if (session == NULL)
		return NULL;
	SSL_set_app_data(session, tls);
	SSL_set_verify(session, SSL_VERIFY_PEER, certificate_checked_cb);
	if (tls_client_expect(session, host))
		return session;
	SSL_free(session);
	return NULL;
}

static void
tls_errors_clear(struct redis_tls *tls)
{
	(void)tls;
	ERR_clear_error();
}

static const char *
redis_session_why(struct redis_tls *redis_tls)
{
	struct broker_tls *tls = broker_tls_of(redis_tls);
	const char *fault = tls->fault, *reason = tls_error_take(NULL);

	tls->fault = NULL;
	return fault != NULL ? fault : reason;
}

static const struct redis_tls_ops broker_tls_ops = {
	.open = redis_session_open,
	.close = SSL_free,
	.errors_clear = tls_errors_clear,
	.why = redis_session_why,
};

/* False: the queue of errors has the reason; *what is the option. */
static bool
broker_context_load(SSL_CTX *context, const struct broker_options *options,
    const char **what)
{
	*what = "broker.ca";
	if (!tls_client_trust(context,
		options->ca[0] != '\0' ? options->ca : NULL))
		return false;
	if (options->certificate[0] == '\0')
		return true;
	*what = "broker.certificate";
	if (SSL_CTX_use_certificate_chain_file(context, options->certificate) !=
	    1)
		return false;
	*what = "broker.key";
	return SSL_CTX_use_PrivateKey_file(context, options->key,
		   SSL_FILETYPE_PEM) == 1 &&
	       SSL_CTX_check_private_key(context) == 1;
}

bool
broker_tls_create(const struct broker_options *options,
    const struct broker_targets *targets, struct redis_tls **out, char *why,
    size_t size)
{
	struct broker_tls *tls;
	const char *what = NULL;

	*out = NULL;
	if (!broker_targets_have_tls(targets))
		return true;
	ERR_clear_error();
	tls = calloc(1, sizeof(*tls));
	if (tls == NULL ||
	    (tls->context = SSL_CTX_new(TLS_client_method())) == NULL) {
		snprintf(why, size, "no memory");
		free(tls);
		return false;
	}
	tls->tls.ops = &broker_tls_ops;
	if (broker_context_load(tls->context, options, &what)) {
		*out = &tls->tls;
		return true;
	}
	snprintf(why, size, "%s: %s", what, tls_error_take("not usable"));
	broker_tls_destroy(&tls->tls);
	return false;
}

void
broker_tls_use(struct redis_tls *tls, struct redis_tls *other)
{
	SSL_CTX *context = broker_tls_of(other)->context;

	SSL_CTX_up_ref(context);
	SSL_CTX_free(broker_tls_of(tls)->context);
	broker_tls_of(tls)->context = context;
}

void
broker_tls_destroy(struct redis_tls *tls)
{
	if (tls == NULL)
		return;
	SSL_CTX_free(broker_tls_of(tls)->context);
	free(tls);
}
