#include "tests/support/persistence/recovery_rig.h"

#include <check.h>

struct memory_disk *store_disk;
struct store_file file, other;
struct seen seen;
struct recovery_result result;

void
recovery_rig_begin(void)
{
	store_disk = memory_disk_create();
	store_put_format(store_disk);
}

void
recovery_rig_end(void)
{
	recovery_result_fini(&result);
	memory_disk_destroy(store_disk);
}

enum recovery_status
recover_from(struct memory_disk *from, enum recovery_mode mode)
{
	return recover_disk(from, mode, &seen, &result);
}

enum recovery_status
recover(void)
{
	struct memory_disk *before =
	    memory_disk_crash(store_disk, CRASH_ALL, 1);
	enum recovery_status looked = recover_from(store_disk, RECOVERY_READ);
	uint64_t next_lsn = result.next_lsn, lost = result.lost_records;

	ck_assert(memory_disk_equal(store_disk, before));
	memory_disk_destroy(before);
	ck_assert_int_eq(recover_from(store_disk, RECOVERY_REPAIR), looked);
	ck_assert_uint_eq(result.next_lsn, next_lsn);
	ck_assert_uint_eq(result.lost_records, lost);
	return looked;
}

bool
is_there(const char *name)
{
	size_t len;

	return memory_disk_file(store_disk, name, &len) != NULL;
}

size_t
size_of(const char *name)
{
	size_t len;

	ck_assert_ptr_nonnull(memory_disk_file(store_disk, name, &len));
	return len;
}

void
begin_store(struct store_file *segment, unsigned messages)
{
	segment_begin(segment, 1);
	store_file_open(segment, STORE_SYNC_ALWAYS, 'b');
	store_file_room(segment, "kitchen");
	for (unsigned i = 1; i <= messages; i++)
		store_file_message(segment, "kitchen", i);
}

void
assert_run(size_t at, uint64_t first, size_t count)
{
	ck_assert_uint_ge(seen.count, at + count);
	for (size_t i = 0; i < count; i++)
		ck_assert_uint_eq(seen.lsns[at + i], first + i);
}

void
put_snapshot_and_rest(void)
{
	snapshot_begin(&other, 50);
	other.next_lsn = 7;
	store_file_open(&other, STORE_SYNC_ALWAYS, 'b');
	store_file_room(&other, "kitchen");
	other.next_lsn = 20;
	for (unsigned seq = 11; seq <= 14; seq++, other.next_lsn += 2)
		store_file_message(&other, "kitchen", seq);
	snapshot_put(&other, store_disk);
	segment_begin(&file, 51);
	store_file_message(&file, "kitchen", 15);
	store_file_message(&file, "kitchen", 16);
	store_file_put(&file, store_disk, RECOVERY_TAIL);
}

void
forget(const char *name)
{
	ck_assert_int_eq(disk_unlink(memory_disk_disk(store_disk), name), 0);
	ck_assert_int_eq(disk_sync_dir(memory_disk_disk(store_disk), false), 0);
}
