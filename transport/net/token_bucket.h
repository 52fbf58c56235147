/* How often something may happen: a bucket of tokens. Pure. */
#ifndef TRANSPORT_TOKEN_BUCKET_H
#define TRANSPORT_TOKEN_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "transport/limits.h"

/* Eight bytes, as every connection has several. */
struct token_bucket {
	float tokens;
	uint32_t stamp_ms; /* when they were counted; wraps around */
};

static inline void
token_bucket_init(struct token_bucket *bucket, const struct rate_limit *limit,
    int64_t now_ms)
{
	bucket->tokens = (float)limit->burst;
	bucket->stamp_ms = (uint32_t)now_ms;
}

static inline void
token_bucket_refill(struct token_bucket *bucket, const struct rate_limit *limit,
    int64_t now_ms)
{
	uint32_t elapsed = (uint32_t)now_ms - bucket->stamp_ms;
	float most = limit->burst > 0 ? (float)limit->burst : 1.0f;

	if (elapsed == 0)
		return;
	bucket->stamp_ms = (uint32_t)now_ms;
	bucket->tokens += (float)elapsed * (float)limit->rate / 1000.0f;
	if (bucket->tokens > most)
		bucket->tokens = most;
}

/* Take n tokens if they are there. Without a rate everything is allowed. */
static inline bool
token_bucket_take(struct token_bucket *bucket, const struct rate_limit *limit,
    int64_t now_ms, uint32_t n)
{
	if (limit->rate == 0)
		return true;
	token_bucket_refill(bucket, limit, now_ms);
	if (bucket->tokens < (float)n)
		return false;
	bucket->tokens -= (float)n;
	return true;
}

/*
 * Take n tokens that are already spent, below nothing if need be; returns
 * how long to wait until the debt is paid.
 */
static inline int64_t
token_bucket_charge(struct token_bucket *bucket, const struct rate_limit *limit,
    int64_t now_ms, uint32_t n)
{
	if (limit->rate == 0)
		return 0;
	token_bucket_refill(bucket, limit, now_ms);
	bucket->tokens -= (float)n;
	if (bucket->tokens >= 0.0f)
		return 0;
	return (int64_t)(-bucket->tokens * 1000.0f / (float)limit->rate) + 1;
}

/* How long until n tokens are there. */
static inline int64_t
token_bucket_wait_ms(const struct token_bucket *bucket,
    const struct rate_limit *limit, uint32_t n)
{
	if (limit->rate == 0 || bucket->tokens >= (float)n)
		return 0;
	return (int64_t)(((float)n - bucket->tokens) * 1000.0f /
			 (float)limit->rate) +
	       1;
}

#endif
