#include "wire/dotnet/dotnet_base64.h"

#include "tests/suite.h"

/* RFC 4648 §10. */
static const struct {
	const char *bytes, *text;
} pairs[] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xfb\xef\xff", "++//" },
};

START_TEST(encodes_and_decodes)
{
	struct wire_text text;
	char bytes[16];
	size_t len;

	wire_text_init(&text);
	dotnet_base64_put(&text, str_from(pairs[_i].bytes));
	ck_assert_uint_eq(text.len, strlen(pairs[_i].text));
	ck_assert(str_equal(str_slice(text.data, text.len),
	    str_from(pairs[_i].text)));
	wire_text_fini(&text);
	ck_assert(dotnet_base64_decode(str_from(pairs[_i].text), bytes,
	    sizeof(bytes), &len));
	ck_assert(str_equal(str_slice(bytes, len), str_from(pairs[_i].bytes)));
}
END_TEST

static const char *const invalid[] = { "Z", "Zg", "Zg=", "Zg===", "=",
	"====", "Z===", "Zm9v Zg=", "Zm-_", "Zm=v", "\xff\xff\xff\xff" };

START_TEST(refuses_what_is_not_base64)
{
	char bytes[16];
	size_t len;

	ck_assert(!dotnet_base64_decode(str_from(invalid[_i]), bytes,
	    sizeof(bytes), &len));
}
END_TEST

START_TEST(writes_no_more_than_there_is_space_for)
{
	char bytes[5];
	size_t len;

	ck_assert(dotnet_base64_decode(STR("Zm9vYmE="), bytes, 5, &len));
	ck_assert(!dotnet_base64_decode(STR("Zm9vYmE="), bytes, 4, &len));
	ck_assert(!dotnet_base64_decode(STR("Zm9vYmFy"), bytes, 5, &len));
}
END_TEST

SUITE(dotnet_base64)
{
	tcase_add_loop_test(tests, encodes_and_decodes, 0, COUNT_OF(pairs));
	tcase_add_loop_test(tests, refuses_what_is_not_base64, 0,
	    COUNT_OF(invalid));
	tcase_add_test(tests, writes_no_more_than_there_is_space_for);
}
