/* The content of a memory disk after a crash, and after damage. */
#include <string.h>

#include "tests/suite.h"
#include "tests/support/persistence/disk_rig.h"

#define SEEDS 200

START_TEST(only_synced_data_survives)
{
	int file;

	disk_rig_begin();
	file = disk_rig_create_with("a", "old");
	disk_rig_put(file, "new!", 0);
	disk_rig_expect_after(CRASH_NOTHING, "a", "old");
	disk_rig_expect_after(CRASH_ALL, "a", "new!");
	disk_rig_expect_after(CRASH_NAMES, "a", "old");
	disk_rig_expect_after(CRASH_DATA, "a", "new!");
	disk_rig_expect_after(CRASH_LAST, "a", "new!");
	ck_assert_int_eq(disk_fdatasync(disk, file), 0);
	for (enum crash_shape shape = 0; shape < CRASH_SHAPES; shape++)
		disk_rig_expect_after(shape, "a", "new!");
	disk_rig_end();
}
END_TEST

/* The text of a file is synced; its name needs a sync of its directory. */
static void
name_check_crashes(const char *name, bool in_quarantine)
{
	int file = disk_rig_create(name);

	disk_rig_put(file, "text", 0);
	ck_assert_int_eq(disk_fsync(disk, file), 0);
	disk_rig_expect_after(CRASH_NOTHING, name, NULL);
	disk_rig_expect_after(CRASH_DATA, name, NULL);
	disk_rig_expect_after(CRASH_NAMES, name, "text");
	ck_assert_int_eq(disk_sync_dir(disk, !in_quarantine), 0);
	disk_rig_expect_after(CRASH_NOTHING, name, NULL);
	ck_assert_int_eq(disk_sync_dir(disk, in_quarantine), 0);
	disk_rig_expect_after(CRASH_NOTHING, name, "text");
}

START_TEST(a_name_needs_its_directory)
{
	disk_rig_begin();
	name_check_crashes("a", false);
	disk_rig_end();
}
END_TEST

START_TEST(the_quarantine_is_a_directory_of_its_own)
{
	disk_rig_begin();
	ck_assert_int_eq(disk_make_quarantine(disk), 0);
	name_check_crashes("quarantine/x", true);
	disk_rig_end();
}
END_TEST

START_TEST(a_removal_needs_its_directory)
{
	disk_rig_begin();
	(void)disk_rig_create_with("a", "text");
	ck_assert_int_eq(disk_rename(disk, "a", "b"), 0);
	disk_rig_expect_after(CRASH_NOTHING, "a", "text");
	disk_rig_expect_after(CRASH_NOTHING, "b", NULL);
	disk_rig_expect_after(CRASH_ALL, "a", NULL);
	disk_rig_expect_after(CRASH_ALL, "b", "text");
	ck_assert_int_eq(disk_sync_dir(disk, false), 0);
	ck_assert_int_eq(disk_unlink(disk, "b"), 0);
	disk_rig_expect_after(CRASH_NOTHING, "b", "text");
	ck_assert_int_eq(disk_sync_dir(disk, false), 0);
	disk_rig_expect_after(CRASH_NOTHING, "b", NULL);
	disk_rig_end();
}
END_TEST

START_TEST(a_move_needs_both_directories)
{
	disk_rig_begin();
	ck_assert_int_eq(disk_make_quarantine(disk), 0);
	(void)disk_rig_create_with("a", "text");
	ck_assert_int_eq(disk_rename(disk, "a", "quarantine/a"), 0);
	ck_assert_int_eq(disk_sync_dir(disk, true), 0);
	disk_rig_expect_after(CRASH_NOTHING, "quarantine/a", "text");
	disk_rig_expect_after(CRASH_NOTHING, "a", "text");
	ck_assert_int_eq(disk_sync_dir(disk, false), 0);
	disk_rig_expect_after(CRASH_NOTHING, "a", NULL);
	disk_rig_end();
}
END_TEST

