/* The disk that all proofs stand on has to be proven itself. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/support/persistence/memory_disk.h"

#define SEEDS 200

static struct memory_disk *memory;
static struct disk *disk;

static void
begin(void)
{
	memory = memory_disk_create();
	disk = memory_disk_disk(memory);
}

static void
end(void)
{
	memory_disk_destroy(memory);
}

static int
create(const char *name)
{
	int file;

	ck_assert_int_eq(disk_open(disk, name, DISK_CREATE, &file), 0);
	return file;
}

static void
put(int file, const char *text, uint64_t at)
{
	ck_assert_int_eq(disk_write(disk, file, text, strlen(text), at), 0);
}

/* Synced, its name too. */
static int
create_with(const char *name, const char *text)
{
	int file = create(name);

	put(file, text, 0);
	ck_assert_int_eq(disk_fsync(disk, file), 0);
	ck_assert_int_eq(disk_sync_dir(disk, false), 0);
	return file;
}

static void
expect(const struct memory_disk *on, const char *name, const char *text)
{
	size_t len = 0;
	const char *data = memory_disk_file(on, name, &len);

	if (text == NULL) {
		ck_assert_ptr_null(data);
		return;
	}
	ck_assert_ptr_nonnull(data);
	ck_assert_uint_eq(len, strlen(text));
	ck_assert(memcmp(data, text, len) == 0);
}

static void
expect_after(enum crash_shape shape, const char *name, const char *text)
{
	for (uint64_t seed = 0; seed < 4; seed++) {
		struct memory_disk *left =
		    memory_disk_crash(memory, shape, seed);

		expect(left, name, text);
		memory_disk_destroy(left);
	}
}

/* --- an ordinary disk -------------------------------------------------------
 */

START_TEST(shows_what_was_written)
{
	char got[8] = "";
	int file;

	begin();
	file = create("a");
	put(file, "hello", 0);
	put(file, "J", 0);
	ck_assert_int_eq(disk_read(disk, file, got, 5, 0, NULL), 0);
	ck_assert_str_eq(got, "Jello");
	end();
}
END_TEST

START_TEST(reads_no_further_than_the_end)
{
	char got[8];
	size_t len;
	int file;

	begin();
	file = create("a");
	put(file, "hello", 0);
	ck_assert_int_eq(disk_read(disk, file, got, 8, 3, &len), 0);
	ck_assert_uint_eq(len, 2);
	ck_assert_int_eq(disk_read(disk, file, got, 8, 99, &len), 0);
	ck_assert_uint_eq(len, 0);
	ck_assert_int_eq(disk_read(disk, file, got, 8, 3, NULL), EIO);
	end();
}
END_TEST

START_TEST(has_zeros_where_nothing_was_written)
{
	uint64_t size = 0;
	size_t len;
	int file;

	begin();
	file = create("a");
	put(file, "b", 3);
	ck_assert_int_eq(disk_fallocate(disk, file, 6), 0);
	ck_assert_int_eq(disk_fallocate(disk, file, 2), 0);
	ck_assert_int_eq(disk_size(disk, file, &size), 0);
	ck_assert_uint_eq(size, 6);
	ck_assert(memcmp(memory_disk_file(memory, "a", &len), "\0\0\0b\0\0",
		      6) == 0);
	ck_assert_int_eq(disk_ftruncate(disk, file, 3), 0);
	ck_assert_int_eq(disk_ftruncate(disk, file, 4), 0);
	ck_assert(memcmp(memory_disk_file(memory, "a", &len), "\0\0\0\0", 4) ==
		  0);
	ck_assert_uint_eq(len, 4);
	end();
}
END_TEST

