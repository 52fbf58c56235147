#include "auth/origin.h"

#include "tests/suite.h"

static const struct {
	const char *origin; /* NULL: absent */
	const char *host;
	const char *allowed;
	bool is_allowed;
} cases[] = {
	{ NULL, "chat.example", "", true },
	{ "http://chat.example", "chat.example", "", true },
	{ "https://chat.example", "chat.example", "", true },
	{ "https://CHAT.example", "chat.EXAMPLE", "", true },
	{ "http://chat.example", "chat.example:80", "", true },
	{ "https://chat.example", "chat.example:443", "", true },
	{ "http://127.0.0.1:8080", "127.0.0.1:8080", "", true },
	{ "http://[::1]:8080", "[::1]:8080", "", true },
	{ "http://[::1]", "[::1]", "", true },
	{ "http://127.0.0.1:9090", "127.0.0.1:8080", "", false },
	{ "http://127.0.0.1", "127.0.0.1:8080", "", false },
	{ "http://localhost:8080", "127.0.0.1:8080", "", false },
	{ "http://[::1]:8080", "[::1]:8081", "", false },
	{ "https://chat.example", "chat.example:80", "", false },
	{ "http://evil.example", "chat.example", "", false },
	{ "http://chat.example.evil.example", "chat.example", "", false },
	{ "null", "chat.example", "", false },
	{ "null", "null", "", false },
	{ "", "", "", false },
	{ "chat.example", "chat.example", "", false },
	{ "file://", "chat.example", "", false },
	{ "null", "chat.example", "*", true },
	{ "https://app.example", "chat.example", "*", true },
	{ "https://app.example", "chat.example", "https://app.example", true },
	{ "https://app.example", "chat.example",
	    "https://a.example, https://app.example", true },
	{ "http://app.example", "chat.example", "https://app.example", false },
	{ "http://app.example", "chat.example", "app.example", true },
	{ "http://app.example:81", "chat.example", "app.example", false },
	{ "http://app.example:81", "chat.example", "app.example:81", true },
	{ "https://app.example", "chat.example", "https://app.example:443",
	    true },
	{ "https://a.b.example", "chat.example", "*.example", true },
	{ "https://a.b.example", "chat.example", "*.b.example", true },
	{ "https://b.example", "chat.example", "*.b.example", false },
	{ "https://evilb.example", "chat.example", "*.b.example", false },
	{ "http://a.b.example", "chat.example", "https://*.b.example", false },
};

START_TEST(judges_origins)
{
	struct str origin =
	    cases[_i].origin != NULL ? str_from(cases[_i].origin) : STR_ABSENT;

	ck_assert_msg(origin_is_allowed(origin, str_from(cases[_i].host), false,
			  str_from(cases[_i].allowed)) == cases[_i].is_allowed,
	    "%s at %s with %s", cases[_i].origin, cases[_i].host,
	    cases[_i].allowed);
}
END_TEST

/* A page that came without TLS may have been replaced on its way. */
START_TEST(of_a_secure_server_pages_are_secure)
{
	struct str host = STR("chat.example"), all = STR("chat.example");
	struct str plain = STR("http://chat.example");

	ck_assert(origin_is_allowed(STR("https://chat.example"), host, true,
	    STR("")));
	ck_assert(!origin_is_allowed(plain, host, true, STR("")));
	ck_assert(origin_is_allowed(plain, host, true, all));
	ck_assert(origin_is_allowed(plain, host, false, STR("")));
}
END_TEST

static const struct {
	const char *list;
	bool is_valid;
} lists[] = {
	{ "", true },
	{ "*", true },
	{ "https://a.example, *.b.example http://[::1]:8080", true },
	{ "https://", false },
	{ "a.*.example", false },
	{ "*example", false },
	{ "https://a.example/path", false },
	{ "good.example,*.", false },
};

START_TEST(judges_lists)
{
	ck_assert(origin_list_is_valid(str_from(lists[_i].list)) ==
		  lists[_i].is_valid);
}
END_TEST

SUITE(origin)
{
	tcase_add_loop_test(tests, judges_origins, 0, COUNT_OF(cases));
	tcase_add_test(tests, of_a_secure_server_pages_are_secure);
	tcase_add_loop_test(tests, judges_lists, 0, COUNT_OF(lists));
}