/* The process ends, but not the system, which may crash later. */
START_TEST(a_kill_loses_nothing_and_syncs_nothing)
{
	struct memory_disk *left;
	int file;

	disk_rig_begin();
	file = disk_rig_create_with("a", "old");
	disk_rig_put(file, "new", 0);
	(void)disk_rig_create("b");
	left = memory_disk_crash(memory, CRASH_KILL, 0);
	disk_rig_end();
	memory = left;
	disk_rig_expect(memory, "a", "new");
	disk_rig_expect(memory, "b", "");
	disk_rig_expect_after(CRASH_NOTHING, "a", "old");
	disk_rig_expect_after(CRASH_NOTHING, "b", NULL);
	disk = memory_disk_disk(memory);
	ck_assert_int_eq(disk_open(disk, "a", DISK_READ, &file), 0);
	ck_assert_int_eq(disk_fsync(disk, file), 0);
	ck_assert_int_eq(disk_sync_dir(disk, false), 0);
	disk_rig_expect_after(CRASH_NOTHING, "a", "new");
	disk_rig_expect_after(CRASH_NOTHING, "b", "");
	disk_rig_end();
}
END_TEST

START_TEST(a_crash_ends_locks_and_open_files)
{
	struct memory_disk *left;
	int file;

	disk_rig_begin();
	file = disk_rig_create_with("LOCK", "");
	ck_assert_int_eq(disk_lock(disk, file), 0);
	left = memory_disk_crash(memory, CRASH_KILL, 0);
	disk_rig_end();
	memory = left;
	disk = memory_disk_disk(left);
	ck_assert_uint_eq(memory_disk_open_files(left), 0);
	ck_assert_int_eq(disk_open(disk, "LOCK", DISK_WRITE, &file), 0);
	ck_assert_int_eq(disk_lock(disk, file), 0);
	disk_rig_end();
}
END_TEST

START_TEST(only_a_power_cut_is_another_boot)
{
	uint8_t id[BOOT_ID_SIZE], other[BOOT_ID_SIZE];

	disk_rig_begin();
	disk_boot_id(disk, id);
	for (enum crash_shape shape = 0; shape < CRASH_SHAPES; shape++) {
		struct memory_disk *left = memory_disk_crash(memory, shape, 0);

		disk_boot_id(memory_disk_disk(left), other);
		ck_assert_int_eq(memcmp(id, other, sizeof(id)) == 0,
		    shape == CRASH_KILL);
		memory_disk_destroy(left);
	}
	disk_rig_end();
}
END_TEST

/* The index of the text that is found; the last one for any other text. */
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

	disk_rig_begin();
	file = disk_rig_create_with("a", "");
	disk_rig_put(file, "1234", 0);
	disk_rig_put(file, "xy", 4);
	for (uint64_t seed = 0; seed < SEEDS; seed++)
		found[which_is_left(CRASH_PREFIX, seed, texts, 7)]++;
	for (size_t i = 0; i < 7; i++)
		ck_assert_uint_gt(found[i], 0);
	ck_assert_uint_eq(found[7], 0);
	disk_rig_end();
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

	disk_rig_begin();
	file = disk_rig_create_with("a", "");
	put_sectors(file, "abcd");
	ck_assert_int_eq(disk_fsync(disk, file), 0);
	put_sectors(file, "ABCD");
	sectors_of(CRASH_BUT_FIRST, 0, found);
	ck_assert_str_eq(found, "aBCD");
	sectors_of(CRASH_LAST, 0, found);
	ck_assert_str_eq(found, "abcD");
	disk_rig_end();
}
END_TEST

START_TEST(half_of_the_sectors_is_any_half)
{
	bool seen[16] = { false };
	char found[5];
	int file;

	disk_rig_begin();
	file = disk_rig_create_with("a", "");
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
	disk_rig_end();
}
END_TEST

