#include "transport/http/http_target.h"

#include "tests/suite.h"

#define NOT_HTTP "expected http://HOST:PORT/PATH or https://HOST:PORT/PATH"

static const struct {
	const char *url;
	const char *why; /* NULL: it is good */
	const char *host;
	const char *path;
} urls[] = {
	{ "http://127.0.0.1:9/", NULL, "127.0.0.1:9", "/" },
	{ "http://127.0.0.1", NULL, "127.0.0.1", "/" },
	{ "http://127.0.0.1:9?a=b", NULL, "127.0.0.1:9", "/?a=b" },
	{ "http://[::1]:9/x/y?z", NULL, "[::1]:9", "/x/y?z" },
	{ "http://localhost:9/x", NULL, "localhost:9", "/x" },
	{ "https://127.0.0.1/", NULL, "127.0.0.1", "/" },
	{ "https://[::1]:9/x", NULL, "[::1]:9", "/x" },
	{ "", NOT_HTTP, NULL, NULL },
	{ "ftp://127.0.0.1/", NOT_HTTP, NULL, NULL },
	{ "https:/127.0.0.1/", NOT_HTTP, NULL, NULL },
	{ "127.0.0.1:80", NOT_HTTP, NULL, NULL },
	{ "http://", "its host or port is malformed", NULL, NULL },
	{ "http://:80/", "its host or port is malformed", NULL, NULL },
	{ "http://h:/", "its host or port is malformed", NULL, NULL },
	{ "http://h:x/", "its host or port is malformed", NULL, NULL },
	{ "http://h:123456/", "its host or port is malformed", NULL, NULL },
	{ "http://user@h/", "it has a character that no URL has there", NULL,
	    NULL },
	{ "http://h/a b", "it has a character that no URL has there", NULL,
	    NULL },
	{ "http://h/a\r\nX: y", "it has a character that no URL has there",
	    NULL, NULL },
	{ "http://h/#x", "it has a character that no URL has there", NULL,
	    NULL },
};

START_TEST(reads_a_url)
{
	struct http_target found;
	char why[128] = "";
	bool ok =
	    http_target_find(&found, str_from(urls[_i].url), why, sizeof(why));

	ck_assert_msg(ok == (urls[_i].why == NULL), "%s: %s", urls[_i].url,
	    why);
	if (!ok) {
		ck_assert_str_eq(why, urls[_i].why);
		return;
	}
	ck_assert_str_eq(found.host, urls[_i].host);
	ck_assert_str_eq(found.path, urls[_i].path);
	ck_assert(http_target_is_valid(str_from(urls[_i].url), why,
	    sizeof(why)));
	ck_assert_uint_ge(found.address_count, 1);
	ck_assert_int_eq(found.is_tls, urls[_i].url[4] == 's');
}
END_TEST

SUITE(http_target)
{
	tcase_add_loop_test(tests, reads_a_url, 0, COUNT_OF(urls));
}
