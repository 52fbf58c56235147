#include "cmd/parley/read_position.h"

#include "tests/suite.h"

static struct read_position position;

static void
setup(void)
{
	position = (struct read_position){ 0 };
	ck_assert(read_position_enter(&position, STR("tea"), STR("e1")));
	ck_assert(read_position_set(&position, STR("e1"), 5));
}

START_TEST(accepts_each_message_once_in_order)
{
	ck_assert_int_eq(read_position_read(&position, 6), READ_NEXT);
	ck_assert_int_eq(read_position_read(&position, 6), READ_DUPLICATE);
	ck_assert_int_eq(read_position_read(&position, 8), READ_GAP);
	ck_assert_int_eq(read_position_read(&position, 7), READ_NEXT);
	ck_assert_int_eq(read_position_read(&position, 8), READ_NEXT);
	ck_assert_uint_eq(position.seq, 8);
}
END_TEST

START_TEST(accepts_messages_without_seq)
{
	ck_assert_int_eq(read_position_read(&position, 0), READ_NEXT);
	ck_assert_uint_eq(position.seq, 5);
}
END_TEST

START_TEST(never_moves_back_within_an_epoch)
{
	ck_assert(read_position_set(&position, STR("e1"), 3));
	ck_assert_uint_eq(position.seq, 5);
	ck_assert(read_position_set(&position, STR("e1"), 9));
	ck_assert_uint_eq(position.seq, 9);
}
END_TEST

START_TEST(restarts_with_a_new_epoch)
{
	ck_assert(read_position_set(&position, STR("e2"), 0));
	ck_assert_uint_eq(position.seq, 0);
	ck_assert(str_equal(read_position_epoch(&position), STR("e2")));
}
END_TEST

START_TEST(keeps_its_position_on_reentry)
{
	ck_assert(read_position_enter(&position, STR("tea"), STR("e1")));
	ck_assert_uint_eq(position.seq, 5);
	ck_assert(read_position_enter(&position, STR("den"), STR("e1")));
	ck_assert_uint_eq(position.seq, 0);
	read_position_leave(&position);
	ck_assert_ptr_null(read_position_room(&position).data);
	ck_assert_ptr_null(read_position_epoch(&position).data);
}
END_TEST

START_TEST(rejects_invalid_ids)
{
	char name[READ_POSITION_TEXT_SIZE];

	memset(name, 'a', sizeof(name));
	ck_assert(!read_position_enter(&position, str_slice(name, sizeof(name)),
	    STR("")));
	ck_assert(!read_position_enter(&position, STR(""), STR("")));
	ck_assert(!read_position_enter(&position, STR("a\0b"), STR("")));
	ck_assert(!read_position_set(&position, str_slice(name, sizeof(name)),
	    1));
}
END_TEST

SUITE(read_position)
{
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, accepts_each_message_once_in_order);
	tcase_add_test(tests, accepts_messages_without_seq);
	tcase_add_test(tests, never_moves_back_within_an_epoch);
	tcase_add_test(tests, restarts_with_a_new_epoch);
	tcase_add_test(tests, keeps_its_position_on_reentry);
	tcase_add_test(tests, rejects_invalid_ids);
}