START_TEST(opens_by_name)
{
	int file;

	begin();
	ck_assert_int_eq(disk_open(disk, "a", DISK_READ, &file), ENOENT);
	ck_assert_int_eq(disk_open(disk, "a", DISK_WRITE, &file), ENOENT);
	disk_close(disk, create("a"));
	ck_assert_int_eq(disk_open(disk, "a", DISK_CREATE, &file), EEXIST);
	ck_assert_int_eq(disk_open(disk, "a", DISK_WRITE, &file), 0);
	ck_assert_uint_eq(memory_disk_open_files(memory), 1);
	disk_close(disk, file);
	ck_assert_uint_eq(memory_disk_open_files(memory), 0);
	end();
}
END_TEST

static bool
add_name(const char *name, void *text)
{
	strcat(strcat(text, name), " ");
	return true;
}

static bool
stop_at_once(const char *name, void *text)
{
	add_name(name, text);
	return false;
}

START_TEST(lists_the_files_of_the_directory_itself)
{
	char names[64] = "";
	int file;

	begin();
	ck_assert_int_eq(disk_open(disk, "quarantine/x", DISK_CREATE, &file),
	    ENOENT);
	ck_assert_int_eq(disk_make_quarantine(disk), 0);
	ck_assert_int_eq(disk_make_quarantine(disk), 0);
	(void)create("quarantine/x");
	(void)create("a");
	(void)create("b");
	ck_assert_int_eq(disk_rename(disk, "a", "c"), 0);
	ck_assert_int_eq(disk_unlink(disk, "quarantine/x"), 0);
	ck_assert_int_eq(disk_list(disk, add_name, names), 0);
	ck_assert_str_eq(names, "b c ");
	names[0] = '\0';
	ck_assert_int_eq(disk_list(disk, stop_at_once, names), 0);
	ck_assert_str_eq(names, "b ");
	ck_assert_int_eq(disk_unlink(disk, "a"), ENOENT);
	ck_assert_int_eq(disk_rename(disk, "a", "b"), ENOENT);
	ck_assert_int_eq(disk_open(disk, "quarantine", DISK_READ, &file),
	    EISDIR);
	end();
}
END_TEST

START_TEST(a_rename_takes_the_place_of_another)
{
	begin();
	(void)create_with("a", "new");
	(void)create_with("b", "old");
	ck_assert_int_eq(disk_rename(disk, "a", "b"), 0);
	expect(memory, "b", "new");
	expect(memory, "a", NULL);
	end();
}
END_TEST

START_TEST(a_file_can_be_read_after_its_name_is_gone)
{
	char got[4] = "";
	int file;

	begin();
	file = create_with("a", "abc");
	ck_assert_int_eq(disk_unlink(disk, "a"), 0);
	ck_assert_int_eq(disk_read(disk, file, got, 3, 0, NULL), 0);
	ck_assert_str_eq(got, "abc");
	end();
}
END_TEST

START_TEST(a_lock_keeps_others_out_until_it_is_closed)
{
	int first, second;

	begin();
	first = create("LOCK");
	ck_assert_int_eq(disk_open(disk, "LOCK", DISK_WRITE, &second), 0);
	ck_assert_int_eq(disk_lock(disk, first), 0);
	ck_assert_int_eq(disk_lock(disk, first), 0);
	ck_assert_int_eq(disk_lock(disk, second), EAGAIN);
	disk_close(disk, first);
	ck_assert_int_eq(disk_lock(disk, second), 0);
	end();
}
END_TEST

START_TEST(the_clock_is_set_by_the_test)
{
	begin();
	memory_disk_advance(memory, 1500);
	ck_assert_int_eq(disk_wall_ms(disk), 1500);
	ck_assert_int_eq(disk_monotonic_us(disk), 1500000);
	memory_disk_set_wall(memory, 7);
	ck_assert_int_eq(disk_wall_ms(disk), 7);
	ck_assert_int_eq(disk_monotonic_us(disk), 1500000);
	end();
}
END_TEST

