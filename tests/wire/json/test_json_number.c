#include "wire/json/json_number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/base/count_of.h"
#include "tests/suite.h"

static const struct {
	const char *number;
	bool is_finite;
} bounds[] = {
	{ "0", true },
	{ "-0.0", true },
	{ "0e9999", true },
	{ "0.000e+999999999999999999999999", true },
	{ "1e308", true },
	{ "1e309", false },
	{ "-1e309", false },
	{ "1e400", false },
	{ "1e-400", true },
	{ "1e-99999999999999999999999999", true },
	{ "1e99999999999999999999999999", false },
	{ "10e308", false },
	{ "10E307", true },
	{ "0.1e309", true },
	{ "0.001e312", false },
	{ "0.001e311", true },
	{ "1.7976931348623157e308", true },
	{ "1.7976931348623158e308", true },
	{ "1.7976931348623159e308", false },
	{ "17976931348623158.0793728971405303415e292", true },
	{ "17976931348623158.0793728971405303416e292", false },
	{ "1.7976931348623158079372897140530341507993413271003782693617e+308",
	    true },
};

START_TEST(knows_the_largest_double)
{
	struct str number = str_from(bounds[_i].number);

	ck_assert_msg(json_number_is_finite(number) == bounds[_i].is_finite,
	    "%s", bounds[_i].number);
	ck_assert_int_eq(isfinite(strtod(bounds[_i].number, NULL)) != 0,
	    bounds[_i].is_finite);
}
END_TEST

/* Random numbers around the largest double, with strtod() as the oracle. */
START_TEST(agrees_with_strtod)
{
	static const struct {
		const char *format;
		int exponent;
	} forms[] = {
		{ "17976931348623%06d.%06de%d", 289 },
		{ "-0.00017976931348623%06d%06dE+%d", 312 },
	};

	srand(1);
	for (int i = 0; i < 100000; i++) {
		char text[65];
		int len = snprintf(text, sizeof(text), forms[i % 2].format,
		    158079 + rand() % 100 - 50, rand() % 1000000,
		    forms[i % 2].exponent - (rand() % 8 == 0));

		ck_assert_msg(json_number_is_finite(str_slice(text,
				  (size_t)len)) ==
				  (isfinite(strtod(text, NULL)) != 0),
		    "%s", text);
	}
}
END_TEST

static const struct {
	const char *json;
	bool is_portable;
} stored[] = {
	{ "{\"a\":[1,2.5,-3e7],\"1e400\":\"\\\"1e400\"}", true },
	{ "[true,false,null,\"\\\\\",0]", true },
	{ "1e400", false },
	{ "[0,[1e400]]", false },
	{ "{\"\\\"\":-1e400}", false },
	{ "[\"\\\\\",1e400]", false },
};

START_TEST(finds_numbers_outside_of_strings)
{
	ck_assert_int_eq(json_numbers_are_portable(str_from(stored[_i].json)),
	    stored[_i].is_portable);
}
END_TEST

START_TEST(bounds_the_length_of_a_number)
{
	char json[70];

	memset(json, '7', sizeof(json));
	json[0] = '[';
	json[65] = ']';
	ck_assert(json_numbers_are_portable(str_slice(json, 66)));
	json[65] = '7';
	json[66] = ']';
	ck_assert(!json_numbers_are_portable(str_slice(json, 67)));
}
END_TEST

SUITE(json_number)
{
	tcase_add_loop_test(tests, knows_the_largest_double, 0,
	    COUNT_OF(bounds));
	tcase_add_test(tests, agrees_with_strtod);
	tcase_add_loop_test(tests, finds_numbers_outside_of_strings, 0,
	    COUNT_OF(stored));
	tcase_add_test(tests, bounds_the_length_of_a_number);
}
