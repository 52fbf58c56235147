#include "transport/http/assets.h"

#include "tests/suite.h"
#include "transport/http/http.h"

#define TAG "W/\"5e7b\""

static const struct asset list[] = {
	{ "/", "text/html", TAG, "default-src 'none'", { "page", 4 },
	    { "gz", 2 } },
	{ "/a.js", "text/javascript", TAG, "", { "script", 6 }, { "gz", 2 } },
};
static const struct assets assets = { list, 2 };

static struct http_request request;
static struct http_response response;
static char headers[ASSET_HEADERS_SIZE];

static void
asset_request(const struct asset *asset)
{
	memset(&response, 0, sizeof(response));
	asset_answer(asset, &request, &response, headers);
}

static void
ask_with(const char *name, const char *value)
{
	request.header_count = 1;
	request.headers[0].name = str_from(name);
	request.headers[0].value = str_from(value);
	asset_request(&list[0]);
}

START_TEST(finds_what_is_at_a_path)
{
	ck_assert_ptr_eq(assets_find(&assets, STR("/")), &list[0]);
	ck_assert_ptr_eq(assets_find(&assets, STR("/a.js")), &list[1]);
	ck_assert_ptr_null(assets_find(&assets, STR("/a.j")));
	ck_assert_ptr_null(assets_find(&assets, STR("")));
}
END_TEST

START_TEST(gives_a_page_its_policy)
{
	asset_request(&list[0]);
	ck_assert_int_eq(response.status, 200);
	ck_assert_str_eq(response.content_type, "text/html");
	ck_assert(str_equal(response.body, STR("page")));
	ck_assert_str_eq(response.headers,
	    "ETag: " TAG "\r\n"
	    "Cache-Control: no-cache\r\n"
	    "Vary: Accept-Encoding\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Referrer-Policy: no-referrer\r\n"
	    "Content-Security-Policy: default-src 'none'\r\n");
}
END_TEST

START_TEST(gives_scripts_to_pages_from_elsewhere)
{
	asset_request(&list[1]);
	ck_assert_ptr_nonnull(strstr(headers,
	    "\r\nAccess-Control-Allow-Origin: *\r\n"));
	ck_assert_ptr_null(strstr(headers, "Security-Policy"));
}
END_TEST

static const struct {
	const char *accepted;
	bool packed;
} codings[] = {
	{ "gzip", true },
	{ "GZip", true },
	{ "deflate, gzip;q=1.0, *;q=0.5", true },
	{ "gzip ; q=0.001", true },
	{ "*", true },
	{ "", false },
	{ "br", false },
	{ "gzip;q=0", false },
	{ "gzip; q=0.000", false },
	{ "*, gzip;q=0", false },
	{ "*;q=0", false },
	{ "gzipped", false },
};

START_TEST(compresses_if_it_is_accepted)
{
	ask_with("Accept-Encoding", codings[_i].accepted);
	ck_assert_int_eq(str_equal(response.body, STR("gz")),
	    codings[_i].packed);
	ck_assert_int_eq(strstr(headers, "\r\nContent-Encoding: gzip\r\n") !=
			     NULL,
	    codings[_i].packed);
}
END_TEST

static const struct {
	const char *tags;
	int status;
} conditions[] = {
	{ TAG, 304 },
	{ "\"5e7b\"", 304 },
	{ "*", 304 },
	{ "\"old\", " TAG, 304 },
	{ "\"old\"", 200 },
	{ "5e7b", 200 },
	{ "W/", 200 },
	{ "", 200 },
};

START_TEST(answers_304_if_it_is_cached)
{
	ask_with("if-none-match", conditions[_i].tags);
	ck_assert_int_eq(response.status, conditions[_i].status);
	ck_assert_ptr_nonnull(strstr(headers, "ETag: " TAG "\r\n"));
	ck_assert_uint_eq(http_response_body(&response).len,
	    conditions[_i].status == 200 ? 4 : 0);
}
END_TEST

SUITE(assets)
{
	tcase_add_test(tests, finds_what_is_at_a_path);
	tcase_add_test(tests, gives_a_page_its_policy);
	tcase_add_test(tests, gives_scripts_to_pages_from_elsewhere);
	tcase_add_loop_test(tests, compresses_if_it_is_accepted, 0,
	    COUNT_OF(codings));
	tcase_add_loop_test(tests, answers_304_if_it_is_cached, 0,
	    COUNT_OF(conditions));
}