START_TEST(is_full_when_its_capacity_is_reached)
{
	uint64_t left = 0;
	int a, b;

	begin();
	memory_disk_set_capacity(memory, 10);
	a = create("a");
	b = create("b");
	ck_assert_int_eq(disk_fallocate(disk, a, 4), 0);
	ck_assert_int_eq(disk_free_bytes(disk, &left), 0);
	ck_assert_uint_eq(left, 6);
	ck_assert_int_eq(disk_fallocate(disk, b, 7), ENOSPC);
	ck_assert_int_eq(disk_write(disk, b, "1234567", 7, 0), ENOSPC);
	expect(memory, "b", "123456");
	put(a, "room", 0);
	ck_assert_int_eq(disk_write(disk, a, "room!", 5, 0), ENOSPC);
	ck_assert_int_eq(disk_unlink(disk, "b"), 0);
	put(a, "room!", 0);
	end();
}
END_TEST

/* --- what lasts -------------------------------------------------------------
 */

START_TEST(nothing_lasts_but_what_was_synced)
{
	int file;

	begin();
	file = create_with("a", "old");
	put(file, "new!", 0);
	expect_after(CRASH_NOTHING, "a", "old");
	expect_after(CRASH_ALL, "a", "new!");
	expect_after(CRASH_NAMES, "a", "old");
	expect_after(CRASH_DATA, "a", "new!");
	expect_after(CRASH_LAST, "a", "new!");
	ck_assert_int_eq(disk_fdatasync(disk, file), 0);
	for (enum crash_shape shape = 0; shape < CRASH_SHAPES; shape++)
		expect_after(shape, "a", "new!");
	end();
}
END_TEST

START_TEST(a_name_needs_its_directory)
{
	int file;

	begin();
	file = create("a");
	put(file, "text", 0);
	ck_assert_int_eq(disk_fsync(disk, file), 0);
	expect_after(CRASH_NOTHING, "a", NULL);
	expect_after(CRASH_DATA, "a", NULL);
	expect_after(CRASH_NAMES, "a", "text");
	ck_assert_int_eq(disk_sync_dir(disk, true), 0);
	expect_after(CRASH_NOTHING, "a", NULL);
	ck_assert_int_eq(disk_sync_dir(disk, false), 0);
	expect_after(CRASH_NOTHING, "a", "text");
	end();
}
END_TEST

START_TEST(so_does_a_name_that_goes)
{
	begin();
	(void)create_with("a", "text");
	ck_assert_int_eq(disk_rename(disk, "a", "b"), 0);
	expect_after(CRASH_NOTHING, "a", "text");
	expect_after(CRASH_NOTHING, "b", NULL);
	expect_after(CRASH_ALL, "a", NULL);
	expect_after(CRASH_ALL, "b", "text");
	ck_assert_int_eq(disk_sync_dir(disk, false), 0);
	ck_assert_int_eq(disk_unlink(disk, "b"), 0);
	expect_after(CRASH_NOTHING, "b", "text");
	ck_assert_int_eq(disk_sync_dir(disk, false), 0);
	expect_after(CRASH_NOTHING, "b", NULL);
	end();
}
END_TEST

START_TEST(the_quarantine_is_a_directory_of_its_own)
{
	int file;

	begin();
	ck_assert_int_eq(disk_make_quarantine(disk), 0);
	file = create("quarantine/x");
	put(file, "x", 0);
	ck_assert_int_eq(disk_fsync(disk, file), 0);
	ck_assert_int_eq(disk_sync_dir(disk, true), 0);
	expect_after(CRASH_NOTHING, "quarantine/x", NULL);
	ck_assert_int_eq(disk_sync_dir(disk, false), 0);
	expect_after(CRASH_NOTHING, "quarantine/x", "x");
	end();
}
END_TEST

