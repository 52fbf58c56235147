/* When the journal asks to be compacted. */
#include <errno.h>

#include "domain/base/count_of.h"
#include "tests/suite.h"
#include "tests/support/persistence/journal_rig.h"

#define KIB UINT64_C(1024)

static struct journal_rig rig;

static struct {
	unsigned calls;
	bool is_held; /* while it runs */
	int error;
	uint64_t last_lsn, live_bytes;
} compaction;

static int
compaction_note(void *arg, uint64_t last_lsn, uint64_t *live_bytes)
{
	ck_assert_ptr_eq(arg, &rig);
	compaction.calls++;
	compaction.last_lsn = last_lsn;
	*live_bytes = compaction.live_bytes;
	if (compaction.is_held) {
		ck_assert(journal_throttle(rig.journal));
		ck_assert(!journal_hold_compaction(rig.journal, true));
		ck_assert(!journal_throttle(rig.journal));
	}
	return compaction.error;
}

static void
setup(void)
{
	journal_rig_init(&rig);
	rig.options.segment_bytes = SEGMENT_HEAD_SIZE + KIB;
	rig.options.compact_after_bytes = 64 * KIB;
	rig.config.compact = compaction_note;
	rig.config.arg = &rig;
	compaction.calls = 0;
	compaction.is_held = false;
	compaction.error = 0;
	compaction.live_bytes = 0;
}

static void
teardown(void)
{
	journal_rig_fini(&rig);
}

static uint64_t
journal_bytes(void)
{
	struct journal_stats figures;

	journal_stats(rig.journal, &figures);
	return figures.bytes;
}

/* Each fills a segment, and seals the one before. */
static void
write_until(unsigned calls)
{
	for (int i = 0; compaction.calls < calls && i < 1000; i++) {
		journal_rig_fill(&rig, 'x', 900);
		journal_rig_run(&rig);
	}
	ck_assert_uint_eq(compaction.calls, calls);
}

static void
segments_write(int segments)
{
	for (int i = 0; i < segments; i++) {
		journal_rig_fill(&rig, 'x', 900);
		journal_rig_run(&rig);
	}
}

START_TEST(waits_until_it_is_worth_it)
{
	journal_rig_open(&rig);
	segments_write(5);
	ck_assert_uint_eq(compaction.calls, 0);
	write_until(1);
	/* All segments but the newest one. */
	ck_assert_uint_lt(journal_bytes(), SEGMENT_HEAD_SIZE + 2 * KIB);
	ck_assert_uint_eq(compaction.last_lsn + 1, journal_last(rig.journal));
}
END_TEST

START_TEST(waits_until_there_is_twice_what_is_alive)
{
	compaction.live_bytes = 100 * KIB;
	journal_rig_open(&rig);
	write_until(1);
	while (compaction.calls == 1) {
		ck_assert_uint_lt(journal_bytes(),
		    200 * KIB + SEGMENT_HEAD_SIZE + KIB);
		segments_write(1);
	}
	ck_assert_uint_eq(compaction.calls, 2);
}
END_TEST

/* Or it would find a gap that no record declares as known. */
START_TEST(covers_the_lost_records_of_its_start)
{
	struct lost_range lost = { 40, 41, 2, 0 };

	rig.recovered.next_lsn = 50;
	rig.recovered.bytes = 100 * KIB;
	rig.recovered.lost = &lost;
	rig.recovered.lost_count = 1;
	journal_rig_open(&rig);
	journal_rig_run(&rig);
	ck_assert_uint_eq(compaction.calls, 0);
	write_until(1);
	/* 50 is OPEN, 51 is LOST. */
	ck_assert_uint_gt(compaction.last_lsn, 51);
}
END_TEST

START_TEST(covers_nothing_twice)
{
	rig.recovered.next_lsn = 50;
	rig.recovered.snapshot_lsn = 49;
	rig.recovered.bytes = 100 * KIB;
	journal_rig_open(&rig);
	journal_rig_run(&rig);
	ck_assert_uint_eq(compaction.calls, 0);
	write_until(1);
	ck_assert_uint_gt(compaction.last_lsn, 49);
}
END_TEST

