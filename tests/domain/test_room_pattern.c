#include "domain/room_pattern.h"

#include "tests/suite.h"

static const struct {
	struct str pattern;
	bool is_valid;
} patterns[] = {
	{ STR("tea"), true },
	{ STR("builds-*"), true },
	{ STR("*"), true },
	{ STR(""), false },
	{ STR_ABSENT, false },
	{ STR("a*b"), false },
	{ STR("**"), false },
	{ STR("a b"), false },
	{ STR("@a"), false },
};

START_TEST(validates_patterns)
{
	ck_assert_int_eq(room_pattern_is_valid(patterns[_i].pattern),
	    patterns[_i].is_valid);
}
END_TEST

static const struct {
	struct str patterns, id;
	bool match;
} matches[] = {
	{ STR_ABSENT, STR("tea"), true },
	{ STR(""), STR("tea"), false },
	{ STR("tea "), STR("tea"), true },
	{ STR("tea"), STR("tea"), true },
	{ STR("tea "), STR("teas"), false },
	{ STR("tea "), STR("te"), false },
	{ STR("tea* "), STR("te"), false },
	{ STR("tea* "), STR("tea"), true },
	{ STR("tea* "), STR("teas"), true },
	{ STR("a b* c "), STR("bb"), true },
	{ STR("a b* c "), STR("c"), true },
	{ STR("a b* c "), STR("d"), false },
	{ STR("* "), STR("d"), true },
	{ STR("* "), STR(""), true },
};

START_TEST(matches_ids)
{
	ck_assert_int_eq(room_patterns_match(matches[_i].patterns,
			     matches[_i].id),
	    matches[_i].match);
}
END_TEST

SUITE(room_pattern)
{
	tcase_add_loop_test(tests, validates_patterns, 0, COUNT_OF(patterns));
	tcase_add_loop_test(tests, matches_ids, 0, COUNT_OF(matches));
}
