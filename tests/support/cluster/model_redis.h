/*
 * A model of Redis: the scripts of cluster/broker.h on logs in memory. It is
 * compared with a real server by tests/cluster/test_broker_contract.c.
 */
#ifndef TESTS_MODEL_REDIS_H
#define TESTS_MODEL_REDIS_H

#include <stdbool.h>
#include <stdint.h>

#include "cluster/broker.h"

struct model_redis;

/* Strings with an owner. Zeroed at first. */
struct model_texts {
	struct str *at;
	size_t count;
	size_t capacity;
};

void model_texts_add(struct model_texts *, struct str);
void model_texts_copy(struct model_texts *, const struct str *, size_t count);
void model_texts_fini(struct model_texts *);

struct model_redis *model_redis_create(void);
void model_redis_destroy(struct model_redis *);

/* All logs and leases, as they are now. */
struct model_redis *model_redis_copy(const struct model_redis *);

/* Leases end by this time. */
void model_redis_set_now(struct model_redis *, int64_t now_ms);

/*
 * Carries out a script. The reply is added to; so is what is published to the
 * slot, which is nothing for most. False: an error.
 */
bool model_redis_run(struct model_redis *, enum broker_script, struct str slot,
    const struct str *args, size_t arg_count, struct model_texts *reply,
    struct model_texts *published);

/* A start after another one, perhaps with older data; or of the same model. */
void model_redis_restart(struct model_redis *,
    const struct model_redis *before);

/* Planted: an entry whose origin is known is appended again. */
void model_redis_forget_origins(struct model_redis *);

/* Whether no entry was lost since it was opened. */
bool model_redis_log_is_open(struct model_redis *, struct str log);

/* Whether it has the entry with this chain. */
bool model_redis_log_has(struct model_redis *, struct str log,
    struct str chain);

/* Removes what Redis may evict: a stream, a table, all keys. */
void model_redis_evict_stream(struct model_redis *, struct str log);
void model_redis_evict_table(struct model_redis *, struct str log);
void model_redis_flush(struct model_redis *);

/* How many logs there are, and the name of one. */
size_t model_redis_log_count(const struct model_redis *);
struct str model_redis_log_name(const struct model_redis *, size_t index);

/* The chain after a chain and an origin. */
void model_chain_next(char chain[17], struct str origin);

#endif