/* The process is gone, the system is not: it may still fail later. */
START_TEST(a_kill_loses_nothing_and_syncs_nothing)
{
	struct memory_disk *left;
	int file;

	begin();
	file = create_with("a", "old");
	put(file, "new", 0);
	(void)create("b");
	left = memory_disk_crash(memory, CRASH_KILL, 0);
	end();
	memory = left;
	expect(memory, "a", "new");
	expect(memory, "b", "");
	expect_after(CRASH_NOTHING, "a", "old");
	expect_after(CRASH_NOTHING, "b", NULL);
	disk = memory_disk_disk(memory);
	ck_assert_int_eq(disk_open(disk, "a", DISK_READ, &file), 0);
	ck_assert_int_eq(disk_fsync(disk, file), 0);
	ck_assert_int_eq(disk_sync_dir(disk, false), 0);
	expect_after(CRASH_NOTHING, "a", "new");
	expect_after(CRASH_NOTHING, "b", "");
	end();
}
END_TEST

START_TEST(a_crash_ends_locks_and_open_files)
{
	struct memory_disk *left;
	int file;

	begin();
	file = create_with("LOCK", "");
	ck_assert_int_eq(disk_lock(disk, file), 0);
	left = memory_disk_crash(memory, CRASH_KILL, 0);
	end();
	memory = left;
	disk = memory_disk_disk(left);
	ck_assert_uint_eq(memory_disk_open_files(left), 0);
	ck_assert_int_eq(disk_open(disk, "LOCK", DISK_WRITE, &file), 0);
	ck_assert_int_eq(disk_lock(disk, file), 0);
	end();
}
END_TEST

START_TEST(only_a_power_cut_is_another_boot)
{
	uint8_t id[BOOT_ID_SIZE], other[BOOT_ID_SIZE];

	begin();
	disk_boot_id(disk, id);
	for (enum crash_shape shape = 0; shape < CRASH_SHAPES; shape++) {
		struct memory_disk *left = memory_disk_crash(memory, shape, 0);

		disk_boot_id(memory_disk_disk(left), other);
		ck_assert_int_eq(memcmp(id, other, sizeof(id)) == 0,
		    shape == CRASH_KILL);
		memory_disk_destroy(left);
	}
	end();
}
END_TEST

/* Which of the texts is found; the last one stands for any other. */
static size_t
which_is_left(enum crash_shape shape, uint64_t seed, const char *const *texts,
    size_t count)
{
	struct memory_disk *left = memory_disk_crash(memory, shape, seed);
	size_t len = 0, i = 0;
	const char *data = memory_disk_file(left, "a", &len);

	ck_assert_ptr_nonnull(data);
	while (i < count &&
	       (strlen(texts[i]) != len || memcmp(texts[i], data, len) != 0))
		i++;
	memory_disk_destroy(left);
	return i;
}

START_TEST(a_prefix_is_torn_at_any_byte)
{
	static const char *const texts[] = { "", "1", "12", "123", "1234",
		"1234x", "1234xy" };
	size_t found[8] = { 0 };
	int file;

	begin();
	file = create_with("a", "");
	put(file, "1234", 0);
	put(file, "xy", 4);
	for (uint64_t seed = 0; seed < SEEDS; seed++)
		found[which_is_left(CRASH_PREFIX, seed, texts, 7)]++;
	for (size_t i = 0; i < 7; i++)
		ck_assert_uint_gt(found[i], 0);
	ck_assert_uint_eq(found[7], 0);
	end();
}
END_TEST

/* Four sectors of one letter each. */
static void
put_sectors(int file, const char *letters)
{
	char sector[512];

	for (size_t i = 0; i < strlen(letters); i++) {
		memset(sector, letters[i], sizeof(sector));
		ck_assert_int_eq(disk_write(disk, file, sector, sizeof(sector),
				     i * sizeof(sector)),
		    0);
	}
}

/* The letter of each sector; '?': several. */
static void
sectors_of(enum crash_shape shape, uint64_t seed, char out[5])
{
	struct memory_disk *left = memory_disk_crash(memory, shape, seed);
	size_t len = 0;
	const char *data = memory_disk_file(left, "a", &len);

	ck_assert_uint_eq(len, 4 * 512);
	for (size_t i = 0; i < 4; i++) {
		const char *at = data + i * 512;

		out[i] = memcmp(at, at + 1, 511) == 0 ? at[0] : '?';
	}
	out[4] = '\0';
	memory_disk_destroy(left);
}

