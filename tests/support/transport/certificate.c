#include "tests/support/transport/certificate.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static FILE *
file_make(char path[64])
{
	int fd;

	snprintf(path, 64, "/tmp/parley-test-XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	return fdopen(fd, "w");
}

static X509 *
certificate_sign(EVP_PKEY *key)
{
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);
	X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL,
	    NID_subject_alt_name, "DNS:localhost");

	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_set_version(certificate, X509_VERSION_3);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(certificate, name);
	X509_add_ext(certificate, names, -1);
	X509_EXTENSION_free(names);
	X509_set_pubkey(certificate, key);
	ck_assert_int_gt(X509_sign(certificate, key, EVP_sha256()), 0);
	return certificate;
}

void
certificate_make(struct certificate *out)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = certificate_sign(key);
	FILE *file = file_make(out->path);
	FILE *key_file = file_make(out->key_path);

	ck_assert_int_eq(PEM_write_X509(file, certificate), 1);
	ck_assert_int_eq(PEM_write_PrivateKey(key_file, key, NULL, NULL, 0,
			     NULL, NULL),
	    1);
	fclose(file);
	fclose(key_file);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

void
certificate_remove(const struct certificate *certificate)
{
	unlink(certificate->path);
	unlink(certificate->key_path);
}
