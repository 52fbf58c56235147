#include "tests/suite.h"
#include "wire/dialect.h"

START_TEST(finds_dialects_by_name)
{
	size_t count = 0;

	for (; dialects()[count] != NULL; count++) {
		const struct dialect *dialect = dialects()[count];

		ck_assert_ptr_eq(dialect_find(str_from(dialect->name)),
		    dialect);
		ck_assert_uint_eq(dialect_index(dialect), count);
	}
	ck_assert_uint_ge(count, 1);
	ck_assert_uint_le(count, DIALECTS_MAX);
}
END_TEST

START_TEST(has_the_native_dialect)
{
	const struct dialect *dialect = dialect_find(STR("command"));

	ck_assert_ptr_nonnull(dialect);
	ck_assert_str_eq(dialect->subprotocol, "parley.v1");
	ck_assert_int_eq(dialect->ids, ID_HEX8);
	ck_assert_uint_eq(dialect->connect_flags, COMMAND_SHARED);
}
END_TEST

START_TEST(two_dialects_have_no_private_messages)
{
	static const struct {
		struct str name;
		bool has_no_dm;
	} cases[] = {
		{ STR("command"), false },
		{ STR("action"), true },
		{ STR("topic"), true },
		{ STR("dotnet"), false },
	};
	const struct dialect *dialect = dialect_find(cases[_i].name);

	ck_assert_int_eq((dialect->connect_flags & COMMAND_NO_DM) != 0,
	    cases[_i].has_no_dm);
}
END_TEST

START_TEST(finds_no_other_dialect)
{
	ck_assert_ptr_null(dialect_find(STR("")));
	ck_assert_ptr_null(dialect_find(STR("Command")));
	ck_assert_ptr_null(dialect_find(STR("commands")));
}
END_TEST

SUITE(dialects)
{
	tcase_add_test(tests, finds_dialects_by_name);
	tcase_add_test(tests, has_the_native_dialect);
	tcase_add_loop_test(tests, two_dialects_have_no_private_messages, 0, 4);
	tcase_add_test(tests, finds_no_other_dialect);
}
