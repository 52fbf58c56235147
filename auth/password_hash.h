/* Hashes of passwords: scrypt (RFC 7914). Public. */
#ifndef AUTH_PASSWORD_HASH_H
#define AUTH_PASSWORD_HASH_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/base/str.h"

#define PASSWORD_SALT_SIZE 16
#define PASSWORD_HASH_SIZE 32
/* Bytes; more are refused before they are hashed. */
#define PASSWORD_BYTES_MAX 1024

/* N = 2^log_n; the memory is 128 * N * r bytes. */
struct password_hash {
	uint32_t log_n;
	uint32_t r;
	uint32_t p;
	uint8_t salt[PASSWORD_SALT_SIZE];
	uint8_t hash[PASSWORD_HASH_SIZE];
};

/*
 * Whether the parameters are sound: a hash takes at most 256 MiB, and at most
 * 64 times as long as one with the parameters of today.
 */
bool password_hash_is_sound(const struct password_hash *);

/* Hashes a new password, with a random salt and the parameters of today. False:
 * no memory, or no random numbers. */
bool password_hash_compute(struct str password, struct password_hash *out);

/*
 * A hash with the parameters of today that no password has: to spend as much
 * time on a user who does not exist.
 */
struct password_hash password_hash_dummy(void);

enum password_result {
	PASSWORD_MATCHES,
	PASSWORD_DIFFERS,
	PASSWORD_FAILED /* no memory */
};

/* Compares in constant time. Takes tens of milliseconds; on any thread. */
enum password_result password_compare(const struct password_hash *,
    struct str password);

#endif
