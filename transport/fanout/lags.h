/*
 * What the subscriptions that lag were not sent. Few do at a time: so a
 * subscription has the number of its lag, and all share an array.
 */
#ifndef TRANSPORT_LAGS_H
#define TRANSPORT_LAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lag {
	uint64_t position; /* where it goes on in the channel's ring */
	uint64_t next;     /* the first message that it was not sent; 0: none */
	union {
		uint32_t waiting;   /* messages that it was not sent */
		uint32_t next_free; /* of those that are not used; 0: none */
	};
	bool missed_presence; /* more of it than is kept in the ring */
	bool is_lost;         /* the history no longer has `next` */
};

/* Zeroed: empty, without memory. */
struct lags {
	struct lag *items; /* the first one has the number 1 */
	size_t capacity;
	uint32_t begun; /* of the items: those behind never were used */
	uint32_t used;
	uint32_t first_free; /* a number; 0: none but those behind */
};

/* Begins one, zeroed. Returns its number; 0: no memory. */
uint32_t lags_begin(struct lags *);
void lags_end(struct lags *, uint32_t lag);

/* Valid until the next one begins. NULL for 0. */
static inline struct lag *
lags_find(const struct lags *lags, uint32_t lag)
{
	return lag == 0 ? NULL : &lags->items[lag - 1];
}

/* Releases the memory, unless some are used. Now and then. */
void lags_tidy(struct lags *);

#endif
