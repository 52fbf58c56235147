/* Answers of a hook that may be used again. Pure. */
#ifndef AUTH_HOOK_CACHE_H
#define AUTH_HOOK_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/hook_answer.h"
#include "auth/sha256.h"
#include "domain/base/id_map.h"
#include "domain/base/list.h"

/* Beyond it, the oldest answer is forgotten. */
#define HOOK_CACHE_MAX 4096

/* A hash of all that the hook got: credentials are not kept. */
struct hook_key {
	uint8_t bytes[SHA256_SIZE];
};

void hook_key_make(struct str request, struct hook_key *out);

struct hook_cache {
	struct id_map by_key;
	struct list all; /* oldest first */
};

void hook_cache_init(struct hook_cache *);
void hook_cache_fini(struct hook_cache *);

/* The answer for this key, if it still holds; NULL: ask. Good until the next
 * call. */
const struct hook_answer *hook_cache_find(struct hook_cache *,
    const struct hook_key *, int64_t now_ms);

/* Keeps the answer for its ttl_s; without memory it is not kept. */
void hook_cache_add(struct hook_cache *, const struct hook_key *,
    const struct hook_answer *, int64_t now_ms);

void hook_cache_clear(struct hook_cache *);

#endif
