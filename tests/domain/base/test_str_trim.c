#include "domain/base/str_trim.h"

#include "tests/suite.h"

static const struct {
	struct str text, wanted;
} texts[] = {
	{ { "", 0 }, { "", 0 } },
	{ { " ", 1 }, { "", 0 } },
	{ { " \t ", 3 }, { "", 0 } },
	{ { "a", 1 }, { "a", 1 } },
	{ { "\t a b\t", 6 }, { "a b", 3 } },
	{ { "\r\na", 3 }, { "\r\na", 3 } },
	/* strchr() would find a NUL in any set. */
	{ { "\0a\0", 3 }, { "\0a\0", 3 } },
};

START_TEST(removes_blanks_around_a_text)
{
	struct str out = str_trim(texts[_i].text, STR_BLANKS);

	ck_assert(str_equal(out, texts[_i].wanted));
}
END_TEST

START_TEST(removes_the_given_characters_only)
{
	ck_assert(str_equal(str_trim(STR(" a\r "), STR(" \r")), STR("a")));
	ck_assert(str_equal(str_trim(STR("\ta "), STR(" ")), STR("\ta")));
}
END_TEST

SUITE(str_trim)
{
	tcase_add_loop_test(tests, removes_blanks_around_a_text, 0,
	    sizeof(texts) / sizeof(texts[0]));
	tcase_add_test(tests, removes_the_given_characters_only);
}
