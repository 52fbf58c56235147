#include "transport/net/wheel.h"

#include <string.h>

#include "tests/suite.h"

#define NODES 64

struct fixture {
	struct wheel wheel;
	struct wheel_node nodes[NODES];
	uint32_t fired_at[NODES]; /* 0: not yet */
	int fired;
	struct wheel_node *cancel; /* what the next firing cancels */
};

static void
fixture_init(struct fixture *fixture)
{
	memset(fixture, 0, sizeof(*fixture));
	wheel_init(&fixture->wheel);
}

static void
node_note(struct wheel_node *node, void *arg)
{
	struct fixture *fixture = arg;

	fixture->fired_at[node - fixture->nodes] = fixture->wheel.now;
	fixture->fired++;
	if (fixture->cancel != NULL)
		wheel_cancel(fixture->cancel);
	fixture->cancel = NULL;
}

static void
fixture_advance(struct fixture *fixture, uint32_t now)
{
	wheel_advance(&fixture->wheel, now, node_note, fixture);
}

START_TEST(fires_at_its_tick_and_not_before)
{
	struct fixture f;

	fixture_init(&f);
	wheel_schedule(&f.wheel, &f.nodes[0], 5);
	fixture_advance(&f, 4);
	ck_assert_int_eq(f.fired, 0);
	fixture_advance(&f, 5);
	ck_assert_int_eq(f.fired, 1);
	ck_assert(!wheel_is_scheduled(&f.nodes[0]));
	fixture_advance(&f, 2000);
	ck_assert_int_eq(f.fired, 1);
}
END_TEST

START_TEST(a_past_deadline_fires_at_the_next_tick)
{
	struct fixture f;

	fixture_init(&f);
	fixture_advance(&f, 100);
	wheel_schedule(&f.wheel, &f.nodes[0], 7);
	fixture_advance(&f, 101);
	ck_assert_int_eq(f.fired, 1);
}
END_TEST

START_TEST(waits_for_later_rounds)
{
	struct fixture f;

	fixture_init(&f);
	wheel_schedule(&f.wheel, &f.nodes[0], WHEEL_SLOTS * 3 + 10);
	for (uint32_t now = 1; now < WHEEL_SLOTS * 3 + 10; now++)
		fixture_advance(&f, now);
	ck_assert_int_eq(f.fired, 0);
	fixture_advance(&f, WHEEL_SLOTS * 3 + 10);
	ck_assert_int_eq(f.fired, 1);
}
END_TEST

START_TEST(after_a_long_sleep_everything_due_fires_once)
{
	struct fixture f;

	fixture_init(&f);
	for (uint32_t i = 0; i < NODES; i++)
		wheel_schedule(&f.wheel, &f.nodes[i], 1 + i * 37);
	fixture_advance(&f, WHEEL_SLOTS * 10);
	ck_assert_int_eq(f.fired, NODES);
}
END_TEST

START_TEST(scheduling_again_moves)
{
	struct fixture f;

	fixture_init(&f);
	wheel_schedule(&f.wheel, &f.nodes[0], 5);
	wheel_schedule(&f.wheel, &f.nodes[0], 9);
	fixture_advance(&f, 8);
	ck_assert_int_eq(f.fired, 0);
	fixture_advance(&f, 9);
	ck_assert_int_eq(f.fired, 1);
}
END_TEST

START_TEST(one_that_fires_may_cancel_its_neighbour)
{
	struct fixture f;

	fixture_init(&f);
	wheel_schedule(&f.wheel, &f.nodes[0], 5);
	wheel_schedule(&f.wheel, &f.nodes[1], 5);
	wheel_schedule(&f.wheel, &f.nodes[2], 5);
	f.cancel = &f.nodes[1];
	fixture_advance(&f, 6);
	ck_assert_int_eq(f.fired, 2);
	ck_assert_uint_eq(f.fired_at[1], 0);
}
END_TEST

START_TEST(milliseconds_become_ticks_that_are_never_early)
{
	ck_assert_uint_eq(wheel_ticks(0), 0);
	ck_assert_uint_eq(wheel_ticks(1), 1);
	ck_assert_uint_eq(wheel_ticks(WHEEL_TICK_MS), 1);
	ck_assert_uint_eq(wheel_ticks(WHEEL_TICK_MS + 1), 2);
}
END_TEST

SUITE(wheel)
{
	tcase_add_test(tests, fires_at_its_tick_and_not_before);
	tcase_add_test(tests, a_past_deadline_fires_at_the_next_tick);
	tcase_add_test(tests, waits_for_later_rounds);
	tcase_add_test(tests, after_a_long_sleep_everything_due_fires_once);
	tcase_add_test(tests, scheduling_again_moves);
	tcase_add_test(tests, one_that_fires_may_cancel_its_neighbour);
	tcase_add_test(tests, milliseconds_become_ticks_that_are_never_early);
}
