#include "persistence/format/store_names.h"

#include <string.h>

#include "tests/suite.h"

static const uint64_t numbers[] = { 0, 1, 0x123456789abcdef, UINT64_MAX };

START_TEST(reads_the_names_it_gives)
{
	char name[STORE_NAME_SIZE];
	uint64_t lsn = 7;

	segment_name(name, numbers[_i]);
	ck_assert(segment_name_read(name, &lsn));
	ck_assert_uint_eq(lsn, numbers[_i]);
	ck_assert(!snapshot_name_read(name, &lsn));
	snapshot_name(name, numbers[_i]);
	ck_assert(snapshot_name_read(name, &lsn));
	ck_assert_uint_eq(lsn, numbers[_i]);
	ck_assert(!segment_name_read(name, &lsn));
}
END_TEST

START_TEST(spells_names_so_that_they_sort)
{
	char name[STORE_NAME_SIZE];

	segment_name(name, 0xab);
	ck_assert_str_eq(name, "seg-00000000000000ab.log");
	snapshot_name(name, 0xab);
	ck_assert_str_eq(name, "snap-00000000000000ab.snap");
}
END_TEST

START_TEST(knows_no_other_name)
{
	static const char *const names[] = { "", "LOCK", "seg-.log",
		"seg-ab.log", "seg-00000000000000AB.log",
		"seg-00000000000000ab.log.tmp", "seg-00000000000000ab.lo",
		"seg-000000000000000ab.log", "seg- 0000000000000ab.log",
		"seg-0x000000000000ab.log", "Seg-00000000000000ab.log" };
	uint64_t lsn;

	for (size_t i = 0; i < COUNT_OF(names); i++)
		ck_assert_msg(!segment_name_read(names[i], &lsn), "%s",
		    names[i]);
}
END_TEST

START_TEST(knows_what_is_unfinished)
{
	ck_assert(name_is_unfinished("snap-00000000000000ab.snap.tmp"));
	ck_assert(name_is_unfinished(".tmp"));
	ck_assert(!name_is_unfinished("tmp"));
	ck_assert(!name_is_unfinished("seg.tmp.log"));
}
END_TEST

SUITE(store_names)
{
	tcase_add_loop_test(tests, reads_the_names_it_gives, 0, 4);
	tcase_add_test(tests, spells_names_so_that_they_sort);
	tcase_add_test(tests, knows_no_other_name);
	tcase_add_test(tests, knows_what_is_unfinished);
}
