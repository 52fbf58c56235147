/* Recovery syncs the records that it found, since readers see them. */
#include "persistence/format/store_names.h"
#include "persistence/format/watermark.h"
#include "tests/suite.h"
#include "tests/support/persistence/recording_replay.h"
#include "tests/support/persistence/store_files.h"

static enum recovery_status
recover_and_sync(struct memory_disk *disk)
{
	struct recovery_result result = { 0 };
	enum recovery_status end;
	struct seen seen;

	end = recover_disk(disk, RECOVERY_REPAIR, &seen, &result);
	recovery_result_fini(&result);
	return end;
}

/* A segment whose writer was killed before it could sync the last record. */
static struct memory_disk *
disk_after_a_kill(size_t *len)
{
	static struct store_file file;
	struct memory_disk *disk = memory_disk_create();
	struct memory_disk *left;
	char name[STORE_NAME_SIZE];
	size_t synced;
	int fd;

	store_put_format(disk);
	segment_begin(&file, 1);
	store_file_open(&file, 0, 'a');
	synced = store_file_room(&file, "red");
	*len = file.len;
	file.len = synced;
	store_file_put(&file, disk, 0);
	segment_name(name, 1);
	ck_assert_int_eq(disk_open(memory_disk_disk(disk), name, DISK_WRITE,
			     &fd),
	    0);
	ck_assert_int_eq(disk_write(memory_disk_disk(disk), fd,
			     file.bytes + synced, *len - synced, synced),
	    0);
	left = memory_disk_crash(disk, CRASH_KILL, 0);
	memory_disk_destroy(disk);
	return left;
}

START_TEST(what_a_killed_writer_did_not_sync_is_synced)
{
	size_t whole, len = 0;
	struct memory_disk *disk = disk_after_a_kill(&whole);
	struct memory_disk *left;
	char name[STORE_NAME_SIZE];

	ck_assert_int_eq(recover_and_sync(disk), RECOVERY_OK);
	left = memory_disk_crash(disk, CRASH_NOTHING, 0);
	segment_name(name, 1);
	ck_assert_ptr_nonnull(memory_disk_file(left, name, &len));
	ck_assert_uint_eq(len, whole);
	memory_disk_destroy(left);
	memory_disk_destroy(disk);
}
END_TEST

/* What was written in this boot is known, although it is not synced. */
static void
note_written(struct memory_disk *disk, uint64_t lsn)
{
	struct watermark watermark;

	watermark_init(&watermark, memory_disk_disk(disk), test_store_id);
	watermark_open(&watermark);
	watermark_set_written(&watermark, lsn);
	watermark_fini(&watermark);
}

static unsigned crashes;

/* The power is cut, and nothing but the last write is left. */
static void
power_cut_examine(struct memory_disk *disk, enum disk_call call, void *arg)
{
	struct memory_disk *left = memory_disk_crash(disk, CRASH_LAST, 0);
	struct recovery_result result = { 0 };
	struct seen seen;

	(void)call;
	(void)arg;
	ck_assert_int_ne(recover_disk(left, RECOVERY_REPAIR, &seen, &result),
	    RECOVERY_DAMAGED);
	ck_assert_uint_eq(result.lost_count, 0);
	recovery_result_fini(&result);
	memory_disk_destroy(left);
	crashes++;
}

START_TEST(a_power_cut_after_a_kill_is_no_damage)
{
	size_t whole;
	struct memory_disk *disk = disk_after_a_kill(&whole);

	note_written(disk, 2);
	memory_disk_watch(disk, power_cut_examine, NULL);
	ck_assert_int_eq(recover_and_sync(disk), RECOVERY_OK);
	ck_assert_uint_gt(crashes, 0);
	memory_disk_destroy(disk);
}
END_TEST

SUITE(recovery_sync)
{
	tcase_add_test(tests, what_a_killed_writer_did_not_sync_is_synced);
	tcase_add_test(tests, a_power_cut_after_a_kill_is_no_damage);
}