START_TEST(all_but_the_first_sector)
{
	char found[5];
	int file;

	begin();
	file = create_with("a", "");
	put_sectors(file, "abcd");
	ck_assert_int_eq(disk_fsync(disk, file), 0);
	put_sectors(file, "ABCD");
	sectors_of(CRASH_BUT_FIRST, 0, found);
	ck_assert_str_eq(found, "aBCD");
	sectors_of(CRASH_LAST, 0, found);
	ck_assert_str_eq(found, "abcD");
	end();
}
END_TEST

START_TEST(half_of_the_sectors_is_any_half)
{
	bool seen[16] = { false };
	char found[5];
	int file;

	begin();
	file = create_with("a", "");
	put_sectors(file, "abcd");
	ck_assert_int_eq(disk_fsync(disk, file), 0);
	put_sectors(file, "ABCD");
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		size_t which = 0;

		sectors_of(CRASH_HALF, seed, found);
		for (size_t i = 0; i < 4; i++) {
			ck_assert(found[i] == "abcd"[i] ||
				  found[i] == "ABCD"[i]);
			which = 2 * which + (found[i] == "ABCD"[i]);
		}
		seen[which] = true;
	}
	for (size_t i = 0; i < 16; i++)
		ck_assert(seen[i]);
	end();
}
END_TEST

/* A sector is written as a whole: what was synced of it stays. */
START_TEST(garbage_is_only_where_something_was_to_be_written)
{
	size_t garbage = 0;
	int file;

	begin();
	file = create_with("a", "synced");
	put(file, "12345678", 6);
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct memory_disk *left =
		    memory_disk_crash(memory, CRASH_HALF_GARBAGE, seed);
		size_t len = 0;
		const char *data = memory_disk_file(left, "a", &len);

		ck_assert_uint_le(len, 14);
		ck_assert(memcmp(data, "synced", 6) == 0);
		garbage += len == 14 && memcmp(data + 6, "12345678", 8) != 0;
		memory_disk_destroy(left);
	}
	ck_assert_uint_gt(garbage, SEEDS / 4);
	ck_assert_uint_lt(garbage, SEEDS);
	end();
}
END_TEST

START_TEST(the_same_seed_leaves_the_same)
{
	int file;

	begin();
	file = create_with("a", "");
	put_sectors(file, "abcd");
	(void)create("b");
	for (enum crash_shape shape = 0; shape < CRASH_SHAPES; shape++) {
		struct memory_disk *one = memory_disk_crash(memory, shape, 5);
		struct memory_disk *two = memory_disk_crash(memory, shape, 5);

		ck_assert(memory_disk_equal(one, two));
		memory_disk_put(two, "a", "x", 1);
		ck_assert(!memory_disk_equal(one, two));
		memory_disk_destroy(one);
		memory_disk_destroy(two);
	}
	end();
}
END_TEST

/* --- what goes wrong --------------------------------------------------------
 */

START_TEST(a_failed_sync_drops_what_it_was_to_make_last)
{
	int file;

	begin();
	file = create_with("a", "old");
	put(file, "new", 0);
	memory_disk_fail(memory,
	    (struct disk_fault){ DISK_CALL_FDATASYNC, 1, EIO, false });
	ck_assert_int_eq(disk_fdatasync(disk, file), EIO);
	expect(memory, "a", "new");
	ck_assert_int_eq(disk_fdatasync(disk, file), 0);
	expect(memory, "a", "new");
	expect_after(CRASH_KILL, "a", "new");
	expect_after(CRASH_ALL, "a", "old");
	disk_drop_cache(disk, file);
	expect(memory, "a", "old");
	end();
}
END_TEST

