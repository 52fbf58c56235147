#include "auth/base64url.h"

#include "tests/suite.h"

static const struct {
	const char *bytes;
	const char *text;
} pairs[] = {
	{ "", "" },
	{ "f", "Zg" },
	{ "fo", "Zm8" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg" },
	{ "fooba", "Zm9vYmE" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xfb\xff\xbf", "-_-_" },
};

START_TEST(encodes_and_decodes)
{
	struct str text = str_from(pairs[_i].text);
	size_t bytes_len = strlen(pairs[_i].bytes), len;
	char encoded[16];
	uint8_t decoded[16];

	ck_assert_uint_eq(BASE64URL_LEN(bytes_len), text.len);
	base64url_encode((const uint8_t *)pairs[_i].bytes, bytes_len, encoded);
	ck_assert_mem_eq(encoded, text.data, text.len);
	ck_assert(base64url_decode(text, decoded, bytes_len, &len));
	ck_assert_uint_eq(len, bytes_len);
	ck_assert_mem_eq(decoded, pairs[_i].bytes, len);
	ck_assert(len == 0 || !base64url_decode(text, decoded, len - 1, &len));
}
END_TEST

static const char *const invalid[] = { "Z", "Zg==", "Zh", "Zm9", "Zm+v", "Zm/v",
	"Zm v", "Zm9v\n", "Zm9vY", "\xff\xff" };

START_TEST(refuses_other_spellings)
{
	uint8_t decoded[16];
	size_t len;

	ck_assert(!base64url_decode(str_from(invalid[_i]), decoded,
	    sizeof(decoded), &len));
}
END_TEST

SUITE(base64url)
{
	tcase_add_loop_test(tests, encodes_and_decodes, 0, COUNT_OF(pairs));
	tcase_add_loop_test(tests, refuses_other_spellings, 0,
	    COUNT_OF(invalid));
}