START_TEST(covers_what_earlier_runs_wrote)
{
	rig.recovered.next_lsn = 50;
	rig.recovered.snapshot_lsn = 40;
	rig.recovered.bytes = 100 * KIB;
	rig.recovered.live_bytes = 10 * KIB;
	journal_rig_open(&rig);
	ck_assert_uint_eq(compaction.calls, 0);
	journal_rig_run(&rig);
	ck_assert_uint_eq(compaction.calls, 1);
	ck_assert_uint_eq(compaction.last_lsn, 49);
	journal_rig_run(&rig);
	ck_assert_uint_eq(compaction.calls, 1);
}
END_TEST

static const struct {
	uint64_t segments, segment_bytes;
	unsigned calls;
} scattered[] = {
	{ 63, 4096 * KIB, 0 }, { 64, 4096 * KIB, 1 },
	{ 64, 4 * KIB, 0 }, /* these segments are full */
};

START_TEST(covers_what_many_short_runs_wrote)
{
	rig.options.segment_bytes = scattered[_i].segment_bytes;
	rig.recovered.next_lsn = 500;
	rig.recovered.snapshot_lsn = 40;
	rig.recovered.segments = scattered[_i].segments;
	rig.recovered.bytes = scattered[_i].segments * KIB;
	rig.options.compact_after_bytes = 1024 * KIB;
	journal_rig_open(&rig);
	journal_rig_run(&rig);
	ck_assert_uint_eq(compaction.calls, scattered[_i].calls);
}
END_TEST

START_TEST(tries_again_with_the_next_segment)
{
	uint64_t before;

	compaction.error = ENOSPC;
	journal_rig_open(&rig);
	write_until(1);
	before = journal_bytes();
	journal_rig_run(&rig);
	ck_assert_uint_eq(compaction.calls, 1);
	ck_assert_ptr_null(journal_error(rig.journal));
	compaction.error = 0;
	write_until(2);
	ck_assert_uint_lt(journal_bytes(), before);
}
END_TEST

START_TEST(has_no_time_once_the_journal_has_grown_by_half)
{
	rig.options.segment_bytes = 1024 * KIB;
	rig.recovered.next_lsn = 50;
	rig.recovered.snapshot_lsn = 40;
	rig.recovered.bytes = 100 * KIB;
	compaction.error = ENOSPC;
	journal_rig_open(&rig);
	journal_rig_run(&rig);
	ck_assert_uint_eq(compaction.calls, 1);
	while (journal_bytes() < 150 * KIB) {
		ck_assert(journal_may_throttle(rig.journal));
		segments_write(1);
	}
	segments_write(12);
	ck_assert(!journal_may_throttle(rig.journal));
	/* Otherwise the test would wait here. */
	journal_throttle(rig.journal);
}
END_TEST

START_TEST(ends_while_it_is_held)
{
	compaction.is_held = true;
	compaction.error = ECANCELED;
	journal_rig_open(&rig);
	write_until(1);
	segments_write(100);
	ck_assert_uint_eq(compaction.calls, 1);
	ck_assert(journal_hold_compaction(rig.journal, true));
	compaction.is_held = false;
	compaction.error = 0;
	ck_assert(journal_hold_compaction(rig.journal, false));
	/* A compaction is due, and needs no new segment. */
	journal_rig_run(&rig);
	ck_assert_uint_eq(compaction.calls, 2);
}
END_TEST

/* The journal is about to end, which should not take long. */
START_TEST(does_not_begin_at_the_end)
{
	rig.options.compact_after_bytes = 0;
	journal_rig_open(&rig);
	journal_rig_fill(&rig, 'x', 900);
	journal_rig_fill(&rig, 'x', 900);
	journal_destroy(rig.journal);
	rig.journal = NULL;
	ck_assert_uint_eq(compaction.calls, 0);
}
END_TEST

SUITE(journal_compactor)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, waits_until_it_is_worth_it);
	tcase_add_test(tests, waits_until_there_is_twice_what_is_alive);
	tcase_add_test(tests, covers_the_lost_records_of_its_start);
	tcase_add_test(tests, covers_nothing_twice);
	tcase_add_test(tests, covers_what_earlier_runs_wrote);
	tcase_add_loop_test(tests, covers_what_many_short_runs_wrote, 0,
	    COUNT_OF(scattered));
	tcase_add_test(tests, tries_again_with_the_next_segment);
	tcase_add_test(tests, has_no_time_once_the_journal_has_grown_by_half);
	tcase_add_test(tests, ends_while_it_is_held);
	tcase_add_test(tests, does_not_begin_at_the_end);
}