START_TEST(dropping_the_cache_loses_nothing_else)
{
	int file;

	begin();
	file = create_with("a", "old");
	put(file, "new", 0);
	disk_drop_cache(disk, file);
	expect(memory, "a", "new");
	expect_after(CRASH_NOTHING, "a", "old");
	end();
}
END_TEST

START_TEST(the_nth_call_fails_once_or_forever)
{
	uint64_t size;
	int file;

	begin();
	file = create("a");
	memory_disk_fail(memory,
	    (struct disk_fault){ DISK_CALL_SIZE, 2, EIO, false });
	memory_disk_fail(memory,
	    (struct disk_fault){ DISK_CALL_SIZE, 4, ENOMEM, true });
	ck_assert_int_eq(disk_size(disk, file, &size), 0);
	ck_assert_int_eq(disk_size(disk, file, &size), EIO);
	ck_assert_int_eq(disk_size(disk, file, &size), 0);
	ck_assert_int_eq(disk_ftruncate(disk, file, 3), 0);
	ck_assert_int_eq(disk_size(disk, file, &size), ENOMEM);
	ck_assert_int_eq(disk_size(disk, file, &size), ENOMEM);
	ck_assert_uint_eq(memory_disk_failures(memory), 3);
	memory_disk_heal(memory);
	ck_assert_int_eq(disk_size(disk, file, &size), 0);
	ck_assert_uint_eq(memory_disk_calls(memory, DISK_CALL_SIZE), 6);
	ck_assert_uint_eq(memory_disk_calls(memory, DISK_CALL_ANY), 8);
	end();
}
END_TEST

static int
call_open(int file)
{
	return disk_open(disk, "b", DISK_CREATE, &file);
}

static int
call_pread(int file)
{
	char byte;

	return disk_read(disk, file, &byte, 1, 0, NULL);
}

static int
call_pwrite(int file)
{
	return disk_write(disk, file, "x", 1, 0);
}

static int
call_fdatasync(int file)
{
	return disk_fdatasync(disk, file);
}

static int
call_fsync(int file)
{
	return disk_fsync(disk, file);
}

static int
call_ftruncate(int file)
{
	return disk_ftruncate(disk, file, 0);
}

static int
call_fallocate(int file)
{
	return disk_fallocate(disk, file, 9);
}

static int
call_size(int file)
{
	uint64_t size;

	return disk_size(disk, file, &size);
}

static int
call_rename(int file)
{
	(void)file;
	return disk_rename(disk, "a", "c");
}

static int
call_unlink(int file)
{
	(void)file;
	return disk_unlink(disk, "a");
}

static int
call_list(int file)
{
	char names[64] = "";

	(void)file;
	return disk_list(disk, add_name, names);
}

static int
call_sync_dir(int file)
{
	(void)file;
	return disk_sync_dir(disk, false);
}

static int
call_make_quarantine(int file)
{
	(void)file;
	return disk_make_quarantine(disk);
}

static int
call_lock(int file)
{
	return disk_lock(disk, file);
}

static int
call_free_bytes(int file)
{
	uint64_t bytes;

	(void)file;
	return disk_free_bytes(disk, &bytes);
}

static int (*const calls[DISK_CALLS])(int file) = { NULL, call_open, call_pread,
	call_pwrite, call_fdatasync, call_fsync, call_ftruncate, call_fallocate,
	call_size, call_rename, call_unlink, call_list, call_sync_dir,
	call_make_quarantine, call_lock, call_free_bytes };

/* Fails as told, changes nothing that is read, succeeds the next time. */
START_TEST(every_call_can_fail)
{
	struct memory_disk *before;
	int file;

	begin();
	file = create("a");
	put(file, "text", 0);
	before = memory_disk_crash(memory, CRASH_KILL, 0);
	memory_disk_fail(memory,
	    (struct disk_fault){ (enum disk_call)_i, 1, ENXIO, false });
	ck_assert_int_eq(calls[_i](file), ENXIO);
	expect(memory, "a", "text");
	ck_assert_ptr_null(memory_disk_name(memory, 1));
	if (_i != DISK_CALL_FSYNC && _i != DISK_CALL_FDATASYNC)
		ck_assert(memory_disk_equal(before, memory));
	ck_assert_int_eq(calls[_i](file), 0);
	memory_disk_destroy(before);
	end();
}
END_TEST

