#include "persistence/journal/durable_mark.h"

#include <string.h>

#include "tests/suite.h"

static const uint8_t store_id[STORE_ID_SIZE] = "sixteen bytes id";
static const uint8_t other_id[STORE_ID_SIZE] = "another store's!";

static char file[DURABLE_SIZE];

static void
put(unsigned slot, uint64_t lsn)
{
	durable_slot_write(file + DURABLE_SLOT_AT(slot), store_id, lsn);
}

START_TEST(the_higher_slot_counts_and_the_other_is_next)
{
	unsigned lower;

	ck_assert_uint_eq(durable_mark_read(file, sizeof(file), store_id,
			      &lower),
	    0);
	put(lower, 7);
	ck_assert_uint_eq(durable_mark_read(file, sizeof(file), store_id,
			      &lower),
	    7);
	put(lower, 9);
	ck_assert_uint_eq(durable_mark_read(file, sizeof(file), store_id,
			      &lower),
	    9);
	put(lower, 12);
	ck_assert_uint_eq(durable_mark_read(file, sizeof(file), store_id, NULL),
	    12);
}
END_TEST

START_TEST(a_torn_slot_leaves_the_other)
{
	put(0, 5);
	put(1, 6);
	for (size_t i = 0; i < DURABLE_SLOT_SIZE; i++) {
		unsigned lower;

		put(1, 6);
		file[DURABLE_SLOT_AT(1) + i] ^= 0x10;
		ck_assert_uint_eq(durable_mark_read(file, sizeof(file),
				      store_id, &lower),
		    5);
		ck_assert_uint_eq(lower, 1);
	}
}
END_TEST

START_TEST(a_short_file_has_only_what_is_in_it)
{
	put(0, 5);
	put(1, 6);
	ck_assert_uint_eq(durable_mark_read(file, 63, store_id, NULL), 0);
	ck_assert_uint_eq(durable_mark_read(file, 64, store_id, NULL), 5);
	ck_assert_uint_eq(durable_mark_read(file, sizeof(file) - 1, store_id,
			      NULL),
	    5);
}
END_TEST

START_TEST(another_stores_mark_says_nothing)
{
	put(0, 5);
	ck_assert_uint_eq(durable_mark_read(file, sizeof(file), other_id, NULL),
	    0);
}
END_TEST

SUITE(durable_mark)
{
	tcase_add_test(tests, the_higher_slot_counts_and_the_other_is_next);
	tcase_add_test(tests, a_torn_slot_leaves_the_other);
	tcase_add_test(tests, a_short_file_has_only_what_is_in_it);
	tcase_add_test(tests, another_stores_mark_says_nothing);
}
