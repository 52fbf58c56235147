#include "transport/http/forwarded.h"

#include <stdio.h>
#include <string.h>

#include "tests/suite.h"
#include "transport/http/http.h"

/* Trusted are 10.0.0.0/8 and 2001:db8:1::/48; the peer is 10.0.0.1. */
#define PEER "10.0.0.1"

static struct trusted_proxies proxies;
static struct http_request request;

static void
setup(enum forwarded_style style)
{
	const char *why;
	struct str bad;

	memset(&request, 0, sizeof(request));
	proxies.style = style;
	ck_assert(address_ranges_parse(STR("10.0.0.0/8 2001:db8:1::/48"),
	    &proxies.ranges, &bad, &why));
}

static void
request_add_header(const char *name, const char *value)
{
	request.headers[request.header_count++] =
	    (struct http_header){ str_from(name), str_from(value) };
}

static void
check_client(const char *wanted, bool is_secure, const char *value)
{
	struct http_client peer = { .is_secure = false }, client;
	char text[HOST_ADDRESS_TEXT_SIZE];

	ck_assert(host_address_parse(STR(PEER), &peer.address));
	forwarded_read(&request, &proxies, &peer, &client);
	host_address_format(&client.address, text);
	ck_assert_msg(strcmp(text, wanted) == 0, "%s: %s", value, text);
	ck_assert_msg(client.is_secure == is_secure, "%s", value);
}

static const struct {
	const char *value;
	const char *client;
} x_forwarded[] = {
	{ "192.0.2.1", "192.0.2.1" },
	{ " 192.0.2.1 ", "192.0.2.1" },
	{ "192.0.2.1:4711", "192.0.2.1" },
	{ "2001:db8::1", "2001:db8::1" },
	{ "[2001:db8::1]", "2001:db8::1" },
	{ "[2001:db8::1]:4711", "2001:db8::1" },
	{ "::ffff:192.0.2.1", "192.0.2.1" },
	{ "[::ffff:192.0.2.1]:80", "192.0.2.1" },
	{ "127.0.0.1", "127.0.0.1" },
	/* The last one that is not trusted counts: others are a claim. */
	{ "198.51.100.1, 192.0.2.1", "192.0.2.1" },
	{ "198.51.100.1, 192.0.2.1, 10.9.9.9", "192.0.2.1" },
	{ "198.51.100.1,192.0.2.1,10.9.9.9,10.8.8.8", "192.0.2.1" },
	{ "198.51.100.1, 10.7.7.7, 192.0.2.1", "192.0.2.1" },
	{ "192.0.2.1, 2001:db8:1::9, ::ffff:10.1.1.1", "192.0.2.1" },
	{ "garbage, 192.0.2.1", "192.0.2.1" },
	{ "192.0.2.1,,10.1.1.1,", "192.0.2.1" },
	/* All are trusted: the first. */
	{ "10.2.2.2", "10.2.2.2" },
	{ "10.2.2.2, 10.3.3.3", "10.2.2.2" },
	/* Not named: the proxy that does not name it. */
	{ "", PEER },
	{ ",", PEER },
	{ "unknown", PEER },
	{ "_hidden", PEER },
	{ "192.0.2.1, unknown", PEER },
	{ "192.0.2.1, unknown, 10.4.4.4, 10.5.5.5", "10.4.4.4" },
	{ "192.0.2.1 198.51.100.1", PEER },
	{ "192.0.2.1;198.51.100.1", PEER },
	{ "\"192.0.2.1\"", PEER },
	{ "for=192.0.2.1", PEER },
	{ "192.0.2.1:", PEER },
	{ "192.0.2.1:123456", PEER },
	{ "192.0.2.1:http", PEER },
	{ "192.0.2.1:-1", PEER },
	{ "192.0.2.1/32", PEER },
	{ "192.0.2.01", PEER },
	{ "3221225985", PEER },
	{ "0xc0000201", PEER },
	{ "0.0.0.0", PEER },
	{ "::", PEER },
	{ "[]", PEER },
	{ "[", PEER },
	{ "]", PEER },
	{ "[192.0.2.1]", PEER },
	{ "[2001:db8::1", PEER },
	{ "2001:db8::1]", PEER },
	{ "[2001:db8::1]80", PEER },
	{ "[2001:db8::1]:", PEER },
	{ "[[2001:db8::1]]", PEER },
	{ "fe80::1%eth0", PEER },
	{ "localhost", PEER },
	{ ":", PEER },
	{ ":::", PEER },
	{ ":80", PEER },
};

START_TEST(reads_x_forwarded_for_from_its_end)
{
	setup(FORWARDED_X);
	request_add_header("x-forwarded-for", x_forwarded[_i].value);
	check_client(x_forwarded[_i].client, false, x_forwarded[_i].value);
}
END_TEST

