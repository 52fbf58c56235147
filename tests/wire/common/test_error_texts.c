#include "wire/common/error_texts.h"

#include "tests/suite.h"

static const struct error_text table[] = {
	{ CHAT_NOT_IN_ROOM, STR("leave"), STR("Not in any room") },
	{ CHAT_NOT_IN_ROOM, ANY_COMMAND, STR("You must join a room first") },
	{ CHAT_RATE_LIMITED, ANY_COMMAND, STR("Slow down") },
};

static const struct {
	struct failure failure;
	struct str text, plain;
} cases[] = {
	{ { .error = CHAT_NOT_IN_ROOM, .command = STR("leave") },
	    STR("Not in any room"), STR("Not in this room") },
	{ { .error = CHAT_NOT_IN_ROOM, .command = STR("message") },
	    STR("You must join a room first"), STR("Not in this room") },
	{ { .error = CHAT_NOT_IN_ROOM }, STR("You must join a room first"),
	    STR("Not in this room") },
	{ { .error = CHAT_RATE_LIMITED, .text = STR("Shut up") },
	    STR("Slow down"), STR("Shut up") },
	{ { .error = CHAT_ROOM_FULL }, STR_ABSENT, STR("Room is full") },
};

START_TEST(finds_the_first_matching_row)
{
	struct str text =
	    error_text_find(table, COUNT_OF(table), &cases[_i].failure);

	ck_assert(str_equal(text, cases[_i].text));
	ck_assert_int_eq(text.data == NULL, cases[_i].text.data == NULL);
	ck_assert(str_equal(error_text_plain(&cases[_i].failure),
	    cases[_i].plain));
}
END_TEST

SUITE(error_texts)
{
	tcase_add_loop_test(tests, finds_the_first_matching_row, 0,
	    COUNT_OF(cases));
}
