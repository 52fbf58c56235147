/*
 * Whether threads that help to send save time. One that has begun a part and
 * does not get a processor costs the time in which the others wait for it. If
 * helpers cost more than they saved before, there are none for a multiple of
 * the difference: then they cost at most one part in so many of the time.
 */
#ifndef TRANSPORT_HELPER_BALANCE_H
#define TRANSPORT_HELPER_BALANCE_H

#include <stdbool.h>
#include <stdint.h>

/* What was saved counts up to this; later costs are taken from it. */
#define HELPER_SAVED_MOST_NS INT64_C(20000000)

#define HELPER_PAUSE_FACTOR 50
#define HELPER_PAUSE_MOST_NS INT64_C(10000000000)

/* Zeroed: nothing is known. Times are those of one clock that never stops. */
struct helper_balance {
	int64_t saved_ns;     /* 0 or more */
	int64_t pause_end_ns; /* 0: there is no pause */
	uint64_t paused_ns;   /* all pauses, that of now included */
};

/* Helpers saved so much in a task that ends now; negative: they cost it. */
void helper_balance_add(struct helper_balance *, int64_t saved_ns,
    int64_t now_ns);

bool helper_balance_pauses(const struct helper_balance *, int64_t now_ns);

#endif