START_TEST(a_stopped_process_changes_nothing)
{
	struct memory_disk *before;
	int file;

	begin();
	file = create("a");
	memory_disk_stop_after(memory, 1);
	put(file, "text", 0);
	before = memory_disk_crash(memory, CRASH_KILL, 0);
	for (int i = DISK_CALL_ANY + 1; i < DISK_CALLS; i++)
		ck_assert_int_eq(calls[i](file), EIO);
	ck_assert(memory_disk_equal(before, memory));
	expect_after(CRASH_NOTHING, "a", NULL);
	expect_after(CRASH_ALL, "a", "text");
	memory_disk_destroy(before);
	end();
}
END_TEST

START_TEST(reads_and_writes_may_stop_halfway)
{
	char got[8] = "";
	int file;

	begin();
	file = create("a");
	memory_disk_fail(memory,
	    (struct disk_fault){ DISK_CALL_PWRITE, 1, 0, false });
	ck_assert_int_eq(disk->ops->pwrite(disk, file, "12345678", 8, 0), 4);
	expect(memory, "a", "1234");
	memory_disk_fail(memory,
	    (struct disk_fault){ DISK_CALL_PREAD, 1, 0, true });
	ck_assert_int_eq(disk->ops->pread(disk, file, got, 4, 0), 2);
	ck_assert_int_eq(disk_read(disk, file, got, 4, 0, NULL), 0);
	ck_assert_str_eq(got, "1234");
	end();
}
END_TEST

static void
count_call(struct memory_disk *of, enum disk_call call, void *counts)
{
	(void)of;
	((unsigned *)counts)[call]++;
}

START_TEST(changes_are_watched)
{
	static const bool changes[DISK_CALLS] = { [DISK_CALL_OPEN] = true,
		[DISK_CALL_PWRITE] = true,
		[DISK_CALL_FDATASYNC] = true,
		[DISK_CALL_FSYNC] = true,
		[DISK_CALL_FTRUNCATE] = true,
		[DISK_CALL_FALLOCATE] = true,
		[DISK_CALL_RENAME] = true,
		[DISK_CALL_UNLINK] = true,
		[DISK_CALL_SYNC_DIR] = true,
		[DISK_CALL_MAKE_QUARANTINE] = true };
	unsigned counts[DISK_CALLS] = { 0 };
	int file;

	begin();
	file = create("a");
	put(file, "text", 0);
	memory_disk_watch(memory, count_call, counts);
	(void)calls[_i](file);
	for (int i = 0; i < DISK_CALLS; i++)
		ck_assert_uint_eq(counts[i], i == _i && changes[i]);
	end();
}
END_TEST

/* --- what decays ------------------------------------------------------------
 */

static const char record[] = "0123456789abcdef0123456789ABCDEF";
#define RECORD_LEN (sizeof(record) - 1)

/* Says which bytes are others than before, and no byte too few. */
START_TEST(damage_says_where_it_is)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct damage damage;
		const char *data;
		size_t len = 0;

		begin();
		(void)create_with("a", record);
		damage = memory_disk_damage(memory, "a", RECORD_LEN,
		    (enum damage_kind)_i, seed);
		data = memory_disk_file(memory, "a", &len);
		ck_assert_uint_lt(damage.from, damage.to);
		ck_assert(_i == DAMAGE_REMOVED || data != NULL);
		for (size_t i = 0; i < len || i < RECORD_LEN; i++) {
			bool same =
			    i < len && i < RECORD_LEN && data[i] == record[i];

			if (i < damage.from || i >= damage.to)
				ck_assert(same);
			else if (i == damage.from || i == damage.to - 1)
				ck_assert(!same);
		}
		expect_after(CRASH_NOTHING, "b", NULL);
		end();
	}
}
END_TEST

