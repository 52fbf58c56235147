#include "cmd/parleyd/options/listen.h"
#include "tests/suite.h"
#include "wire/dialect.h"

static struct listen_list list;

static bool
listen_parse(const char *text)
{
	listen_clear(&list);
	return listen_append(&list, str_from(text));
}

static const struct {
	const char *text;
	size_t count;
	const char *last; /* what the last one is bound to */
} good[] = {
	{ "127.0.0.1:8080", 1, "127.0.0.1:8080" },
	{ "localhost:8080", 1, "127.0.0.1:8080" },
	{ "[::1]:0", 1, "[::1]:0" },
	{ ":8080", 1, "[::]:8080" },
	{ "unix:/run/parley.sock", 1, "unix:/run/parley.sock" },
	{ "127.0.0.1:1,[::1]:2", 2, "[::1]:2" },
	{ " 127.0.0.1:1 , unix:/a b ", 2, "unix:/a b" },
	{ "127.0.0.1:8080=command", 1, "127.0.0.1:8080" },
	{ ":1=command, :2", 2, "[::]:2" },
	{ ":1, [::1]:2=command", 2, "[::1]:2" },
	{ "unix:/a=b=command", 1, "unix:/a=b" },
	{ ":1,:2,:3,:4,:5,:6,:7,:8,:9,:10,:11,:12,:13,:14,:15,:16", 16,
	    "[::]:16" },
	{ ":8443,tls", 1, "[::]:8443" },
	{ ":8080, :8443 , tls , 127.0.0.1:1", 3, "127.0.0.1:1" },
};

START_TEST(puts_an_address_under_tls)
{
	ck_assert(listen_parse(":1,:2=command,tls"));
	ck_assert(listen_append(&list, STR(":3")));
	ck_assert_uint_eq(list.count, 3);
	ck_assert(!list.at[0].tls);
	ck_assert(list.at[1].tls);
	ck_assert(!list.at[2].tls);
	ck_assert(listen_has_tls(&list));
	ck_assert_str_eq(list.text, ":1, :2=command, tls, :3");
	ck_assert(listen_parse(":1"));
	ck_assert(!listen_has_tls(&list));
}
END_TEST

START_TEST(an_address_may_expect_a_proxy_header)
{
	ck_assert(
	    listen_parse(":1,proxy,:2,tls, proxy, :3=action,proxy,tls,:4"));
	ck_assert_uint_eq(list.count, 4);
	ck_assert(list.at[0].proxy && !list.at[0].tls);
	ck_assert(list.at[1].proxy && list.at[1].tls);
	ck_assert(list.at[2].proxy && list.at[2].tls);
	ck_assert(!list.at[3].proxy && !list.at[3].tls);
	ck_assert(listen_has_proxy(&list));
	ck_assert_str_eq(list.text,
	    ":1, proxy, :2, tls, proxy, :3=action, proxy, tls, :4");
	ck_assert(listen_parse(":1,tls"));
	ck_assert(!listen_has_proxy(&list));
}
END_TEST

START_TEST(reads_a_list_of_addresses)
{
	char last[ADDRESS_TEXT_SIZE];

	ck_assert_msg(listen_parse(good[_i].text), "%s", good[_i].text);
	ck_assert_uint_eq(list.count, good[_i].count);
	address_format(&list.at[list.count - 1].address, last);
	ck_assert_str_eq(last, good[_i].last);
	ck_assert_str_eq(list.at[list.count - 1].dialect->name, "command");
}
END_TEST

static const char *const bad[] = {
	"",
	",",
	"8080",
	":8080,",
	",:8080",
	":8080,nonsense",
	"example.org:80",
	":8080=",
	":8080=Command",
	":8080= command",
	":8080=comand, :8081",
	"=command",
	"tls",
	"tls,:8443",
	"proxy",
	"proxy,:8443",
	":8443,tls,tls",
	":8443,proxy,tls,proxy",
	"unix:/a=b",
	":1,:2,:3,:4,:5,:6,:7,:8,:9,:10,:11,:12,:13,:14,:15,:16,:17",
	("unix:/0123456789012345678901234567890123456789012345678901234567890"
	 "1234567890123456789012345678901234567890123456789012345678901234567"
	 "8"),
};

START_TEST(refuses_what_is_no_address)
{
	ck_assert_msg(!listen_parse(bad[_i]), "%s", bad[_i]);
}
END_TEST

START_TEST(gets_longer_and_keeps_what_was_written)
{
	ck_assert(listen_parse(":1,unix:/a"));
	ck_assert(listen_append(&list, STR("  [::1]:2=command ")));
	ck_assert_str_eq(list.text, ":1, unix:/a, [::1]:2=command");
	listen_clear(&list);
	ck_assert_str_eq(list.text, "");
	ck_assert_uint_eq(list.count, 0);
}
END_TEST

static const struct {
	const char *text;
	const char *name; /* that is no dialect's; NULL: all are */
	const char *meant;
} spellings[] = {
	{ ":8080", NULL, NULL },
	{ ":8080=command", NULL, NULL },
	{ ":8080=comand", "comand", "command" },
	{ ":8080=command, :1=Comand ,:2=x", "Comand", "command" },
	{ ":8080=telnet", "telnet", NULL },
	{ ":8080=", "", NULL },
	{ "unix:/a=b", "b", NULL },
	{ "nonsense", NULL, NULL },
};

START_TEST(knows_which_dialect_was_meant)
{
	const char *meant = NULL;
	struct str name;

	ck_assert_int_eq(listen_misspells_dialect(str_from(spellings[_i].text),
			     &name, &meant),
	    spellings[_i].name != NULL);
	if (spellings[_i].name == NULL)
		return;
	ck_assert(str_equal(name, str_from(spellings[_i].name)));
	ck_assert_pstr_eq(meant, spellings[_i].meant);
}
END_TEST

SUITE(listen)
{
	tcase_add_test(tests, puts_an_address_under_tls);
	tcase_add_test(tests, an_address_may_expect_a_proxy_header);
	tcase_add_loop_test(tests, reads_a_list_of_addresses, 0,
	    COUNT_OF(good));
	tcase_add_loop_test(tests, refuses_what_is_no_address, 0,
	    COUNT_OF(bad));
	tcase_add_test(tests, gets_longer_and_keeps_what_was_written);
	tcase_add_loop_test(tests, knows_which_dialect_was_meant, 0,
	    COUNT_OF(spellings));
}
