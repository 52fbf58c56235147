#include "transport/net/address_ranges.h"

#include <stdio.h>

#include "tests/suite.h"

static const struct {
	const char *list;
	const char *inside; /* separated by blanks; "unix": without address */
	const char *outside;
} good[] = {
	{ "", "", "127.0.0.1 ::1 192.0.2.1 unix" },
	{ "192.0.2.1", "192.0.2.1 ::ffff:192.0.2.1", "192.0.2.2 ::1 unix" },
	{ "10.0.0.0/8", "10.0.0.1 10.255.255.255 ::ffff:10.1.1.1",
	    "11.0.0.0 9.255.255.255 a00::" },
	{ "10.0.0.0/9", "10.127.255.255", "10.128.0.0" },
	{ "192.0.2.128/25", "192.0.2.128 192.0.2.255", "192.0.2.127" },
	{ "192.0.2.1/32", "192.0.2.1", "192.0.2.0" },
	{ "0.0.0.0/0", "1.1.1.1 255.255.255.255", "2001:db8::1 unix" },
	{ "::/0", "1.1.1.1 2001:db8::1", "unix" },
	{ "2001:db8::/32", "2001:db8:ffff::", "2001:db9:: 32.1.13.184" },
	{ "2001:db8::1", "2001:db8::1", "2001:db8::2" },
	{ "::ffff:10.0.0.0/104", "10.9.9.9", "11.0.0.1" },
	{ "unix", "unix", "127.0.0.1" },
	{ "127.0.0.1, ::1 unix,,10.0.0.0/8", "127.0.0.1 ::1 unix 10.2.3.4",
	    "127.0.0.2" },
};

static bool
ranges_contain(const struct address_ranges *ranges, const char *text)
{
	struct host_address host = { { 0 } };

	if (strcmp(text, "unix") != 0)
		ck_assert_msg(host_address_parse(str_from(text), &host), "%s",
		    text);
	return address_ranges_contain(ranges, &host);
}

static void
check_hosts(const char *list, const char *hosts, bool inside)
{
	struct address_ranges ranges;
	char copy[128], *rest = NULL;
	const char *why;
	struct str bad;

	ck_assert(address_ranges_parse(str_from(list), &ranges, &bad, &why));
	snprintf(copy, sizeof(copy), "%s", hosts);
	for (char *one = strtok_r(copy, " ", &rest); one != NULL;
	     one = strtok_r(NULL, " ", &rest))
		ck_assert_msg(ranges_contain(&ranges, one) == inside,
		    "%s in %s", one, list);
}

START_TEST(contains_what_is_in_a_network)
{
	check_hosts(good[_i].list, good[_i].inside, true);
	check_hosts(good[_i].list, good[_i].outside, false);
}
END_TEST

static const struct {
	const char *list;
	const char *bad;
} refused[] = {
	{ "10.0.0.1/8", "10.0.0.1/8" },
	{ "192.0.2.1, 10.0.0.0/33", "10.0.0.0/33" },
	{ "10.0.0.0/", "10.0.0.0/" },
	{ "10.0.0.0/08", "10.0.0.0/08" },
	{ "10.0.0.0/+8", "10.0.0.0/+8" },
	{ "10.0.0.0/8/8", "10.0.0.0/8/8" },
	{ "10.0.0/8", "10.0.0/8" },
	{ "2001:db8::/129", "2001:db8::/129" },
	{ "2001:db8::1/32", "2001:db8::1/32" },
	{ "::ffff:10.0.0.0/8", "::ffff:10.0.0.0/8" },
	{ "0.0.0.0", "0.0.0.0" },
	{ "::", "::" },
	{ "/8", "/8" },
	{ "localhost", "localhost" },
	{ "proxy.example", "proxy.example" },
	{ "[::1]", "[::1]" },
	{ "127.0.0.1:80", "127.0.0.1:80" },
	{ "fe80::1%eth0", "fe80::1%eth0" },
	{ "UNIX", "UNIX" },
	{ "*", "*" },
	{ "127.0.0.1;::1", "127.0.0.1;::1" },
};

START_TEST(names_the_item_that_is_no_network)
{
	struct address_ranges ranges;
	const char *why = NULL;
	struct str bad;

	ck_assert_msg(!address_ranges_parse(str_from(refused[_i].list), &ranges,
			  &bad, &why),
	    "%s", refused[_i].list);
	ck_assert(str_equal(bad, str_from(refused[_i].bad)));
	ck_assert_ptr_nonnull(why);
}
END_TEST

START_TEST(a_list_has_a_bounded_length)
{
	char text[2048] = "";
	struct address_ranges ranges;
	const char *why;
	struct str bad;

	for (int i = 0; i < ADDRESS_RANGES_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "10.0.0.%d ", i);
	ck_assert(address_ranges_parse(str_from(text), &ranges, &bad, &why));
	ck_assert_uint_eq(ranges.count, ADDRESS_RANGES_MAX);
	strcat(text, "unix ");
	ck_assert(address_ranges_parse(str_from(text), &ranges, &bad, &why));
	strcat(text, "10.1.0.0");
	ck_assert(!address_ranges_parse(str_from(text), &ranges, &bad, &why));
	ck_assert_str_eq(why, "more than 64 addresses");
}
END_TEST

START_TEST(knows_whether_it_is_empty)
{
	struct address_ranges ranges;
	const char *why;
	struct str bad;

	ck_assert(address_ranges_parse(STR(" , "), &ranges, &bad, &why));
	ck_assert(address_ranges_are_empty(&ranges));
	ck_assert(address_ranges_parse(STR("unix"), &ranges, &bad, &why));
	ck_assert(!address_ranges_are_empty(&ranges));
	ck_assert(address_ranges_parse(STR("::1"), &ranges, &bad, &why));
	ck_assert(!address_ranges_are_empty(&ranges));
}
END_TEST

SUITE(address_ranges)
{
	tcase_add_loop_test(tests, contains_what_is_in_a_network, 0,
	    COUNT_OF(good));
	tcase_add_loop_test(tests, names_the_item_that_is_no_network, 0,
	    COUNT_OF(refused));
	tcase_add_test(tests, a_list_has_a_bounded_length);
	tcase_add_test(tests, knows_whether_it_is_empty);
}
