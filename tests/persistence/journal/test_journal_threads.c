/* Real threads, on a memory disk whose calls can block. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/suite.h"
#include "tests/support/persistence/journal_rig.h"

static struct journal_rig rig;

static struct {
	const struct disk_ops *behind;
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool hangs, is_met, is_compacted;
	bool has_synced; /* the next write hangs */
} hanging = { .lock = PTHREAD_MUTEX_INITIALIZER,
	.change = PTHREAD_COND_INITIALIZER };
static struct disk_ops hanging_ops;

static void
disk_hang(void)
{
	pthread_mutex_lock(&hanging.lock);
	hanging.is_met = true;
	pthread_cond_broadcast(&hanging.change);
	while (hanging.hangs)
		pthread_cond_wait(&hanging.change, &hanging.lock);
	pthread_mutex_unlock(&hanging.lock);
}

static int
sync_hang(struct disk *disk, int file)
{
	disk_hang();
	return hanging.behind->fdatasync(disk, file);
}

static int
sync_note(struct disk *disk, int file)
{
	hanging.has_synced = true;
	return hanging.behind->fdatasync(disk, file);
}

static ssize_t
write_hang(struct disk *disk, int file, const void *bytes, size_t len,
    uint64_t at)
{
	if (hanging.has_synced)
		disk_hang();
	hanging.has_synced = false;
	return hanging.behind->pwrite(disk, file, bytes, len, at);
}

static void
set_hanging(bool hangs)
{
	pthread_mutex_lock(&hanging.lock);
	hanging.hangs = hangs;
	hanging.is_met = false;
	pthread_cond_broadcast(&hanging.change);
	pthread_mutex_unlock(&hanging.lock);
}

static void
wait_until(const bool *is_so)
{
	pthread_mutex_lock(&hanging.lock);
	while (!*is_so)
		pthread_cond_wait(&hanging.change, &hanging.lock);
	pthread_mutex_unlock(&hanging.lock);
}

static void
setup(void)
{
	journal_rig_init(&rig);
	hanging.behind = rig.disk->ops;
	hanging_ops = *rig.disk->ops;
	hanging_ops.fdatasync = sync_hang;
	rig.disk->ops = &hanging_ops;
}

static void
teardown(void)
{
	journal_rig_fini(&rig);
}

static void
journal_begin(void)
{
	journal_rig_open(&rig);
	ck_assert(journal_start(rig.journal));
}

static struct journal_progress
wait_for_news(void)
{
	struct pollfd fd = { .fd = journal_fd(rig.journal), .events = POLLIN };

	ck_assert_int_eq(poll(&fd, 1, 20000), 1);
	return journal_rig_poll(&rig);
}

static void
wait_for(uint64_t lsn)
{
	while (wait_for_news().committed < lsn)
		continue;
}

START_TEST(writes_what_is_appended_meanwhile)
{
	uint64_t last = 0;

	rig.options.queue_bytes = 1u << 16;
	journal_begin();
	for (int i = 0; i < 20000; i++) {
		while ((last = journal_rig_append_text(&rig, "hello")) == 0)
			wait_for_news();
		ck_assert_uint_gt(journal_last(rig.journal), (uint64_t)i);
	}
	wait_for(last);
	ck_assert_uint_eq(journal_committed(rig.journal), last);
}
END_TEST

START_TEST(lets_the_loop_go_on_while_the_disk_hangs)
{
	uint64_t last;

	journal_begin();
	set_hanging(true);
	journal_rig_append_text(&rig, "a");
	wait_until(&hanging.is_met);
	for (int i = 0; i < 100; i++)
		last = journal_rig_append_text(&rig, "b");
	ck_assert_uint_eq(last, 102);
	ck_assert_uint_eq(journal_committed(rig.journal), 1);
	ck_assert_ptr_null(journal_error(rig.journal));
	memory_disk_advance(rig.memory, 5000);
	for (int twice = 0; twice < 2; twice++)
		ck_assert_str_eq(journal_error(rig.journal),
		    "disk does not answer");
	ck_assert_uint_eq(journal_rig_append_text(&rig, "c"), 103);
	set_hanging(false);
	wait_for(103);
	/* It may be in a probe that is due, but no longer. */
	journal_destroy(rig.journal);
	rig.journal = NULL;
}
END_TEST

