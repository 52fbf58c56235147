/* What recovery found is shown: from then on it has to last. */
#include "persistence/format/store_names.h"
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

SUITE(recovery_sync)
{
	tcase_add_test(tests, what_a_killed_writer_did_not_sync_is_synced);
}
