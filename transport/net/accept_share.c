#include "transport/net/accept_share.h"

#include <assert.h>
#include <string.h>

/*
 * Long, so that an address with one burst is preferred to one that connects
 * all the time.
 */
#define FADES_AFTER_MS 10000

void
accept_share_init(struct accept_share *share, const struct rate_limit *limit,
    uint64_t seed, int64_t now_ms)
{
	memset(share, 0, sizeof(*share));
	share->seed = seed;
	token_bucket_init(&share->bucket, limit, now_ms);
}

/* The finalizer of MurmurHash3. */
static uint64_t
address_hash_mix(uint64_t x)
{
	x = (x ^ x >> 33) * 0xff51afd7ed558ccdULL;
	x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53ULL;
	return x ^ x >> 33;
}

static void
count_fade(struct accept_count *count, int64_t now_ms)
{
	uint32_t elapsed = (uint32_t)now_ms - count->stamp_ms;

	count->stamp_ms = (uint32_t)now_ms;
	if (elapsed >= FADES_AFTER_MS)
		count->recent = 0;
	else
		count->recent -=
		    count->recent * (float)elapsed / FADES_AFTER_MS;
}

/*
 * The threshold grows with the root of the count, so that many addresses which
 * each count little leave tokens, too; so it is compared with the square of
 * the tokens. An address that takes the full rate alone has counted rate x 10 s
 * and leaves half of the bucket.
 */
static float
tokens_squared_needed(float recent, const struct rate_limit *limit)
{
	float half = (float)limit->burst * 0.5f;
	float most = (float)limit->rate * (FADES_AFTER_MS / 1000.0f);

	return recent / most * half * half;
}

static bool
share_take(struct accept_share *share, const struct rate_limit *limit,
    uint64_t key, int64_t now_ms, float part)
{
	struct accept_count *counts[ACCEPT_SHARE_ROWS];
	uint64_t hash = address_hash_mix(key ^ share->seed);
	float recent, tokens;

	if (limit->rate == 0)
		return true;
	assert(limit->burst > 0);
	for (int row = 0; row < ACCEPT_SHARE_ROWS; row++) {
		counts[row] = &share->cells[row][hash % ACCEPT_SHARE_CELLS];
		hash /= ACCEPT_SHARE_CELLS;
		count_fade(counts[row], now_ms);
	}
	recent = counts[0]->recent < counts[1]->recent ? counts[0]->recent
						       : counts[1]->recent;
	token_bucket_refill(&share->bucket, limit, now_ms);
	tokens = share->bucket.tokens * part;
	if (tokens < 1.0f ||
	    tokens * tokens <= tokens_squared_needed(recent, limit))
		return false;
	share->bucket.tokens -= 1.0f;
	/* Raises only what is too low: others in the cell are not charged. */
	for (int row = 0; row < ACCEPT_SHARE_ROWS; row++)
		if (counts[row]->recent < recent + 1.0f)
			counts[row]->recent = recent + 1.0f;
	return true;
}

bool
accept_share_take(struct accept_share *share, const struct rate_limit *limit,
    uint64_t key, int64_t now_ms)
{
	return share_take(share, limit, key, now_ms, 1.0f);
}

bool
accept_share_take_early(struct accept_share *share,
    const struct rate_limit *limit, uint64_t key, int64_t now_ms)
{
	return share_take(share, limit, key, now_ms, 0.5f);
}
