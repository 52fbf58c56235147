#include "cluster/place.h"

#include "domain/base/count_of.h"
#include "tests/suite.h"

static const struct {
	struct str text;
	bool is_place;
	uint64_t number, sub;
} texts[] = {
	{ STR("0-0"), true, 0, 0 },
	{ STR("17-3"), true, 17, 3 },
	{ STR("18446744073709551615-18446744073709551615"), true, UINT64_MAX,
	    UINT64_MAX },
	{ STR("18446744073709551616-0"), false, 0, 0 },
	{ STR(""), false, 0, 0 },
	{ STR("1"), false, 0, 0 },
	{ STR("1-"), false, 0, 0 },
	{ STR("-1"), false, 0, 0 },
	{ STR("1-2-3"), false, 0, 0 },
	{ STR("1-2 "), false, 0, 0 },
	{ STR("+1-2"), false, 0, 0 },
};

START_TEST(reads_places_and_nothing_else)
{
	struct place place;

	ck_assert(place_parse(texts[_i].text, STR("c"), &place) ==
		  texts[_i].is_place);
	if (!texts[_i].is_place)
		return;
	ck_assert_uint_eq(place.number, texts[_i].number);
	ck_assert_uint_eq(place.sub, texts[_i].sub);
	ck_assert_str_eq(place.chain, "c");
}
END_TEST

START_TEST(writes_what_it_reads)
{
	char text[PLACE_TEXT_SIZE];
	struct place place;

	if (place_parse(texts[_i].text, STR(""), &place))
		ck_assert(str_equal(place_format(&place, text),
		    texts[_i].text));
}
END_TEST

START_TEST(refuses_a_long_chain)
{
	struct place place;

	ck_assert(place_parse(STR("1-0"), STR("0123456789abcdef"), &place));
	ck_assert(!place_parse(STR("1-0"), STR("0123456789abcdef0"), &place));
}
END_TEST

START_TEST(orders_places_by_number_then_sub)
{
	static const struct place places[] = { { .number = 0 }, { .sub = 1 },
		{ .number = 1 }, { .number = 1, .sub = 2 }, { .number = 2 } };

	for (size_t i = 0; i < COUNT_OF(places); i++)
		for (size_t j = 0; j < COUNT_OF(places); j++)
			ck_assert_int_eq(place_compare(&places[i], &places[j]),
			    (i > j) - (i < j));
}
END_TEST

START_TEST(the_next_place_has_the_next_number_or_the_next_sub)
{
	struct place at = { .number = 4, .sub = 2 };

	ck_assert(place_is_next(&at, &(struct place){ .number = 5 }));
	ck_assert(place_is_next(&at, &(struct place){ .number = 4, .sub = 3 }));
	ck_assert(!place_is_next(&at,
	    &(struct place){ .number = 4, .sub = 2 }));
	ck_assert(!place_is_next(&at,
	    &(struct place){ .number = 4, .sub = 4 }));
	ck_assert(!place_is_next(&at,
	    &(struct place){ .number = 5, .sub = 3 }));
	ck_assert(!place_is_next(&at, &(struct place){ .number = 6 }));
}
END_TEST

SUITE(place)
{
	tcase_add_loop_test(tests, reads_places_and_nothing_else, 0,
	    COUNT_OF(texts));
	tcase_add_loop_test(tests, writes_what_it_reads, 0, COUNT_OF(texts));
	tcase_add_test(tests, refuses_a_long_chain);
	tcase_add_test(tests, orders_places_by_number_then_sub);
	tcase_add_test(tests,
	    the_next_place_has_the_next_number_or_the_next_sub);
}
