#include "domain/text/base64.h"

#include <stdint.h>

#include "tests/suite.h"

/* RFC 4648 §10, and one with the characters that differ. */
static const struct {
	const char *bytes, *padded, *url;
} pairs[] = {
	{ "", "", "" },
	{ "f", "Zg==", "Zg" },
	{ "fo", "Zm8=", "Zm8" },
	{ "foo", "Zm9v", "Zm9v" },
	{ "foob", "Zm9vYg==", "Zm9vYg" },
	{ "fooba", "Zm9vYmE=", "Zm9vYmE" },
	{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
	{ "\xfb\xff\xbf", "+/+/", "-_-_" },
};

START_TEST(encodes)
{
	const char *bytes = pairs[_i].bytes;
	size_t len = strlen(bytes);
	char out[16];

	ck_assert_uint_eq(BASE64_SIZE(len), strlen(pairs[_i].padded));
	base64_encode(bytes, len, out);
	ck_assert_mem_eq(out, pairs[_i].padded, BASE64_SIZE(len));
	ck_assert_uint_eq(BASE64URL_LEN(len), strlen(pairs[_i].url));
	base64url_encode(bytes, len, out);
	ck_assert_mem_eq(out, pairs[_i].url, BASE64URL_LEN(len));
}
END_TEST

START_TEST(decodes_what_there_is_space_for)
{
	struct str padded = str_from(pairs[_i].padded);
	struct str url = str_from(pairs[_i].url);
	size_t bytes = strlen(pairs[_i].bytes), len;
	char out[16];

	ck_assert(base64_decode(padded, out, bytes, &len));
	ck_assert(str_equal(str_slice(out, len), str_from(pairs[_i].bytes)));
	ck_assert(bytes == 0 || !base64_decode(padded, out, bytes - 1, &len));
	ck_assert(base64url_decode(url, out, bytes, &len));
	ck_assert(str_equal(str_slice(out, len), str_from(pairs[_i].bytes)));
	ck_assert(bytes == 0 || !base64url_decode(url, out, bytes - 1, &len));
}
END_TEST

START_TEST(recognizes_encodings_of_a_length)
{
	struct str text = str_from(pairs[_i].padded);

	for (size_t bytes = 0; bytes < 9; bytes++)
		ck_assert_int_eq(base64_is_of(text, bytes),
		    bytes == strlen(pairs[_i].bytes));
}
END_TEST

static const char *const not_padded[] = { "Z", "Zg", "Zg=", "Zg===", "=",
	"====", "Z===", "Zm9v Zg=", "Zm-_", "Zm=v", "\xff\xff\xff\xff" };

START_TEST(refuses_what_is_not_base64)
{
	char out[16];
	size_t len;

	ck_assert(!base64_decode(str_from(not_padded[_i]), out, sizeof(out),
	    &len));
}
END_TEST

static const char *const not_url[] = { "Z", "Zg==", "Zh", "Zm9", "Zm+v", "Zm/v",
	"Zm v", "Zm9v\n", "Zm9vY", "\xff\xff" };

START_TEST(refuses_other_spellings_of_base64url)
{
	uint8_t out[16];
	size_t len;

	ck_assert(!base64url_decode(str_from(not_url[_i]), out, sizeof(out),
	    &len));
}
END_TEST

static const struct {
	const char *text;
	size_t bytes;
} others[] = {
	{ "Zh==", 1 }, /* bits are left over */
	{ "Zm9=", 2 },
	{ "Zm8A", 2 },
	{ "Zg=A", 1 },
	{ "Z===", 1 },
	{ "Zg= ", 1 },
	{ "Zm-_", 3 },
	{ "Zm9\n", 3 },
	{ "Zm=v", 3 },
};

START_TEST(refuses_what_is_not_strict)
{
	ck_assert(!base64_is_of(str_from(others[_i].text), others[_i].bytes));
}
END_TEST

START_TEST(refuses_a_nul)
{
	ck_assert(!base64_is_of(STR("Zm\0v"), 3));
}
END_TEST

SUITE(base64)
{
	tcase_add_loop_test(tests, encodes, 0, COUNT_OF(pairs));
	tcase_add_loop_test(tests, decodes_what_there_is_space_for, 0,
	    COUNT_OF(pairs));
	tcase_add_loop_test(tests, recognizes_encodings_of_a_length, 0,
	    COUNT_OF(pairs));
	tcase_add_loop_test(tests, refuses_what_is_not_base64, 0,
	    COUNT_OF(not_padded));
	tcase_add_loop_test(tests, refuses_other_spellings_of_base64url, 0,
	    COUNT_OF(not_url));
	tcase_add_loop_test(tests, refuses_what_is_not_strict, 0,
	    COUNT_OF(others));
	tcase_add_test(tests, refuses_a_nul);
}