static const struct {
	const char *value;
	const char *client;
	bool is_secure;
} forwarded[] = {
	{ "for=192.0.2.1", "192.0.2.1", false },
	{ "For=192.0.2.1;Proto=HTTPS", "192.0.2.1", true },
	{ "proto=https;for=192.0.2.1;by=10.0.0.1", "192.0.2.1", true },
	{ "for=\"192.0.2.1:4711\"", "192.0.2.1", false },
	{ "for=192.0.2.1:4711", "192.0.2.1", false },
	{ "for=\"[2001:db8::1]\"", "2001:db8::1", false },
	{ "for=\"[2001:db8::1]:_obf\"", "2001:db8::1", false },
	{ "for=\"\\192.0.2.1\"", "192.0.2.1", false },
	{ "for=192.0.2.1;host=\"a,b;for=x\"", "192.0.2.1", false },
	{ "for=198.51.100.1;proto=https, for=192.0.2.1;proto=http", "192.0.2.1",
	    false },
	{ "for=192.0.2.1;proto=https, for=10.1.1.1;proto=http", "192.0.2.1",
	    true },
	{ "for=192.0.2.1;proto=https , , for=10.1.1.1,", "192.0.2.1", true },
	{ "for=\"unterminated, for=192.0.2.1", PEER, false },
	{ "for=198.51.100.1, for=\"x", PEER, false },
	{ "for=_gazonk;proto=https", PEER, false },
	{ "for=unknown, for=10.3.3.3;proto=https", "10.3.3.3", true },
	{ "for=198.51.100.1, proto=https", PEER, false },
	{ "for=192.0.2.1;for=198.51.100.1", PEER, false },
	{ "for", PEER, false },
	{ "for=", PEER, false },
	{ "for=,", PEER, false },
	{ "=192.0.2.1", PEER, false },
	{ "for =192.0.2.1", PEER, false },
	{ "192.0.2.1", PEER, false },
	{ "", PEER, false },
	{ ";", PEER, false },
	{ ", ;,", PEER, false },
	{ "for=\"\"", PEER, false },
	{ "for=\"\\", PEER, false },
	{ "for=\"012345678901234567890123456789012345678901234567890123456789"
	  "0123456789012345678901234567890123456789\"",
	    PEER, false },
};

START_TEST(reads_forwarded_from_its_end)
{
	setup(FORWARDED_RFC);
	request_add_header("FORWARDED", forwarded[_i].value);
	check_client(forwarded[_i].client, forwarded[_i].is_secure,
	    forwarded[_i].value);
}
END_TEST

START_TEST(lines_are_one_list)
{
	setup(FORWARDED_X);
	request_add_header("X-Forwarded-For", "198.51.100.1, 192.0.2.1");
	request_add_header("Other", "203.0.113.1");
	request_add_header("X-Forwarded-For", "10.1.1.1");
	check_client("192.0.2.1", false, "two lines");
	request_add_header("X-Forwarded-For", "203.0.113.7");
	check_client("203.0.113.7", false, "three lines");
	setup(FORWARDED_RFC);
	request_add_header("Forwarded", "for=192.0.2.1");
	request_add_header("Forwarded", "for=10.1.1.1");
	check_client("192.0.2.1", false, "two lines");
	/* A malformed line spoils no other. */
	request_add_header("Forwarded", "for=\"");
	request_add_header("Forwarded", "for=10.1.1.2");
	check_client("10.1.1.2", false, "four lines");
}
END_TEST

/* A client can send them through a proxy that sets the others. */
START_TEST(ignores_the_headers_of_the_other_kind)
{
	setup(FORWARDED_X);
	request_add_header("Forwarded", "for=192.0.2.1;proto=https");
	check_client(PEER, false, "Forwarded");
	setup(FORWARDED_RFC);
	request_add_header("X-Forwarded-For", "192.0.2.1");
	request_add_header("X-Forwarded-Proto", "https");
	check_client(PEER, false, "X-Forwarded-For");
}
END_TEST

static const struct {
	const char *protos[2];
	bool is_secure;
} protos[] = {
	{ { "https", NULL }, true },
	{ { "HTTPS", NULL }, true },
	{ { "wss", NULL }, true },
	{ { "https, wss", "https" }, true },
	{ { "http", NULL }, false },
	{ { "https, http", NULL }, false },
	{ { "https", "http" }, false },
	{ { "http", "https" }, false },
	{ { "", NULL }, false },
	{ { "httpsx", NULL }, false },
};

START_TEST(is_secure_if_every_proxy_says_so)
{
	setup(FORWARDED_X);
	for (int i = 0; i < 2; i++)
		if (protos[_i].protos[i] != NULL)
			request_add_header("X-Forwarded-Proto",
			    protos[_i].protos[i]);
	check_client(PEER, protos[_i].is_secure, protos[_i].protos[0]);
}
END_TEST

START_TEST(reads_hundreds_of_hops)
{
	static char value[65536];
	size_t len = 0;

	setup(FORWARDED_X);
	len += (size_t)snprintf(value, sizeof(value), "192.0.2.1");
	for (int i = 0; i < 3000; i++)
		len += (size_t)snprintf(value + len, sizeof(value) - len,
		    ", 10.1.%d.%d", i / 256, i % 256);
	request_add_header("X-Forwarded-For", value);
	check_client("192.0.2.1", false, "trusted hops");
	memset(value, ',', sizeof(value) - 1);
	check_client(PEER, false, "commas");
	memset(value, '[', sizeof(value) - 1);
	check_client(PEER, false, "brackets");
	setup(FORWARDED_RFC);
	request_add_header("Forwarded", value);
	check_client(PEER, false, "brackets");
	memset(value, ';', sizeof(value) - 1);
	check_client(PEER, false, "semicolons");
}
END_TEST

SUITE(forwarded)
{
	tcase_add_loop_test(tests, reads_x_forwarded_for_from_its_end, 0,
	    COUNT_OF(x_forwarded));
	tcase_add_loop_test(tests, reads_forwarded_from_its_end, 0,
	    COUNT_OF(forwarded));
	tcase_add_test(tests, lines_are_one_list);
	tcase_add_test(tests, ignores_the_headers_of_the_other_kind);
	tcase_add_loop_test(tests, is_secure_if_every_proxy_says_so, 0,
	    COUNT_OF(protos));
	tcase_add_test(tests, reads_hundreds_of_hops);
}
