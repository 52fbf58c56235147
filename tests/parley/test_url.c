#include "cmd/parley/url.h"

#include "tests/suite.h"

static const struct {
	const char *text;
	bool tls;
	const char *host, *port, *target;
} good[] = {
	{ "ws://127.0.0.1:8080/ws", false, "127.0.0.1", "8080", "/ws" },
	{ "ws://chat.example", false, "chat.example", "80", "/" },
	{ "wss://chat.example", true, "chat.example", "443", "/" },
	{ "wss://chat.example:1/a/b?c=d", true, "chat.example", "1",
	    "/a/b?c=d" },
	{ "ws://chat.example?c=d", false, "chat.example", "80", "/?c=d" },
	{ "ws://[::1]:65535/", false, "::1", "65535", "/" },
	{ "ws://[::1]", false, "::1", "80", "/" },
	{ "localhost:8080", false, "localhost", "8080", "/" },
	{ "localhost:8080/ws", false, "localhost", "8080", "/ws" },
};

START_TEST(parses_urls)
{
	struct url url;

	ck_assert(url_parse(&url, str_from(good[_i].text)));
	ck_assert_int_eq(url.tls, good[_i].tls);
	ck_assert_str_eq(url.host, good[_i].host);
	ck_assert_str_eq(url.port, good[_i].port);
	ck_assert_str_eq(url.target, good[_i].target);
}
END_TEST

static const char *const bad[] = {
	"",
	"ws://",
	"http://chat.example",
	"ws://:8080/ws",
	"ws://host:/ws",
	"ws://host:0/ws",
	"ws://host:65536/ws",
	"ws://host:8o80/ws",
	"ws://[::1/ws",
	"ws://[::1]x/ws",
	"ws://me@host/ws",
	"ws://host/ws#top",
	"ws://host/a b",
	"ws://host/\r\nX: y",
	"ws://h\xc3\xb6st/",
};

START_TEST(rejects_invalid_urls)
{
	struct url url;

	ck_assert(!url_parse(&url, str_from(bad[_i])));
}
END_TEST

START_TEST(rejects_long_urls)
{
	char text[URL_TARGET_SIZE + 32];
	struct url url;

	memset(text, 'a', sizeof(text));
	memcpy(text, "ws://h/", 7);
	ck_assert(url_parse(&url, str_slice(text, URL_TARGET_SIZE - 1 + 6)));
	ck_assert(!url_parse(&url, str_slice(text, URL_TARGET_SIZE + 6)));
	memset(text + 5, 'a', 256);
	ck_assert(url_parse(&url, str_slice(text, 5 + URL_HOST_SIZE - 1)));
	ck_assert(!url_parse(&url, str_slice(text, 5 + URL_HOST_SIZE)));
}
END_TEST

START_TEST(compares_the_path_without_the_query)
{
	struct url url;

	ck_assert(url_parse(&url, STR("ws://h/ws?name=a")));
	ck_assert(url_path_is(&url, "/ws"));
	ck_assert(!url_path_is(&url, "/ws?name=a"));
	url_set_path(&url, "/ws/topic");
	ck_assert_str_eq(url.target, "/ws/topic");
}
END_TEST

START_TEST(percent_encodes_query_parameters)
{
	struct url url;

	ck_assert(url_parse(&url, STR("ws://h/ws")));
	ck_assert(url_add_query(&url, "name", STR("J\xc3\xb6 & co~")));
	ck_assert_str_eq(url.target, "/ws?name=J%C3%B6%20%26%20co~");
	ck_assert(url_add_query(&url, "x", STR("")));
	ck_assert_str_eq(url.target, "/ws?name=J%C3%B6%20%26%20co~&x=");
}
END_TEST

START_TEST(omits_a_query_that_does_not_fit)
{
	char name[URL_TARGET_SIZE];
	struct url url;

	memset(name, ' ', sizeof(name));
	ck_assert(url_parse(&url, STR("ws://h/ws")));
	ck_assert(!url_add_query(&url, "name", str_slice(name, 400)));
	ck_assert_str_eq(url.target, "/ws");
}
END_TEST

SUITE(url)
{
	tcase_add_loop_test(tests, parses_urls, 0, COUNT_OF(good));
	tcase_add_loop_test(tests, rejects_invalid_urls, 0, COUNT_OF(bad));
	tcase_add_test(tests, rejects_long_urls);
	tcase_add_test(tests, compares_the_path_without_the_query);
	tcase_add_test(tests, percent_encodes_query_parameters);
	tcase_add_test(tests, omits_a_query_that_does_not_fit);
}