START_TEST(a_copy_stands_where_the_end_is_said_to_be)
{
	size_t len = 0;
	const char *data;
	struct damage damage;

	begin();
	(void)create_with("a", "0123456789abcdef<end>         ");
	damage = memory_disk_damage(memory, "a", 16, DAMAGE_COPY, 3);
	data = memory_disk_file(memory, "a", &len);
	ck_assert_uint_eq(damage.from, 16);
	ck_assert(memcmp(data + 16, data + 16 - (damage.to - 16),
		      damage.to - 16) == 0);
	end();
}
END_TEST

START_TEST(damage_lasts)
{
	begin();
	(void)create_with("a", record);
	(void)memory_disk_damage(memory, "a", RECORD_LEN, (enum damage_kind)_i,
	    1);
	for (enum crash_shape shape = 0; shape < CRASH_SHAPES; shape++) {
		struct memory_disk *left = memory_disk_crash(memory, shape, 0);

		ck_assert(memory_disk_equal(left, memory));
		memory_disk_destroy(left);
	}
	end();
}
END_TEST

SUITE(memory_disk)
{
	tcase_add_test(tests, shows_what_was_written);
	tcase_add_test(tests, reads_no_further_than_the_end);
	tcase_add_test(tests, has_zeros_where_nothing_was_written);
	tcase_add_test(tests, opens_by_name);
	tcase_add_test(tests, lists_the_files_of_the_directory_itself);
	tcase_add_test(tests, a_rename_takes_the_place_of_another);
	tcase_add_test(tests, a_file_can_be_read_after_its_name_is_gone);
	tcase_add_test(tests, a_lock_keeps_others_out_until_it_is_closed);
	tcase_add_test(tests, the_clock_is_set_by_the_test);
	tcase_add_test(tests, is_full_when_its_capacity_is_reached);
	tcase_add_test(tests, nothing_lasts_but_what_was_synced);
	tcase_add_test(tests, a_name_needs_its_directory);
	tcase_add_test(tests, so_does_a_name_that_goes);
	tcase_add_test(tests, the_quarantine_is_a_directory_of_its_own);
	tcase_add_test(tests, a_kill_loses_nothing_and_syncs_nothing);
	tcase_add_test(tests, a_crash_ends_locks_and_open_files);
	tcase_add_test(tests, only_a_power_cut_is_another_boot);
	tcase_add_test(tests, a_prefix_is_torn_at_any_byte);
	tcase_add_test(tests, all_but_the_first_sector);
	tcase_add_test(tests, half_of_the_sectors_is_any_half);
	tcase_add_test(tests,
	    garbage_is_only_where_something_was_to_be_written);
	tcase_add_test(tests, the_same_seed_leaves_the_same);
	tcase_add_test(tests, a_failed_sync_drops_what_it_was_to_make_last);
	tcase_add_test(tests, dropping_the_cache_loses_nothing_else);
	tcase_add_test(tests, the_nth_call_fails_once_or_forever);
	tcase_add_loop_test(tests, every_call_can_fail, DISK_CALL_ANY + 1,
	    DISK_CALLS);
	tcase_add_test(tests, a_stopped_process_changes_nothing);
	tcase_add_test(tests, reads_and_writes_may_stop_halfway);
	tcase_add_loop_test(tests, changes_are_watched, DISK_CALL_ANY + 1,
	    DISK_CALLS);
	tcase_add_loop_test(tests, damage_says_where_it_is, 0, DAMAGE_KINDS);
	tcase_add_test(tests, a_copy_stands_where_the_end_is_said_to_be);
	tcase_add_loop_test(tests, damage_lasts, 0, DAMAGE_KINDS);
}
