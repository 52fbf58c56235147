/* How often log-ins may be tried: by one address, and of one user. Pure. */
#ifndef AUTH_LOGIN_LIMITS_H
#define AUTH_LOGIN_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/base/str.h"

/*
 * Keys share sets of a fixed table. If a set is full, the key that has used
 * least of its limit gives way, so a flood of keys does not lift a limit that
 * is used up.
 */
#define LOGIN_LIMITS_SETS 512
#define LOGIN_LIMITS_WAYS 8

struct login_limit {
	uint64_t key;      /* 0: free */
	float used;        /* attempts, less what has been forgotten since */
	uint32_t stamp_ms; /* when; wraps around */
};

struct login_limits {
	uint32_t per_minute; /* at once, too; 0: no limit */
	uint64_t seed[2];
	struct login_limit table[LOGIN_LIMITS_SETS][LOGIN_LIMITS_WAYS];
};

void login_limits_init(struct login_limits *, const uint64_t seed[2]);

uint64_t login_limits_address_key(const struct login_limits *,
    uint64_t address);
uint64_t login_limits_user_key(const struct login_limits *, struct str name);

/* Counts an attempt and returns 0, or returns how long to wait for one. */
int64_t login_limits_take(struct login_limits *, uint64_t key, int64_t now_ms);

/* Counts an attempt that was made elsewhere. */
void login_limits_note(struct login_limits *, uint64_t key, int64_t now_ms);

/* The attempt was good: it does not count. */
void login_limits_give_back(struct login_limits *, uint64_t key,
    int64_t now_ms);

#endif
