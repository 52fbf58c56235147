#include "auth/password_hash.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

/* 32 MiB, 50 to 100 ms: what OWASP calls for, with a little more time. */
#define LOG_N_TODAY 15
#define R_TODAY 8
#define P_TODAY 1

#define LOG_N_LEAST 10
#define LOG_N_MOST 20
#define R_MOST 32
#define P_MOST 16
#define MEMORY_MOST ((uint64_t)256 << 20)
#define WORK_MOST (((uint64_t)64 << LOG_N_TODAY) * R_TODAY * P_TODAY)

/* What OpenSSL needs beside the large block. */
#define MEMORY_MARGIN ((uint64_t)1 << 20)

static uint64_t
hash_memory(const struct password_hash *hash)
{
	return ((uint64_t)128 << hash->log_n) * hash->r;
}

bool
password_hash_is_sound(const struct password_hash *hash)
{
	return hash->log_n >= LOG_N_LEAST && hash->log_n <= LOG_N_MOST &&
	       hash->r >= 1 && hash->r <= R_MOST && hash->p >= 1 &&
	       hash->p <= P_MOST && hash_memory(hash) <= MEMORY_MOST &&
	       ((uint64_t)hash->r * hash->p << hash->log_n) <= WORK_MOST;
}

static bool
hash_compute(const struct password_hash *hash, struct str password,
    uint8_t out[PASSWORD_HASH_SIZE])
{
	bool ok = EVP_PBE_scrypt(password.data, password.len, hash->salt,
		      sizeof(hash->salt), (uint64_t)1 << hash->log_n, hash->r,
		      hash->p, hash_memory(hash) + MEMORY_MARGIN, out,
		      PASSWORD_HASH_SIZE) == 1;

	ERR_clear_error();
	return ok;
}

bool
password_hash_compute(struct str password, struct password_hash *out)
{
	assert(password.len <= PASSWORD_BYTES_MAX);
	*out = password_hash_dummy();
	return RAND_bytes(out->salt, sizeof(out->salt)) == 1 &&
	       hash_compute(out, password, out->hash);
}

struct password_hash
password_hash_dummy(void)
{
	return (struct password_hash){
		.log_n = LOG_N_TODAY,
		.r = R_TODAY,
		.p = P_TODAY,
	};
}

enum password_result
password_compare(const struct password_hash *hash, struct str password)
{
	uint8_t computed[PASSWORD_HASH_SIZE];
	bool differs;

	assert(password_hash_is_sound(hash));
	assert(password.len <= PASSWORD_BYTES_MAX);
	if (!hash_compute(hash, password, computed))
		return PASSWORD_FAILED;
	differs = CRYPTO_memcmp(computed, hash->hash, sizeof(computed)) != 0;
	OPENSSL_cleanse(computed, sizeof(computed));
	return differs ? PASSWORD_DIFFERS : PASSWORD_MATCHES;
}
