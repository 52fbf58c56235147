/* A fault of each kind at every call, followed by a power cut. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "persistence/recovery/recovery.h"
#include "tests/suite.h"
#include "tests/support/persistence/journal_rig.h"
#include "tests/support/persistence/recording_replay.h"

static struct journal_rig rig;

#define ROUNDS 6
#define PER_ROUND 3
#define POSTED_MOST 512

/* All messages that were sent, and their outcome. */
static struct posted {
	uint64_t lsn;
	char text[40];
	enum {
		PENDING,
		ACKED,
		FAILED
	} fate;
} posted[POSTED_MOST];
static size_t posted_count;

static void
round_write_message(int round, int i)
{
	struct posted *s = &posted[posted_count];

	snprintf(s->text, sizeof(s->text), "round %d.%d", round, i);
	s->fate = PENDING;
	s->lsn = journal_rig_append_text(&rig, s->text);
	posted_count += s->lsn != 0;
}

static void
rounds_poll(void)
{
	struct journal_progress news = journal_rig_poll(&rig);

	for (size_t i = 0; i < posted_count; i++) {
		struct posted *s = &posted[i];

		if (s->fate != PENDING)
			continue;
		if (s->lsn <= news.committed)
			s->fate = ACKED;
		else if (news.failed_first != 0)
			s->fate = FAILED;
		if (s->fate == FAILED)
			ck_assert(s->lsn >= news.failed_first &&
				  s->lsn <= news.failed_last);
	}
}

static void
rounds_run(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < PER_ROUND; i++)
			round_write_message(round, i);
		journal_rig_run(&rig);
		if (round % 2 == 0)
			rounds_poll();
		memory_disk_advance(rig.memory, rig.options.probe_ms);
		journal_rig_run(&rig);
		rounds_poll();
	}
}

/* All acknowledged messages are found; each message found was sent. */
struct listener {
	struct replay base;
	size_t acked;
	uint64_t last_lsn;
};

static bool
round_find_message(struct replay *base, const struct record *record)
{
	struct listener *listener = (struct listener *)base;
	struct str text = record->payload;
	bool was_posted = false;

	if (record->type != RECORD_MESSAGE)
		return true;
	ck_assert_uint_gt(record->lsn, listener->last_lsn);
	listener->last_lsn = record->lsn;
	for (size_t i = 0; i < posted_count; i++) {
		if (posted[i].lsn != record->lsn ||
		    !str_equal(str_from(posted[i].text), text))
			continue;
		was_posted = true;
		listener->acked += posted[i].fate == ACKED;
	}
	ck_assert(was_posted);
	return true;
}

static void
assert_acked_survive(enum crash_shape shape)
{
	struct memory_disk *left = memory_disk_crash(rig.memory, shape, 1);
	struct recovery_config config = { .disk = memory_disk_disk(left) };
	struct listener listener = { .base = { round_find_message,
					 replay_refuse_loss } };
	struct recovery_result result;
	enum recovery_status end =
	    recovery_run(&config, &listener.base, &result);
	size_t acked = 0;

	ck_assert_msg(end == RECOVERY_OK || end == RECOVERY_TORN, "%s",
	    result.why);
	for (size_t i = 0; i < posted_count; i++)
		acked += posted[i].fate == ACKED;
	ck_assert_uint_eq(listener.acked, acked);
	recovery_result_fini(&result);
	memory_disk_destroy(left);
}

/* A new store after its first recovery, as at each start. */
static void
store_prepare(void)
{
	struct recovery_config config = { .disk = rig.disk };
	struct listener ignorer = { .base = { round_find_message,
					replay_refuse_loss } };

	ck_assert_int_eq(recovery_run(&config, &ignorer.base, &rig.recovered),
	    RECOVERY_OK);
	posted_count = 0;
	rig.options.segment_bytes = SEGMENT_HEAD_SIZE + 512;
	rig.options.min_free_bytes = 0;
}

/* Whether the fault occurred. */
static bool
fault_is_survived(struct disk_fault fault)
{
	static const enum crash_shape shapes[] = { CRASH_KILL, CRASH_NOTHING,
		CRASH_ALL, CRASH_PREFIX, CRASH_HALF_GARBAGE };
	bool is_met;

	journal_rig_init(&rig);
	store_prepare();
	memory_disk_fail(rig.memory, fault);
	rig.journal = journal_create(&rig.config);
	if (rig.journal != NULL)
		rounds_run();
	is_met = memory_disk_failures(rig.memory) > 0;
	for (size_t i = 0; i < COUNT_OF(shapes); i++)
		assert_acked_survive(shapes[i]);
	recovery_result_fini(&rig.recovered);
	journal_rig_fini(&rig);
	return is_met;
}

static const enum disk_call calls[] = { DISK_CALL_OPEN, DISK_CALL_PWRITE,
	DISK_CALL_FDATASYNC, DISK_CALL_FSYNC, DISK_CALL_FTRUNCATE,
	DISK_CALL_FALLOCATE, DISK_CALL_RENAME, DISK_CALL_UNLINK,
	DISK_CALL_SYNC_DIR, DISK_CALL_FREE_BYTES };
static const int errors[] = { EIO, ENOSPC, EDQUOT, EINTR, EMFILE, ENOMEM, 0 };

START_TEST(keeps_what_it_acknowledged)
{
	struct disk_fault fault = { .call = calls[_i / (int)COUNT_OF(errors)],
		.error = errors[_i % (int)COUNT_OF(errors)] };

	for (int forever = 0; forever < 2; forever++) {
		fault.forever = forever == 1;
		/* With EINTR for ever, a call is repeated for ever. */
		if (fault.forever && fault.error == EINTR)
			continue;
		fault.nth = 1;
		while (fault_is_survived(fault))
			fault.nth++;
	}
}
END_TEST

SUITE(journal_faults)
{
	tcase_add_loop_test(tests, keeps_what_it_acknowledged, 0,
	    (int)(COUNT_OF(calls) * COUNT_OF(errors)));
}
