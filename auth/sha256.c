/*
 * With the functions of OpenSSL 1.1. Those of OpenSSL 3 look the algorithm up
 * for each digest, which takes four times as long.
 */
#define OPENSSL_API_COMPAT 0x10101000L

#include "auth/sha256.h"

#include <openssl/sha.h>

void
sha256(struct str text, uint8_t out[SHA256_SIZE])
{
	SHA256_CTX context;

	SHA256_Init(&context);
	SHA256_Update(&context, text.data, text.len);
	SHA256_Final(out, &context);
}
