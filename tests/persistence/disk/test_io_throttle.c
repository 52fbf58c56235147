#include "persistence/disk/io_throttle.h"

#include "tests/suite.h"

static void
pause_count(void *arg)
{
	++*(unsigned *)arg;
}

static const struct {
	size_t at_once;
	unsigned times, rests;
} works[] = {
	{ 1, 1000, 0 }, { 1 << 10, 255, 0 }, { 1 << 10, 256, 1 },
	{ 1 << 10, 512, 2 },
	{ 1 << 20, 3, 3 }, /* what is done at once is not interrupted */
};

START_TEST(pauses_after_so_much_work)
{
	unsigned rested = 0;
	struct io_throttle rests = { .pause = pause_count, .arg = &rested };

	for (unsigned i = 0; i < works[_i].times; i++) {
		io_throttle_note(&rests, works[_i].at_once);
		io_throttle_note(NULL, works[_i].at_once);
	}
	ck_assert_uint_eq(rested, works[_i].rests);
}
END_TEST

SUITE(io_throttle)
{
	tcase_add_loop_test(tests, pauses_after_so_much_work, 0,
	    COUNT_OF(works));
}