/* The first write after a sync is that of the watermark. */
START_TEST(wakes_the_loop_while_it_writes_the_watermark)
{
	uint64_t lsn;

	hanging_ops.fdatasync = sync_note;
	hanging_ops.pwrite = write_hang;
	journal_begin();
	journal_rig_poll(&rig);
	set_hanging(true);
	lsn = journal_rig_append_text(&rig, "a");
	wait_until(&hanging.is_met);
	ck_assert_uint_eq(wait_for_news().committed, lsn - 1);
	set_hanging(false);
	ck_assert_uint_eq(wait_for_news().committed, lsn);
}
END_TEST

START_TEST(writes_the_rest_before_it_ends)
{
	const struct journal_record *records;

	journal_begin();
	for (int i = 0; i < 100; i++)
		journal_rig_append_text(&rig, "a");
	journal_destroy(rig.journal);
	rig.journal = NULL;
	ck_assert_uint_eq(journal_rig_read(rig.memory, &records), 102);
	ck_assert_int_eq(records[101].type, RECORD_CLOSE);
}
END_TEST

START_TEST(ends_while_the_disk_hangs)
{
	struct journal *journal;

	rig.config.end_ms = 1;
	journal_begin();
	journal = rig.journal;
	set_hanging(true);
	journal_rig_append_text(&rig, "a");
	wait_until(&hanging.is_met);
	ck_assert(!journal_destroy(journal));
	set_hanging(false);
	/* Its memory was not freed, since the thread may go on. */
	while (!journal_destroy(journal))
		continue;
	rig.journal = NULL;
}
END_TEST

START_TEST(reports_a_failure)
{
	struct journal_progress news;

	journal_begin();
	journal_rig_poll(&rig);
	memory_disk_fail(rig.memory,
	    (struct disk_fault){ DISK_CALL_FDATASYNC, 1, EIO, false });
	journal_rig_append_text(&rig, "a");
	news = wait_for_news();
	ck_assert_uint_eq(news.failed_first, 2);
	ck_assert_uint_eq(news.failed_last, 2);
	ck_assert_uint_eq(news.committed, 1);
	ck_assert_str_eq(journal_error(rig.journal), "disk error");
}
END_TEST

START_TEST(writes_again_when_there_is_room)
{
	rig.options.probe_ms = 1;
	journal_begin();
	journal_rig_poll(&rig);
	memory_disk_set_capacity(rig.memory, 0);
	memory_disk_advance(rig.memory, 1);
	wait_for_news();
	ck_assert_str_eq(journal_error(rig.journal), "disk full");
	ck_assert_uint_eq(journal_rig_append_text(&rig, "a"), 0);
	memory_disk_set_capacity(rig.memory, UINT64_MAX);
	memory_disk_advance(rig.memory, 1);
	wait_for_news();
	ck_assert_ptr_null(journal_error(rig.journal));
	wait_for(journal_rig_append_text(&rig, "a"));
}
END_TEST

static int
compaction_check_thread(void *arg, uint64_t last_lsn, uint64_t *live_bytes)
{
	int own = getpriority(PRIO_PROCESS, (id_t)getpid());

	ck_assert_ptr_eq(arg, &rig);
	ck_assert_uint_ge(last_lsn, 2);
	/* Its priority is below that of the loop, if the system allows it. */
	ck_assert(getpriority(PRIO_PROCESS, 0) > own || own == PRIO_MAX - 1);
	*live_bytes = 1;
	pthread_mutex_lock(&hanging.lock);
	hanging.is_compacted = true;
	pthread_cond_broadcast(&hanging.change);
	pthread_mutex_unlock(&hanging.lock);
	return 0;
}

START_TEST(compacts_beside_the_writing)
{
	rig.config.compact = compaction_check_thread;
	rig.config.arg = &rig;
	rig.options.segment_bytes = SEGMENT_HEAD_SIZE + 1024;
	rig.options.compact_after_bytes = 1024;
	journal_begin();
	journal_rig_fill(&rig, 'x', 900);
	wait_for(journal_rig_fill(&rig, 'x', 900));
	wait_until(&hanging.is_compacted);
}
END_TEST

SUITE(journal_threads)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, writes_what_is_appended_meanwhile);
	tcase_add_test(tests, lets_the_loop_go_on_while_the_disk_hangs);
	tcase_add_test(tests, wakes_the_loop_while_it_writes_the_watermark);
	tcase_add_test(tests, writes_the_rest_before_it_ends);
	tcase_add_test(tests, ends_while_the_disk_hangs);
	tcase_add_test(tests, reports_a_failure);
	tcase_add_test(tests, writes_again_when_there_is_room);
	tcase_add_test(tests, compacts_beside_the_writing);
}
