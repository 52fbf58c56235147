#include "cmd/parley/place.h"

#include "tests/suite.h"

static struct place place;

static void
setup(void)
{
	place = (struct place){ 0 };
	ck_assert(place_enter(&place, STR("tea"), STR("e1")));
	ck_assert(place_go_on(&place, STR("e1"), 5));
}

START_TEST(reads_each_message_once_and_in_order)
{
	ck_assert_int_eq(place_read(&place, 6), PLACE_READ);
	ck_assert_int_eq(place_read(&place, 6), PLACE_DOUBLE);
	ck_assert_int_eq(place_read(&place, 8), PLACE_HOLE);
	ck_assert_int_eq(place_read(&place, 7), PLACE_READ);
	ck_assert_int_eq(place_read(&place, 8), PLACE_READ);
	ck_assert_uint_eq(place.seq, 8);
}
END_TEST

START_TEST(reads_what_has_no_number)
{
	ck_assert_int_eq(place_read(&place, 0), PLACE_READ);
	ck_assert_uint_eq(place.seq, 5);
}
END_TEST

START_TEST(does_not_go_back_within_an_epoch)
{
	ck_assert(place_go_on(&place, STR("e1"), 3));
	ck_assert_uint_eq(place.seq, 5);
	ck_assert(place_go_on(&place, STR("e1"), 9));
	ck_assert_uint_eq(place.seq, 9);
}
END_TEST

START_TEST(begins_anew_with_an_epoch)
{
	ck_assert(place_go_on(&place, STR("e2"), 0));
	ck_assert_uint_eq(place.seq, 0);
	ck_assert(str_equal(place_epoch(&place), STR("e2")));
}
END_TEST

START_TEST(stays_where_it_is_if_it_enters_again)
{
	ck_assert(place_enter(&place, STR("tea"), STR("e1")));
	ck_assert_uint_eq(place.seq, 5);
	ck_assert(place_enter(&place, STR("den"), STR("e1")));
	ck_assert_uint_eq(place.seq, 0);
	place_leave(&place);
	ck_assert_ptr_null(place_room(&place).data);
	ck_assert_ptr_null(place_epoch(&place).data);
}
END_TEST

START_TEST(refuses_what_cannot_be_a_name)
{
	char name[PLACE_TEXT_SIZE];

	memset(name, 'a', sizeof(name));
	ck_assert(!place_enter(&place, str_slice(name, sizeof(name)), STR("")));
	ck_assert(!place_enter(&place, STR(""), STR("")));
	ck_assert(!place_enter(&place, STR("a\0b"), STR("")));
	ck_assert(!place_go_on(&place, str_slice(name, sizeof(name)), 1));
}
END_TEST

SUITE(place)
{
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, reads_each_message_once_and_in_order);
	tcase_add_test(tests, reads_what_has_no_number);
	tcase_add_test(tests, does_not_go_back_within_an_epoch);
	tcase_add_test(tests, begins_anew_with_an_epoch);
	tcase_add_test(tests, stays_where_it_is_if_it_enters_again);
	tcase_add_test(tests, refuses_what_cannot_be_a_name);
}
