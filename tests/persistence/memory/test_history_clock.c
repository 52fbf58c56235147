/* A clock that jumps makes no message too old. */
#include "domain/clock.h"
#include "persistence/stores.h"
#include "tests/suite.h"

#define NOW INT64_C(1000000)
#define HOUR 3600000
#define TRUST 600000

static int64_t wall_ms, monotonic_ms;
static struct stores stores;

static int64_t
fake_wall_ms(struct clock *clock)
{
	(void)clock;
	return wall_ms;
}

static int64_t
fake_monotonic_ms(struct clock *clock)
{
	(void)clock;
	return monotonic_ms;
}

static const struct clock_ops clock_ops = { fake_wall_ms, fake_monotonic_ms };
static struct clock fake_clock = { &clock_ops };
static const struct history_limits limits = { .age_ms = HOUR };
static const struct store_options options = { .clock_trust_ms = TRUST };
static const struct stores_config config = { .kind = "memory",
	.limits = &limits,
	.options = &options,
	.clock = &fake_clock };

static void
setup(void)
{
	struct message message = { .at_ms = NOW,
		.author = STR("Alice"),
		.author_id = STR("a1"),
		.body = STR("1"),
		.key = STR("k") };

	wall_ms = NOW;
	monotonic_ms = 0;
	ck_assert_int_eq(stores_open(&stores, &config), STORES_OPEN);
	ck_assert_int_eq(history_open(stores.history, STR("red"), 0, true),
	    CHAT_OK);
	ck_assert_int_eq(history_append(stores.history, STR("red"), &message),
	    CHAT_OK);
}

static void
teardown(void)
{
	stores_close(&stores);
}

static void
clocks_pass(int64_t wall, int64_t monotonic)
{
	wall_ms += wall;
	monotonic_ms += monotonic;
	history_expire(stores.history, wall_ms);
}

static bool
message_is_there(void)
{
	struct message found = { 0 };
	struct history_span span;
	bool is_found = history_find_key(stores.history, STR("red"), STR("k"),
	    wall_ms, &found);

	ck_assert_int_eq(history_span(stores.history, STR("red"), wall_ms,
			     &span),
	    CHAT_OK);
	ck_assert_int_eq(is_found, span.first == 1);
	return is_found;
}

START_TEST(messages_survive_a_jump_in_memory_too)
{
	clocks_pass(2 * HOUR, 1000);
	ck_assert(message_is_there());
	ck_assert_int_eq(history_trusted_ms(stores.history, wall_ms),
	    NOW + 1000);
	/* It was set right again. */
	clocks_pass(-2 * HOUR, 1000);
	ck_assert(message_is_there());
	ck_assert_int_eq(history_trusted_ms(stores.history, wall_ms), wall_ms);
}
END_TEST

START_TEST(a_new_time_is_trusted_after_a_while)
{
	clocks_pass(2 * HOUR, 0);
	clocks_pass(TRUST, TRUST);
	ck_assert(!message_is_there());
	ck_assert_int_eq(history_trusted_ms(stores.history, wall_ms), wall_ms);
}
END_TEST

START_TEST(messages_grow_old_without_a_jump)
{
	clocks_pass(HOUR - 1, HOUR - 1);
	ck_assert(message_is_there());
	clocks_pass(1, 1);
	ck_assert(!message_is_there());
}
END_TEST

SUITE(history_clock)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, messages_survive_a_jump_in_memory_too);
	tcase_add_test(tests, a_new_time_is_trusted_after_a_while);
	tcase_add_test(tests, messages_grow_old_without_a_jump);
}
