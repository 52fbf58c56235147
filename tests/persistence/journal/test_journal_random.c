/*
 * Random runs of journals on one disk, with faults and crashes. The next
 * recovery finds all acknowledged messages, and no message that was not sent.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "persistence/recovery/recovery.h"
#include "tests/suite.h"
#include "tests/support/persistence/chance.h"
#include "tests/support/persistence/journal_rig.h"
#include "tests/support/persistence/recording_replay.h"

#define CRASHES 4
#define STEPS 40
#define SEEDS 150
#define POSTED_MOST 1024
#define TEXT_SIZE 24

static struct journal_rig rig;
static struct chance chance;

/* In order of LSN; the LSN of a failed message is given out again. */
static struct posted {
	uint64_t lsn;
	char text[TEXT_SIZE];
	enum fate {
		PENDING,
		ACKED,
		FAILED
	} fate;
	bool is_found;
} posted[POSTED_MOST];
static size_t posted_count;
static unsigned posted_ever, fault_count;

static void
random_message_write(void)
{
	struct posted *s = &posted[posted_count];

	ck_assert_uint_lt(posted_count, POSTED_MOST);
	*s = (struct posted){ .fate = PENDING };
	snprintf(s->text, sizeof(s->text), "%u", posted_ever++);
	s->lsn = journal_rig_append_text(&rig, s->text);
	posted_count += s->lsn != 0;
}

static void
random_journal_poll(void)
{
	struct journal_progress news = journal_rig_poll(&rig);

	for (size_t i = 0; i < posted_count; i++) {
		if (posted[i].fate != PENDING)
			continue;
		if (posted[i].lsn <= news.committed)
			posted[i].fate = ACKED;
		else if (news.failed_first != 0)
			posted[i].fate = FAILED;
	}
}

/*
 * Without `always` a message is acknowledged before the sync, so a failed sync
 * may lose it.
 */
static bool
fault_is_allowed(enum disk_call call)
{
	return rig.options.sync == STORE_SYNC_ALWAYS ||
	       (call != DISK_CALL_ANY && call != DISK_CALL_FDATASYNC);
}

static void
random_fault_change(void)
{
	static const int errors[] = { EIO, ENOSPC, EDQUOT, EMFILE, ENOMEM, 0 };
	struct disk_fault fault = {
		.call = (enum disk_call)chance_below(&chance, DISK_CALLS),
		.nth = 1 + (unsigned)chance_below(&chance, 4),
		/* Mostly temporary errors: after EIO the journal stops. */
		.error = errors[chance_below(&chance, 4) == 0
				    ? 0
				    : 1 + chance_below(&chance, 5)],
		.forever = chance_below(&chance, 4) == 0,
	};

	if (chance_below(&chance, 3) == 0 || fault_count == DISK_FAULTS_MOST) {
		memory_disk_heal(rig.memory);
		fault_count = 0;
	} else if (fault_is_allowed(fault.call) &&
		   (fault.error != 0 || !fault.forever)) {
		memory_disk_fail(rig.memory, fault);
		fault_count++;
	}
}

static void
random_journal_step(void)
{
	switch (chance_below(&chance, 8)) {
	case 0:
	case 1:
	case 2:
		random_message_write();
		break;
	case 3:
		journal_step(rig.journal);
		break;
	case 4:
		journal_rig_run(&rig);
		break;
	case 5:
		random_journal_poll();
		break;
	case 6:
		memory_disk_advance(rig.memory, rig.options.probe_ms);
		break;
	default:
		random_fault_change();
	}
}

static bool
random_message_find(struct replay *base, const struct record *record)
{
	(void)base;
	if (record->type != RECORD_MESSAGE)
		return true;
	for (size_t i = 0; i < posted_count; i++) {
		if (posted[i].lsn != record->lsn ||
		    !str_equal(str_from(posted[i].text), record->payload))
			continue;
		ck_assert(!posted[i].is_found);
		posted[i].is_found = true;
		return true;
	}
	ck_abort_msg("never sent: %llu", (unsigned long long)record->lsn);
	return false;
}

/* Messages that were found count as acknowledged from now on. */
static void
random_messages_compare(void)
{
	size_t kept = 0;

	for (size_t i = 0; i < posted_count; i++) {
		ck_assert_msg(posted[i].is_found || posted[i].fate != ACKED,
		    "%s is missing", posted[i].text);
		if (!posted[i].is_found)
			continue;
		posted[kept] = posted[i];
		posted[kept].is_found = false;
		posted[kept].fate = ACKED;
		if (kept > 0)
			ck_assert_uint_gt(posted[kept].lsn,
			    posted[kept - 1].lsn);
		kept++;
	}
	posted_count = kept;
}

static void
random_journal_open(void)
{
	struct recovery_config config = { .disk = rig.disk };
	struct replay replay = { random_message_find, replay_refuse_loss };
	enum recovery_status end =
	    recovery_run(&config, &replay, &rig.recovered);

	ck_assert_msg(end == RECOVERY_OK || end == RECOVERY_TORN, "%s",
	    rig.recovered.why);
	random_messages_compare();
	if (chance_below(&chance, 4) == 0)
		random_fault_change();
	rig.journal = journal_create(&rig.config);
}

/* Under another policy than "always" only the process is killed. */
static void
random_journal_crash(void)
{
	enum crash_shape shape =
	    rig.options.sync == STORE_SYNC_ALWAYS
		? (enum crash_shape)chance_below(&chance, CRASH_SHAPES)
		: CRASH_KILL;
	struct memory_disk *left;

	if (chance_below(&chance, 4) == 0) {
		journal_destroy(rig.journal);
		rig.journal = NULL;
	}
	left = memory_disk_crash(rig.memory, shape, chance_next(&chance));
	journal_destroy(rig.journal);
	rig.journal = NULL;
	recovery_result_fini(&rig.recovered);
	ck_assert_uint_eq(memory_disk_open_files(rig.memory), 0);
	memory_disk_destroy(rig.memory);
	fault_count = 0;
	rig.memory = left;
	rig.disk = memory_disk_disk(left);
	rig.config.disk = rig.disk;
}

static void
random_journal_run(enum store_sync sync, uint64_t seed)
{
	chance.state = seed;
	posted_count = 0;
	posted_ever = 0;
	fault_count = 0;
	journal_rig_init(&rig);
	rig.options.sync = sync;
	rig.options.segment_bytes = SEGMENT_HEAD_SIZE + 512;
	rig.options.min_free_bytes = 0;
	for (int crash = 0; crash < CRASHES; crash++) {
		random_journal_open();
		for (int i = 0; i < STEPS && rig.journal != NULL; i++)
			random_journal_step();
		random_journal_crash();
	}
	memory_disk_destroy(rig.memory);
}

START_TEST(keeps_acknowledged_messages)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++)
		random_journal_run((enum store_sync)_i, seed);
}
END_TEST

SUITE(journal_random)
{
	tcase_add_loop_test(tests, keeps_acknowledged_messages,
	    STORE_SYNC_ALWAYS, STORE_SYNC_NEVER + 1);
}
