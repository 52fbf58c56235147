#include "domain/right.h"

#include "tests/suite.h"

static const struct {
	struct str word;
	unsigned rights;
} words[] = {
	{ STR("list"), RIGHT_LIST | RIGHT_CONNECT },
	{ STR("join"), RIGHT_JOIN | RIGHT_CONNECT },
	{ STR("read"), RIGHT_READ | RIGHT_LIST | RIGHT_JOIN | RIGHT_CONNECT },
	{ STR("dm"), RIGHT_DM | RIGHT_CONNECT },
	{ STR("post"), RIGHT_POST | RIGHT_DM | RIGHT_CONNECT },
	{ STR("create"), RIGHT_CREATE_ROOMS | RIGHT_CONNECT },
	{ STR("rename"), RIGHT_RENAME | RIGHT_CONNECT },
	{ STR("upload"), RIGHT_UPLOAD | RIGHT_CONNECT },
	{ STR("moderate"), RIGHT_MODERATE | RIGHT_CONNECT },
	{ STR("admin"), RIGHT_ADMIN | RIGHT_MODERATE | RIGHT_CONNECT },
	{ STR("connect"), RIGHT_CONNECT },
	{ STR("Read"), 0 },
	{ STR("reads"), 0 },
	{ STR(""), 0 },
	{ STR_ABSENT, 0 },
};

START_TEST(a_word_gives_rights)
{
	ck_assert_uint_eq(rights_of_word(words[_i].word), words[_i].rights);
}
END_TEST

START_TEST(a_right_has_a_word)
{
	for (int i = 0; i < 11; i++)
		ck_assert_uint_ne(rights_of_word(right_word(1u << i)) & 1u << i,
		    0);
	ck_assert(str_equal(right_word(RIGHT_POST | RIGHT_ADMIN), STR("post")));
}
END_TEST

START_TEST(moderating_is_not_usual)
{
	ck_assert_uint_eq(RIGHTS_USUAL & (RIGHT_MODERATE | RIGHT_ADMIN), 0);
}
END_TEST

SUITE(right)
{
	tcase_add_loop_test(tests, a_word_gives_rights, 0, COUNT_OF(words));
	tcase_add_test(tests, a_right_has_a_word);
	tcase_add_test(tests, moderating_is_not_usual);
}
