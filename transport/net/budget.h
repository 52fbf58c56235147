/*
 * What one connection may cause: commands, bytes, and copies of its messages;
 * and what several connections may cause together: those of a user, or of an
 * address.
 *
 * Everything is charged after it was done, so a budget may be overdrawn by one
 * command. A connection that has overdrawn it is not read until it has
 * recovered; a connection that does so for longer than limits.patience has its
 * commands refused. Copies are an exception: there are as many as a room has
 * members, and not the client decides that. They only make it slower. Pure.
 */
#ifndef TRANSPORT_BUDGET_H
#define TRANSPORT_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/limits.h"

/* Bytes of copies are counted in KiB: a float cannot count a GiB one by one. */
#define BUDGET_COPIES_UNIT 1024.0f

struct budget {
	/* What is left; below 0, or below 1 command, it is exceeded. */
	float messages;
	float bytes;
	float copies; /* in BUDGET_COPIES_UNIT */
	/* Milliseconds; they wrap around. */
	uint32_t stamp;          /* when it was refilled */
	uint32_t exceeded_since; /* both are equal: it never was exceeded */
	uint32_t exceeded_until; /* the latest recovery from it */
};

void budget_init(struct budget *, const struct transport_limits *,
    int64_t now_ms);

/* For budget_update(). */
void budget_refill(struct budget *, const struct transport_limits *,
    int64_t now_ms);

/*
 * Adds what has accrued since the last time. Once for each message, before its
 * charges: what is charged later, for answers, is of the same time.
 */
static inline void
budget_update(struct budget *budget, const struct transport_limits *limits,
    int64_t now_ms)
{
	if (budget->stamp != (uint32_t)now_ms)
		budget_refill(budget, limits, now_ms);
}

static inline void
budget_charge_message(struct budget *budget,
    const struct transport_limits *limits)
{
	if (limits->messages.rate != 0)
		budget->messages -= 1.0f;
}

/* Bytes received, after inflation, and encoded. */
static inline void
budget_charge_bytes(struct budget *budget,
    const struct transport_limits *limits, size_t bytes)
{
	if (limits->bytes.rate != 0)
		budget->bytes -= (float)bytes;
}

/* Bytes times receivers. */
static inline void
budget_charge_copies(struct budget *budget,
    const struct transport_limits *limits, uint64_t bytes)
{
	if (limits->fanout.rate != 0)
		budget->copies -= (float)bytes / BUDGET_COPIES_UNIT;
}

/* True: the next command is within the budget. False: see budget_wait_ms(). */
static inline bool
budget_is_ample(const struct budget *budget)
{
	return budget->messages >= 1.0f && budget->bytes >= 0.0f &&
	       budget->copies >= 0.0f;
}

/*
 * How long until the next command is within the budget; 0: it is now. Else
 * *limit is the name of the limit that takes longest, unless it is NULL.
 */
int64_t budget_wait_ms(struct budget *, const struct transport_limits *,
    int64_t now_ms, const char **limit);

/* The same without copies: only for this a command may be refused. */
int64_t budget_refusal_ms(struct budget *, const struct transport_limits *,
    int64_t now_ms, const char **limit);

/*
 * As budget_wait_ms(); what might be refused counts as exceeding the budget.
 * That goes on without interruption as long as the next time begins within a
 * second of its end.
 */
int64_t budget_exceed(struct budget *, const struct transport_limits *,
    int64_t now_ms);

/* Whether the connection is slowed down; else its commands are refused. */
bool budget_has_patience(const struct budget *, const struct transport_limits *,
    int64_t now_ms);

/* --- of several connections ----------------------------------------------- */

/* Joins are counted here only: a single connection has its commands. */
struct budget_pool {
	struct budget budget;
	float joins;
	uint32_t
	    times;  /* it has so many times what one connection has; not 0 */
	float cost; /* what is charged counts so many times: 1 / times */
};

void budget_pool_init(struct budget_pool *, const struct transport_limits *,
    uint32_t times, int64_t now_ms);

/* Like budget_update(). */
void budget_pool_update(struct budget_pool *, const struct transport_limits *,
    int64_t now_ms);

static inline void
budget_pool_charge_message(struct budget_pool *pool,
    const struct transport_limits *limits)
{
	if (limits->messages.rate != 0)
		pool->budget.messages -= pool->cost;
}

static inline void
budget_pool_charge_bytes(struct budget_pool *pool,
    const struct transport_limits *limits, size_t bytes)
{
	if (limits->bytes.rate != 0)
		pool->budget.bytes -= (float)bytes * pool->cost;
}

static inline void
budget_pool_charge_copies(struct budget_pool *pool,
    const struct transport_limits *limits, uint64_t bytes)
{
	if (limits->fanout.rate != 0)
		pool->budget.copies -=
		    (float)bytes / BUDGET_COPIES_UNIT * pool->cost;
}

/* A room is joined or created. */
static inline void
budget_pool_charge_join(struct budget_pool *pool,
    const struct transport_limits *limits)
{
	if (limits->joins.rate != 0)
		pool->joins -= pool->cost;
}

static inline bool
budget_pool_is_ample(const struct budget_pool *pool)
{
	return budget_is_ample(&pool->budget) && pool->joins >= 0.0f;
}

/* Nothing would change if it began anew. */
bool budget_pool_is_full(const struct budget_pool *,
    const struct transport_limits *);

/* Like those of a budget; whether it has patience is asked of pool->budget. */
int64_t budget_pool_wait_ms(struct budget_pool *,
    const struct transport_limits *, int64_t now_ms, const char **limit);
int64_t budget_pool_refusal_ms(struct budget_pool *,
    const struct transport_limits *, int64_t now_ms, const char **limit);
int64_t budget_pool_exceed(struct budget_pool *,
    const struct transport_limits *, int64_t now_ms);

#endif
