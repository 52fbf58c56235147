#include "transport/ws/base64.h"

#include "tests/suite.h"

/* RFC 4648 §10. */
static const struct {
	const char *data, *text;
} encodings[] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xfb\xff\xfe", "+//+" },
};
START_TEST(encodes_bytes)
{
	const char *data = encodings[_i].data;
	char out[16];

	base64_encode((const uint8_t *)data, strlen(data), out);
	ck_assert_mem_eq(out, encodings[_i].text, BASE64_SIZE(strlen(data)));
}
END_TEST

START_TEST(recognizes_encodings_of_a_length)
{
	struct str text = str_from(encodings[_i].text);

	for (size_t bytes = 0; bytes < 9; bytes++)
		ck_assert_int_eq(base64_is_of(text, bytes),
		    bytes == strlen(encodings[_i].data));
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
START_TEST(refuses_other_texts)
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
	tcase_add_loop_test(tests, encodes_bytes, 0, COUNT_OF(encodings));
	tcase_add_loop_test(tests, recognizes_encodings_of_a_length, 0,
	    COUNT_OF(encodings));
	tcase_add_loop_test(tests, refuses_other_texts, 0, COUNT_OF(others));
	tcase_add_test(tests, refuses_a_nul);
}
