#include "wire/json/json_select.h"

#include "tests/suite.h"

static const struct str keys[] = { STR("a"), STR("b") };

START_TEST(selects_values_by_key)
{
	struct json_value values[2];

	ck_assert_int_eq(
	    json_select(STR("{\"x\":1,\"b\":null,\"\\u0061\":\"t\"}"), 4, NULL,
		keys, values, 2),
	    JSON_OK);
	ck_assert(json_is_string(&values[0]));
	ck_assert(str_equal(values[0].text, STR("\"t\"")));
	ck_assert_int_eq(values[1].type, JSON_NULL);
	ck_assert(!json_is_given(&values[1]));
}
END_TEST

START_TEST(selects_nothing_from_an_empty_object)
{
	struct json_value values[2];

	ck_assert_int_eq(json_select(STR("{}"), 4, NULL, keys, values, 2),
	    JSON_OK);
	ck_assert_ptr_null(values[0].text.data);
	ck_assert(!json_is_given(&values[0]) && !json_is_string(&values[1]));
}
END_TEST

START_TEST(selects_values_before_an_error)
{
	struct json_value values[2];

	ck_assert_int_eq(json_select(STR("{\"b\":2,\"a\":}"), 4, NULL, keys,
			     values, 2),
	    JSON_MALFORMED);
	ck_assert(!json_is_given(&values[0]));
	ck_assert(str_equal(values[1].text, STR("2")));
}
END_TEST

SUITE(json_select)
{
	tcase_add_test(tests, selects_values_by_key);
	tcase_add_test(tests, selects_nothing_from_an_empty_object);
	tcase_add_test(tests, selects_values_before_an_error);
}