/* A sector is written as a whole: what was synced of it stays. */
START_TEST(garbage_is_only_where_something_was_to_be_written)
{
	size_t garbage = 0;
	int file;

	disk_rig_begin();
	file = disk_rig_create_with("a", "synced");
	disk_rig_put(file, "12345678", 6);
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
	disk_rig_end();
}
END_TEST

START_TEST(the_same_seed_leaves_the_same)
{
	int file;

	disk_rig_begin();
	file = disk_rig_create_with("a", "");
	put_sectors(file, "abcd");
	(void)disk_rig_create("b");
	for (enum crash_shape shape = 0; shape < CRASH_SHAPES; shape++) {
		struct memory_disk *one = memory_disk_crash(memory, shape, 5);
		struct memory_disk *two = memory_disk_crash(memory, shape, 5);

		ck_assert(memory_disk_equal(one, two));
		memory_disk_put(two, "a", "x", 1);
		ck_assert(!memory_disk_equal(one, two));
		memory_disk_destroy(one);
		memory_disk_destroy(two);
	}
	disk_rig_end();
}
END_TEST

static const char record[] = "0123456789abcdef0123456789ABCDEF";
#define RECORD_LEN (sizeof(record) - 1)

/* Reports every byte that changed. */
START_TEST(damage_has_its_place)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct damage damage;
		const char *data;
		size_t len = 0;

		disk_rig_begin();
		(void)disk_rig_create_with("a", record);
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
		disk_rig_expect_after(CRASH_NOTHING, "b", NULL);
		disk_rig_end();
	}
}
END_TEST

START_TEST(a_copy_is_put_at_the_recorded_end)
{
	size_t len = 0;
	const char *data;
	struct damage damage;

	disk_rig_begin();
	(void)disk_rig_create_with("a", "0123456789abcdef<end>         ");
	damage = memory_disk_damage(memory, "a", 16, DAMAGE_COPY, 3);
	data = memory_disk_file(memory, "a", &len);
	ck_assert_uint_eq(damage.from, 16);
	ck_assert(memcmp(data + 16, data + 16 - (damage.to - 16),
		      damage.to - 16) == 0);
	disk_rig_end();
}
END_TEST

START_TEST(damage_lasts)
{
	disk_rig_begin();
	(void)disk_rig_create_with("a", record);
	(void)memory_disk_damage(memory, "a", RECORD_LEN, (enum damage_kind)_i,
	    1);
	for (enum crash_shape shape = 0; shape < CRASH_SHAPES; shape++) {
		struct memory_disk *left = memory_disk_crash(memory, shape, 0);

		ck_assert(memory_disk_equal(left, memory));
		memory_disk_destroy(left);
	}
	disk_rig_end();
}
END_TEST

SUITE(memory_disk_crash)
{
	tcase_add_test(tests, only_synced_data_survives);
	tcase_add_test(tests, a_name_needs_its_directory);
	tcase_add_test(tests, the_quarantine_is_a_directory_of_its_own);
	tcase_add_test(tests, a_removal_needs_its_directory);
	tcase_add_test(tests, a_move_needs_both_directories);
	tcase_add_test(tests, a_kill_loses_nothing_and_syncs_nothing);
	tcase_add_test(tests, a_crash_ends_locks_and_open_files);
	tcase_add_test(tests, only_a_power_cut_is_another_boot);
	tcase_add_test(tests, a_prefix_is_torn_at_any_byte);
	tcase_add_test(tests, all_but_the_first_sector);
	tcase_add_test(tests, half_of_the_sectors_is_any_half);
	tcase_add_test(tests,
	    garbage_is_only_where_something_was_to_be_written);
	tcase_add_test(tests, the_same_seed_leaves_the_same);
	tcase_add_loop_test(tests, damage_has_its_place, 0, DAMAGE_KINDS);
	tcase_add_test(tests, a_copy_is_put_at_the_recorded_end);
	tcase_add_loop_test(tests, damage_lasts, 0, DAMAGE_KINDS);
}
