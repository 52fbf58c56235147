#include "transport/net/budget.h"

#include <assert.h>

#include "transport/net/wheel.h"

/* After this time within the budget, patience starts anew. */
#define RECOVERED_MS 1000

/*
 * A pause ends with a tick of the wheel. A burst smaller than what accrues
 * until then would lower the rate.
 */
static float
message_burst(const struct transport_limits *limits)
{
	uint32_t least = limits->messages.rate / (1000 / WHEEL_TICK_MS) * 2;
	uint32_t burst = limits->messages.burst;

	if (limits->patience_ms > 0 && burst < least)
		burst = least;
	return burst > 0 ? (float)burst : 1.0f;
}

static float
copies_burst(const struct transport_limits *limits)
{
	return (float)limits->fanout.burst / BUDGET_COPIES_UNIT;
}

void
budget_init(struct budget *budget, const struct transport_limits *limits,
    int64_t now_ms)
{
	*budget = (struct budget){
		.messages = message_burst(limits),
		.bytes = (float)limits->bytes.burst,
		.copies = copies_burst(limits),
		.stamp = (uint32_t)now_ms,
	};
}

static void
bucket_refill(float *left, float rate, float burst, uint32_t elapsed_ms)
{
	*left += (float)elapsed_ms * rate / 1000.0f;
	if (*left > burst)
		*left = burst;
}

void
budget_refill(struct budget *budget, const struct transport_limits *limits,
    int64_t now_ms)
{
	uint32_t elapsed_ms = (uint32_t)now_ms - budget->stamp;

	budget->stamp = (uint32_t)now_ms;
	bucket_refill(&budget->messages, (float)limits->messages.rate,
	    message_burst(limits), elapsed_ms);
	bucket_refill(&budget->bytes, (float)limits->bytes.rate,
	    (float)limits->bytes.burst, elapsed_ms);
	bucket_refill(&budget->copies,
	    (float)limits->fanout.rate / BUDGET_COPIES_UNIT,
	    copies_burst(limits), elapsed_ms);
}

/* How long until `least` is left. */
static int64_t
refill_wait_ms(float left, float least, float rate)
{
	if (rate == 0.0f || left >= least)
		return 0;
	return (int64_t)((least - left) * 1000.0f / rate) + 1;
}

/* Takes the longer wait, and the name of its limit. */
static void
wait_extend(int64_t *longest, const char **limit, int64_t wait_ms,
    const char *name)
{
	if (wait_ms <= *longest)
		return;
	*longest = wait_ms;
	if (limit != NULL)
		*limit = name;
}

int64_t
budget_refusal_ms(struct budget *budget, const struct transport_limits *limits,
    int64_t now_ms, const char **limit)
{
	int64_t longest = 0;

	budget_update(budget, limits, now_ms);
	wait_extend(&longest, limit,
	    refill_wait_ms(budget->messages, 1.0f,
		(float)limits->messages.rate),
	    "limits.messages");
	wait_extend(&longest, limit,
	    refill_wait_ms(budget->bytes, 0.0f, (float)limits->bytes.rate),
	    "limits.bytes");
	return longest;
}

int64_t
budget_wait_ms(struct budget *budget, const struct transport_limits *limits,
    int64_t now_ms, const char **limit)
{
	int64_t longest = budget_refusal_ms(budget, limits, now_ms, limit);

	wait_extend(&longest, limit,
	    refill_wait_ms(budget->copies, 0.0f,
		(float)limits->fanout.rate / BUDGET_COPIES_UNIT),
	    "limits.fanout");
	return longest;
}

/* Whether it is exceeded, or was until a moment ago. */
static bool
budget_is_exceeded(const struct budget *budget, uint32_t now)
{
	return budget->exceeded_since != budget->exceeded_until &&
	       (int32_t)(now - budget->exceeded_until) <= RECOVERED_MS;
}

