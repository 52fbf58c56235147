#include "transport/http/http.h"

#include "tests/suite.h"

static const struct http_request request = {
	.header_count = 6,
	.headers = {
	    { STR("Connection"), STR("keep-alive, Upgrade") },
	    { STR("Upgrade"), STR("h2c,\twebsocket ,") },
	    { STR("Accept"), STR("text/html") },
	    { STR("ACCEPT"), STR("application/json") },
	    { STR("Empty"), STR("") },
	    { STR("connection"), STR(",, other,") },
	},
};

START_TEST(compares_names_without_their_case)
{
	ck_assert(http_name_is(STR("uPgRaDe"), STR("Upgrade")));
	ck_assert(http_name_is(STR(""), STR("")));
	ck_assert(!http_name_is(STR("Upgrad"), STR("Upgrade")));
	ck_assert(!http_name_is(STR("Upgraded"), STR("Upgrade")));
	ck_assert(!http_name_is(STR("Up\0rade"), STR("Upgrade")));
}
END_TEST

START_TEST(finds_the_first_header_and_counts_all)
{
	size_t count;
	struct str value = http_header_find(&request, STR("accept"), &count);

	ck_assert(str_equal(value, STR("text/html")));
	ck_assert_uint_eq(count, 2);
	value = http_header_find(&request, STR("empty"), NULL);
	ck_assert_ptr_nonnull(value.data);
	ck_assert_uint_eq(value.len, 0);
	value = http_header_find(&request, STR("none"), &count);
	ck_assert_ptr_null(value.data);
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(finds_tokens_in_all_lines_of_a_list)
{
	ck_assert(http_header_has_token(&request, STR("connection"),
	    STR("UPGRADE")));
	ck_assert(http_header_has_token(&request, STR("Connection"),
	    STR("keep-alive")));
	ck_assert(http_header_has_token(&request, STR("Connection"),
	    STR("other")));
	ck_assert(http_header_has_token(&request, STR("Upgrade"),
	    STR("websocket")));
	ck_assert(!http_header_has_token(&request, STR("Upgrade"), STR("web")));
	ck_assert(!http_header_has_token(&request, STR("Upgrade"), STR("")));
	ck_assert(!http_header_has_token(&request, STR("Empty"), STR("a")));
	ck_assert(!http_header_has_token(&request, STR("None"), STR("a")));
}
END_TEST

START_TEST(takes_a_list_apart)
{
	struct str list = STR(" a,b c\t,, \t,d ");

	ck_assert(str_equal(http_list_next(&list), STR("a")));
	ck_assert(str_equal(http_list_next(&list), STR("b c")));
	ck_assert(str_equal(http_list_next(&list), STR("d")));
	ck_assert_ptr_null(http_list_next(&list).data);
	ck_assert_ptr_null(http_list_next(&list).data);
}
END_TEST

static const struct {
	const char *query, *value;
	int error; /* if value is NULL */
} queries[] = {
	{ "name=alice", "alice", 0 },
	{ "name=", "", 0 },
	{ "name", "", 0 },
	{ "a=b&name=alice&c", "alice", 0 },
	{ "&&name=alice", "alice", 0 },
	{ "name=first&name=second", "first", 0 },
	{ "name=a=b", "a=b", 0 },
	{ "name=a+b%20c", "a b c", 0 },
	{ "name=%c3%A4", "\xc3\xa4", 0 },
	{ "name=%2B%26%3d", "+&=", 0 },
	{ "name=12345678", "12345678", 0 },
	{ "name=123456789", NULL, HTTP_QUERY_INVALID },
	{ "name=%2x", NULL, HTTP_QUERY_INVALID },
	{ "name=%", NULL, HTTP_QUERY_INVALID },
	{ "name=%4", NULL, HTTP_QUERY_INVALID },
	{ "name=%4&a", NULL, HTTP_QUERY_INVALID },
	{ "name=a%00b", NULL, HTTP_QUERY_INVALID },
	{ "", NULL, HTTP_QUERY_ABSENT },
	{ "names=a", NULL, HTTP_QUERY_ABSENT },
	{ "a=name", NULL, HTTP_QUERY_ABSENT },
	{ "nam&e=a", NULL, HTTP_QUERY_ABSENT },
	{ "Name=a", NULL, HTTP_QUERY_ABSENT },
};
START_TEST(decodes_a_parameter_of_a_query)
{
	char out[9];
	int len = http_query_get(str_from(queries[_i].query), "name", out,
	    sizeof(out));

	if (queries[_i].value == NULL) {
		ck_assert_int_eq(len, queries[_i].error);
		return;
	}
	ck_assert_str_eq(out, queries[_i].value);
	ck_assert_int_eq(len, (int)strlen(queries[_i].value));
}
END_TEST

START_TEST(finds_nothing_in_no_query)
{
	char out[2];

	ck_assert_int_eq(http_query_get(str_slice(NULL, 0), "name", out,
			     sizeof(out)),
	    HTTP_QUERY_ABSENT);
}
END_TEST

SUITE(http_fields)
{
	tcase_add_test(tests, compares_names_without_their_case);
	tcase_add_test(tests, finds_the_first_header_and_counts_all);
	tcase_add_test(tests, finds_tokens_in_all_lines_of_a_list);
	tcase_add_test(tests, takes_a_list_apart);
	tcase_add_loop_test(tests, decodes_a_parameter_of_a_query, 0,
	    COUNT_OF(queries));
	tcase_add_test(tests, finds_nothing_in_no_query);
}
