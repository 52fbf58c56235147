#include "persistence/disk/io_throttle.h"

#include <errno.h>

#include "tests/suite.h"

static bool
pause_count(void *arg)
{
	return ++*(unsigned *)arg < 4;
}

static const struct {
	size_t at_once;
	unsigned times, rests;
} works[] = {
	{ 1, 1000, 0 }, { 1 << 10, 255, 0 }, { 1 << 10, 256, 1 },
	{ 1 << 10, 512, 2 },
	{ 1 << 20, 3, 3 }, /* no pause within one piece of work */
};

START_TEST(pauses_after_so_much_work)
{
	unsigned rested = 0;
	struct io_throttle rests = { .pause = pause_count, .arg = &rested };

	for (unsigned i = 0; i < works[_i].times; i++) {
		ck_assert_int_eq(io_throttle_note(&rests, works[_i].at_once),
		    0);
		ck_assert_int_eq(io_throttle_note(NULL, works[_i].at_once), 0);
	}
	ck_assert_uint_eq(rested, works[_i].rests);
}
END_TEST

START_TEST(a_pause_may_be_the_end)
{
	unsigned rested = 0;
	struct io_throttle rests = { .pause = pause_count, .arg = &rested };

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(io_throttle_note(&rests, 1 << 20), 0);
	ck_assert_int_eq(io_throttle_note(&rests, 1 << 20), ECANCELED);
}
END_TEST

SUITE(io_throttle)
{
	tcase_add_test(tests, a_pause_may_be_the_end);
	tcase_add_loop_test(tests, pauses_after_so_much_work, 0,
	    COUNT_OF(works));
}
