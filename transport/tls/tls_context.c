#include "transport/tls/tls_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "domain/base/str.h"
#include "transport/tls/tls_client.h"
#include "transport/tls/tls_error.h"

#define PATH_SIZE 1024

/* --- problems ------------------------------------------------------------- */

struct problem {
	char *text;
	size_t size;
};

/* Always false, to be returned. */
static bool
problem_report(struct problem *problem, const char *what, const char *path)
{
	snprintf(problem->text, problem->size, "%s %s: %s", what, path,
	    tls_error_take("not usable"));
	return false;
}

/* --- one certificate ------------------------------------------------------ */

/* HTTP/1.1 is all there is: RFC 7301. */
static int
alpn_cb(SSL *ssl, const unsigned char **out, unsigned char *out_len,
    const unsigned char *offers, unsigned len, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";

	(void)ssl;
	(void)arg;
	return SSL_select_next_proto((unsigned char **)(uintptr_t)out, out_len,
		   ours, sizeof(ours) - 1, offers,
		   len) == OPENSSL_NPN_NEGOTIATED
		   ? SSL_TLSEXT_ERR_OK
		   : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static void
certificate_set_options(SSL_CTX *certificate, const struct tls_config *config)
{
	SSL_CTX_set_min_proto_version(certificate,
	    config->only_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
	SSL_CTX_set_options(certificate,
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
		SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
	/* An idle connection holds no buffers. */
	SSL_CTX_set_mode(certificate, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(certificate, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(certificate, 1);
	SSL_CTX_set_session_id_context(certificate,
	    (const unsigned char *)"parley", 6);
	SSL_CTX_set_alpn_select_cb(certificate, alpn_cb, NULL);
}

static bool
certificate_require_clients(SSL_CTX *certificate, const char *path,
    struct problem *problem)
{
	if (SSL_CTX_load_verify_locations(certificate, path, NULL) != 1)
		return problem_report(problem, "authorities", path);
	SSL_CTX_set_client_CA_list(certificate, SSL_load_client_CA_file(path));
	SSL_CTX_set_verify(certificate,
	    SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return true;
}

static bool
certificate_load(SSL_CTX *certificate, const char *path, const char *key_path,
    struct problem *problem)
{
	if (SSL_CTX_use_certificate_chain_file(certificate, path) != 1)
		return problem_report(problem, "certificate", path);
	if (SSL_CTX_use_PrivateKey_file(certificate, key_path,
		SSL_FILETYPE_PEM) != 1)
		return problem_report(problem, "private key", key_path);
	if (SSL_CTX_check_private_key(certificate) != 1)
		return problem_report(problem, "private key", key_path);
	return true;
}

static bool
context_add(struct tls_context *context, const char *path, const char *key_path,
    const struct tls_config *config, struct problem *problem)
{
	SSL_CTX *certificate = SSL_CTX_new(TLS_server_method());

	if (certificate == NULL)
		return problem_report(problem, "certificate", path);
	context->certificates[context->count++] = certificate;
	certificate_set_options(certificate, config);
	tls_tickets_use(&context->tickets, certificate);
	return certificate_load(certificate, path, key_path, problem) &&
	       (config->client_ca[0] == '\0' ||
		   certificate_require_clients(certificate, config->client_ca,
		       problem));
}

/* --- all certificates ----------------------------------------------------- */

/* Takes the next path of a list; false: there is none, or it is too long. */
static bool
path_next(const char **list, char out[PATH_SIZE])
{
	size_t len;

	*list += strspn(*list, ", ");
	len = strcspn(*list, ",");
	if (len == 0 || len >= PATH_SIZE)
		return false;
	memcpy(out, *list, len);
	out[len] = '\0';
	*list += len;
	return true;
}

static bool
context_load(struct tls_context *context, const struct tls_config *config,
    struct problem *problem)
{
	const char *paths = config->certificates, *keys = config->keys;
	char path[PATH_SIZE], key_path[PATH_SIZE];

	while (path_next(&paths, path)) {
		if (context->count == TLS_CERTIFICATES_MAX) {
			snprintf(problem->text, problem->size,
			    "more than %d certificates", TLS_CERTIFICATES_MAX);
			return false;
		}
		if (!path_next(&keys, key_path)) {
			snprintf(problem->text, problem->size,
			    "certificate %s: there is no private key for it",
			    path);
			return false;
		}
		if (!context_add(context, path, key_path, config, problem))
			return false;
	}
	if (context->count == 0)
		snprintf(problem->text, problem->size, "no certificate");
	return context->count > 0;
}

/* Chooses the certificate by the name the client asks for. */
static int
server_name_cb(SSL *ssl, int *alert, void *arg)
{
	const struct tls_context *context = arg;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)alert;
	for (size_t i = 0; name != NULL && i < context->count; i++) {
		SSL_CTX *certificate = context->certificates[i];

		if (X509_check_host(SSL_CTX_get0_certificate(certificate), name,
			0, 0, NULL) == 1) {
			SSL_set_SSL_CTX(ssl, certificate);
			return SSL_TLSEXT_ERR_OK;
		}
	}
	return SSL_TLSEXT_ERR_NOACK;
}

struct tls_context *
tls_context_create(const struct tls_config *config, char *why, size_t size)
{
	struct tls_context *context = calloc(1, sizeof(*context));
	struct problem problem = { why, size };

	if (context == NULL) {
		snprintf(why, size, "no memory");
		return NULL;
	}
	context->references = 1;
	if (!context_load(context, config, &problem)) {
		tls_context_unref(context);
		return NULL;
	}
	SSL_CTX_set_tlsext_servername_callback(context->certificates[0],
	    server_name_cb);
	SSL_CTX_set_tlsext_servername_arg(context->certificates[0], context);
	return context;
}

struct tls_context *
tls_context_create_client(const char *ca_file, char *why, size_t size)
{
	struct tls_context *context = calloc(1, sizeof(*context));
	struct problem problem = { why, size };
	SSL_CTX *client = SSL_CTX_new(TLS_client_method());

	if (context == NULL || client == NULL) {
		snprintf(why, size, "no memory");
		SSL_CTX_free(client);
		free(context);
		return NULL;
	}
	context->references = 1;
	context->certificates[context->count++] = client;
	if (tls_client_trust(client, ca_file))
		return context;
	(void)problem_report(&problem, "authorities",
	    ca_file != NULL ? ca_file : "of the system");
	tls_context_unref(context);
	return NULL;
}

struct tls_context *
tls_context_ref(struct tls_context *context)
{
	context->references++;
	return context;
}

void
tls_context_unref(struct tls_context *context)
{
	if (context == NULL)
		return;
	assert(context->references > 0);
	if (--context->references > 0)
		return;
	for (size_t i = 0; i < context->count; i++)
		SSL_CTX_free(context->certificates[i]);
	OPENSSL_cleanse(&context->tickets, sizeof(context->tickets));
	free(context);
}
