/* Certificates of tls.certificate: key, chain, names, time. */
#include <stdio.h>
#include <string.h>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "cmd/parleyd/doctor/checks.h"
#include "transport/tls/tls_error.h"

#define EXPIRES_SOON_DAYS 21

/* --- parts ---------------------------------------------------------------- */

static void
certificate_expiry_check(struct findings *findings, const char *path,
    const X509 *leaf)
{
	int days = 0, seconds = 0;

	if (X509_cmp_current_time(X509_get0_notBefore(leaf)) > 0) {
		finding_add(findings, FINDING_ERROR, "%s is not valid yet",
		    path);
		finding_set_remedy(findings, "check the clock");
	}
	ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(leaf));
	if (days < 0 || seconds < 0) {
		finding_add(findings, FINDING_ERROR, "%s has expired", path);
		finding_set_remedy(findings,
		    "renew it, then systemctl reload parleyd");
	} else if (days < EXPIRES_SOON_DAYS) {
		finding_add(findings, FINDING_WARNING, "%s expires in %d days",
		    path, days);
		finding_set_remedy(findings,
		    "renew it, then systemctl reload parleyd");
	} else
		finding_add(findings, FINDING_OK, "%s is valid for %d days",
		    path, days);
}

/* As a client does that knows the authorities of this system. */
static void
certificate_chain_check(struct findings *findings, const char *path, X509 *leaf,
    STACK_OF(X509) * chain)
{
	X509_STORE *known = X509_STORE_new();
	X509_STORE_CTX *check = X509_STORE_CTX_new();
	int fault = X509_V_ERR_OUT_OF_MEM;

	if (known != NULL && check != NULL &&
	    X509_STORE_set_default_paths(known) == 1 &&
	    X509_STORE_CTX_init(check, known, leaf, chain) == 1) {
		/* Reported on its own. */
		X509_STORE_CTX_set_flags(check, X509_V_FLAG_NO_CHECK_TIME);
		X509_STORE_CTX_set_purpose(check, X509_PURPOSE_SSL_SERVER);
		X509_verify_cert(check);
		fault = X509_STORE_CTX_get_error(check);
	}
	if (fault != X509_V_OK) {
		finding_add(findings, FINDING_WARNING,
		    "%s: browsers will refuse it: %s", path,
		    X509_verify_cert_error_string(fault));
		finding_set_remedy(findings,
		    "append the intermediate certificates of its authority to "
		    "the file; or let clients know the authority");
	}
	X509_STORE_CTX_free(check);
	X509_STORE_free(known);
}

static void
certificate_names_check(struct findings *findings, const char *path,
    const X509 *leaf)
{
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	char text[256] = "";
	size_t used = 0;
	int count = names == NULL ? 0 : sk_GENERAL_NAME_num(names);

	for (int i = 0; i < count; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		const char *dns;

		if (name->type != GEN_DNS)
			continue;
		dns = (const char *)ASN1_STRING_get0_data(name->d.dNSName);
		if (used + strlen(dns) + 3 > sizeof(text))
			break;
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		    "%s%s", used > 0 ? ", " : "", dns);
	}
	if (count == 0) {
		finding_add(findings, FINDING_WARNING,
		    "%s has no subjectAltName: browsers will refuse it", path);
		finding_set_remedy(findings, "a certificate with its names");
	} else if (text[0] != '\0')
		finding_add(findings, FINDING_OK, "%s is for %s", path, text);
	GENERAL_NAMES_free(names);
}

/* --- a certificate -------------------------------------------------------- */

static void
certificate_check(struct findings *findings, const char *path,
    const char *key_path)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	STACK_OF(X509) *chain = NULL;
	X509 *leaf;

	if (context == NULL)
		return;
	if (SSL_CTX_use_certificate_chain_file(context, path) != 1) {
		finding_add(findings, FINDING_ERROR, "%s: %s", path,
		    tls_error_take("not usable"));
		finding_set_remedy(findings,
		    "a PEM file: the certificate, then its chain");
		SSL_CTX_free(context);
		return;
	}
	/* A key of another kind has a place without a certificate. */
	leaf = SSL_CTX_get0_certificate(context);
	SSL_CTX_get0_chain_certs(context, &chain);
	if (SSL_CTX_use_PrivateKey_file(context, key_path, SSL_FILETYPE_PEM) !=
		1 ||
	    SSL_CTX_check_private_key(context) != 1) {
		finding_add(findings, FINDING_ERROR,
		    "%s is not the key of %s: %s", key_path, path,
		    tls_error_take("not usable"));
		finding_set_remedy(findings,
		    "tls.key has the keys in the order of tls.certificate");
	}
	certificate_expiry_check(findings, path, leaf);
	certificate_chain_check(findings, path, leaf, chain);
	certificate_names_check(findings, path, leaf);
	SSL_CTX_free(context);
}

void
check_certificates(struct doctor *doctor)
{
	const char *certificates = doctor->options->tls.certificate;
	const char *keys = doctor->options->tls.key;
	char path[TLS_PATHS_SIZE], key_path[TLS_PATHS_SIZE];

	while (path_list_take(&certificates, path)) {
		if (!path_list_take(&keys, key_path)) {
			finding_add(&doctor->findings, FINDING_ERROR,
			    "%s has no key in tls.key", path);
			return;
		}
		certificate_check(&doctor->findings, path, key_path);
	}
}
