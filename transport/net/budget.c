#include "transport/net/budget.h"

#include "transport/net/wheel.h"

#define FANOUT_UNIT 1024

/* Within the budget for so long: the next wait is a new beginning. */
#define RECOVERED_MS 1000

/* A burst of 1 GiB in bytes is more than a float can count one by one. */
static struct rate_limit
fanout_limit(const struct transport_limits *limits)
{
	struct rate_limit limit = {
		.rate = limits->fanout.rate / FANOUT_UNIT,
		.burst = limits->fanout.burst / FANOUT_UNIT,
	};

	if (limits->fanout.rate > 0 && limit.rate == 0)
		limit.rate = 1;
	return limit;
}

/*
 * A pause ends with a tick of the wheel. A smaller burst than what comes in
 * until then would lower the rate.
 */
static struct rate_limit
message_limit(const struct transport_limits *limits)
{
	struct rate_limit limit = limits->messages;
	uint32_t least = limit.rate / (1000 / WHEEL_TICK_MS) * 2;

	if (limits->patience_ms > 0 && limit.burst < least)
		limit.burst = least;
	return limit;
}

void
budget_init(struct budget *budget, const struct transport_limits *limits,
    int64_t now_ms)
{
	struct rate_limit messages = message_limit(limits);
	struct rate_limit fanout = fanout_limit(limits);

	*budget = (struct budget){ .is_exceeded = false };
	token_bucket_init(&budget->messages, &messages, now_ms);
	token_bucket_init(&budget->bytes, &limits->bytes, now_ms);
	token_bucket_init(&budget->fanout, &fanout, now_ms);
}

void
budget_charge_message(struct budget *budget,
    const struct transport_limits *limits, int64_t now_ms)
{
	struct rate_limit limit = message_limit(limits);

	token_bucket_charge(&budget->messages, &limit, now_ms, 1);
}

void
budget_charge_bytes(struct budget *budget,
    const struct transport_limits *limits, int64_t now_ms, size_t bytes)
{
	uint32_t charged = bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;

	token_bucket_charge(&budget->bytes, &limits->bytes, now_ms, charged);
}

void
budget_charge_fanout(struct budget *budget,
    const struct transport_limits *limits, int64_t now_ms, uint64_t bytes)
{
	struct rate_limit limit = fanout_limit(limits);
	uint64_t units = (bytes + FANOUT_UNIT - 1) / FANOUT_UNIT;

	token_bucket_charge(&budget->fanout, &limit, now_ms,
	    units < UINT32_MAX ? (uint32_t)units : UINT32_MAX);
}

static int64_t
max_wait(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int64_t
budget_wait_ms(struct budget *budget, const struct transport_limits *limits,
    int64_t now_ms)
{
	struct rate_limit messages = message_limit(limits);
	struct rate_limit fanout = fanout_limit(limits);
	int64_t wait;

	token_bucket_refill(&budget->messages, &messages, now_ms);
	token_bucket_refill(&budget->bytes, &limits->bytes, now_ms);
	token_bucket_refill(&budget->fanout, &fanout, now_ms);
	wait = token_bucket_wait_ms(&budget->messages, &messages, 1);
	wait = max_wait(wait,
	    token_bucket_wait_ms(&budget->bytes, &limits->bytes, 0));
	return max_wait(wait,
	    token_bucket_wait_ms(&budget->fanout, &fanout, 0));
}

int64_t
budget_exceed(struct budget *budget, const struct transport_limits *limits,
    int64_t now_ms)
{
	int64_t wait = budget_wait_ms(budget, limits, now_ms);
	uint32_t now = (uint32_t)now_ms;

	if (wait == 0)
		return 0;
	if (!budget->is_exceeded ||
	    (int32_t)(now - budget->exceeded_until) > RECOVERED_MS)
		budget->exceeded_since = now;
	budget->exceeded_until = now + (uint32_t)wait;
	budget->is_exceeded = true;
	return wait;
}

bool
budget_has_patience(const struct budget *budget,
    const struct transport_limits *limits, int64_t now_ms)
{
	uint32_t now = (uint32_t)now_ms;

	if (limits->patience_ms == 0)
		return false;
	return !budget->is_exceeded ||
	       (int32_t)(now - budget->exceeded_until) > RECOVERED_MS ||
	       (int64_t)(now - budget->exceeded_since) < limits->patience_ms;
}
