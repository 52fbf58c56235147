/*
 * A fair share of new connections for each address. Pure.
 *
 * All addresses take from one bucket. An address may take a token only while
 * more are left than a threshold, which grows with the number it took recently.
 * So the bucket never empties for an address that connects rarely, whatever the
 * others do; addresses that want more than there is get equal shares; and one
 * address alone gets the full rate.
 *
 * Recent connections are counted in two hashed rows of fixed size, of which the
 * smaller count holds: an address is mistaken for a busy one only if it meets
 * busy ones in both. The seed keeps peers from choosing their cells.
 */
#ifndef TRANSPORT_ACCEPT_SHARE_H
#define TRANSPORT_ACCEPT_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "transport/limits.h"
#include "transport/net/token_bucket.h"

#define ACCEPT_SHARE_ROWS 2
#define ACCEPT_SHARE_CELLS 4096

struct accept_count {
	float recent;      /* connections, decaying over ten seconds */
	uint32_t stamp_ms; /* when `recent` was computed; wraps around */
};

struct accept_share {
	struct token_bucket bucket;
	uint64_t seed;
	struct accept_count cells[ACCEPT_SHARE_ROWS][ACCEPT_SHARE_CELLS];
};

void accept_share_init(struct accept_share *, const struct rate_limit *,
    uint64_t seed, int64_t now_ms);

/* Takes a token for the address with this key if its share allows it. */
bool accept_share_take(struct accept_share *, const struct rate_limit *,
    uint64_t key, int64_t now_ms);

/*
 * The same with half of the tokens out of reach: false for an address that
 * uses its whole share.
 */
bool accept_share_take_early(struct accept_share *, const struct rate_limit *,
    uint64_t key, int64_t now_ms);

#endif