static void
budget_note_wait(struct budget *budget, int64_t wait_ms, int64_t now_ms)
{
	uint32_t now = (uint32_t)now_ms;

	if (wait_ms == 0)
		return;
	if (!budget_is_exceeded(budget, now))
		budget->exceeded_since = now;
	budget->exceeded_until = now + (uint32_t)wait_ms;
}

int64_t
budget_exceed(struct budget *budget, const struct transport_limits *limits,
    int64_t now_ms)
{
	budget_note_wait(budget,
	    budget_refusal_ms(budget, limits, now_ms, NULL), now_ms);
	return budget_wait_ms(budget, limits, now_ms, NULL);
}

bool
budget_has_patience(const struct budget *budget,
    const struct transport_limits *limits, int64_t now_ms)
{
	uint32_t now = (uint32_t)now_ms;

	if (limits->patience_ms == 0)
		return false;
	return !budget_is_exceeded(budget, now) ||
	       (int64_t)(now - budget->exceeded_since) < limits->patience_ms;
}

/* --- of several connections ----------------------------------------------- */

void
budget_pool_init(struct budget_pool *pool,
    const struct transport_limits *limits, uint32_t times, int64_t now_ms)
{
	assert(times > 0);
	budget_init(&pool->budget, limits, now_ms);
	pool->joins = (float)limits->joins.burst;
	pool->times = times;
	pool->cost = 1.0f / (float)times;
}

void
budget_pool_update(struct budget_pool *pool,
    const struct transport_limits *limits, int64_t now_ms)
{
	uint32_t elapsed_ms = (uint32_t)now_ms - pool->budget.stamp;

	if (elapsed_ms == 0)
		return;
	bucket_refill(&pool->joins, (float)limits->joins.rate,
	    (float)limits->joins.burst, elapsed_ms);
	budget_refill(&pool->budget, limits, now_ms);
}

static bool
bucket_is_full(float left, uint32_t rate, float burst)
{
	return rate == 0 || left >= burst;
}

bool
budget_pool_is_full(const struct budget_pool *pool,
    const struct transport_limits *limits)
{
	const struct budget *budget = &pool->budget;

	return bucket_is_full(budget->messages, limits->messages.rate,
		   message_burst(limits)) &&
	       bucket_is_full(budget->bytes, limits->bytes.rate,
		   (float)limits->bytes.burst) &&
	       bucket_is_full(budget->copies, limits->fanout.rate,
		   copies_burst(limits)) &&
	       bucket_is_full(pool->joins, limits->joins.rate,
		   (float)limits->joins.burst);
}

static void
joins_extend(const struct budget_pool *pool,
    const struct transport_limits *limits, int64_t *longest, const char **limit)
{
	wait_extend(longest, limit,
	    refill_wait_ms(pool->joins, 0.0f, (float)limits->joins.rate),
	    "limits.joins");
}

int64_t
budget_pool_refusal_ms(struct budget_pool *pool,
    const struct transport_limits *limits, int64_t now_ms, const char **limit)
{
	int64_t longest;

	budget_pool_update(pool, limits, now_ms);
	longest = budget_refusal_ms(&pool->budget, limits, now_ms, limit);
	joins_extend(pool, limits, &longest, limit);
	return longest;
}

int64_t
budget_pool_wait_ms(struct budget_pool *pool,
    const struct transport_limits *limits, int64_t now_ms, const char **limit)
{
	int64_t longest;

	budget_pool_update(pool, limits, now_ms);
	longest = budget_wait_ms(&pool->budget, limits, now_ms, limit);
	joins_extend(pool, limits, &longest, limit);
	return longest;
}

int64_t
budget_pool_exceed(struct budget_pool *pool,
    const struct transport_limits *limits, int64_t now_ms)
{
	budget_note_wait(&pool->budget,
	    budget_pool_refusal_ms(pool, limits, now_ms, NULL), now_ms);
	return budget_pool_wait_ms(pool, limits, now_ms, NULL);
}
