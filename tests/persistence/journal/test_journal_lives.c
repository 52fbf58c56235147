/*
 * Journals that live and die on one disk, by chance: what is said, what fails,
 * when the power does, and what that leaves. Whatever comes together, what was
 * acknowledged is found by the next one, and nothing that was not said.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "persistence/recovery/recovery.h"
#include "tests/suite.h"
#include "tests/support/persistence/chance.h"
#include "tests/support/persistence/journal_rig.h"
#include "tests/support/persistence/recording_replay.h"

#define LIVES 4
#define STEPS 40
#define SEEDS 150
#define POSTED_MOST 1024
#define TEXT_SIZE 24

static struct journal_rig rig;
static struct chance chance;

/* In order of LSN; what failed is there once more under its number. */
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
lives_write_message(void)
{
	struct posted *s = &posted[posted_count];

	ck_assert_uint_lt(posted_count, POSTED_MOST);
	*s = (struct posted){ .fate = PENDING };
	snprintf(s->text, sizeof(s->text), "%u", posted_ever++);
	s->lsn = journal_rig_append_text(&rig, s->text);
	posted_count += s->lsn != 0;
}

static void
lives_poll(void)
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

/* Who acknowledged before the sync cannot keep what a failed one loses. */
static bool
is_fair(enum disk_call call)
{
	return rig.options.sync == STORE_SYNC_ALWAYS ||
	       (call != DISK_CALL_ANY && call != DISK_CALL_FDATASYNC);
}

static void
break_something(void)
{
	static const int errors[] = { EIO, ENOSPC, EDQUOT, EMFILE, ENOMEM, 0 };
	struct disk_fault fault = {
		.call = (enum disk_call)chance_below(&chance, DISK_CALLS),
		.nth = 1 + (unsigned)chance_below(&chance, 4),
		/* Rather what may pass: after EIO there is nothing to see. */
		.error = errors[chance_below(&chance, 4) == 0
				    ? 0
				    : 1 + chance_below(&chance, 5)],
		.forever = chance_below(&chance, 4) == 0,
	};

	if (chance_below(&chance, 3) == 0 || fault_count == DISK_FAULTS_MOST) {
		memory_disk_heal(rig.memory);
		fault_count = 0;
	} else if (is_fair(fault.call) &&
		   (fault.error != 0 || !fault.forever)) {
		memory_disk_fail(rig.memory, fault);
		fault_count++;
	}
}

static void
live_a_moment(void)
{
	switch (chance_below(&chance, 8)) {
	case 0:
	case 1:
	case 2:
		lives_write_message();
		break;
	case 3:
		journal_step(rig.journal);
		break;
	case 4:
		journal_rig_run(&rig);
		break;
	case 5:
		lives_poll();
		break;
	case 6:
		memory_disk_advance(rig.memory, rig.options.probe_ms);
		break;
	default:
		break_something();
	}
}

static bool
lives_find_message(struct replay *base, const struct record *record)
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
	ck_abort_msg("never said: %llu", (unsigned long long)record->lsn);
	return false;
}

/* Also what was not acknowledged but found is there from now on. */
static void
lives_compare(void)
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
be_born(void)
{
	struct recovery_config config = { .disk = rig.disk };
	struct replay replay = { lives_find_message, replay_refuse_loss };
	enum recovery_status end =
	    recovery_run(&config, &replay, &rig.recovered);

	ck_assert_msg(end == RECOVERY_OK || end == RECOVERY_TORN, "%s",
	    rig.recovered.why);
	lives_compare();
	if (chance_below(&chance, 4) == 0)
		break_something();
	rig.journal = journal_create(&rig.config);
}

/* Under another policy than "always" only the process may die. */
static void
lives_crash(void)
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
lives_run(enum store_sync sync, uint64_t seed)
{
	chance.state = seed;
	posted_count = 0;
	posted_ever = 0;
	fault_count = 0;
	journal_rig_init(&rig);
	rig.options.sync = sync;
	rig.options.segment_bytes = SEGMENT_HEAD_SIZE + 512;
	rig.options.min_free_bytes = 0;
	for (int life = 0; life < LIVES; life++) {
		be_born();
		for (int i = 0; i < STEPS && rig.journal != NULL; i++)
			live_a_moment();
		lives_crash();
	}
	memory_disk_destroy(rig.memory);
}

START_TEST(keeps_its_word)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++)
		lives_run((enum store_sync)_i, seed);
}
END_TEST

SUITE(journal_lives)
{
	tcase_add_loop_test(tests, keeps_its_word, STORE_SYNC_ALWAYS,
	    STORE_SYNC_NEVER + 1);
}
