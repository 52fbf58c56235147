#include "domain/text/log_text.h"

#include "tests/suite.h"

static const struct {
	struct str text;
	const char *written;
} texts[] = {
	{ STR_ABSENT, "" },
	{ STR(""), "" },
	{ STR("spam, and more"), "spam, and more" },
	{ STR("t\xc3\xa9"), "t\xc3\xa9" },
	{ STR("a\nb"), "a\\x0ab" },
	{ STR("a\0b"), "a\\x00b" },
	{ STR("\"\\"), "\\x22\\x5c" },
	{ STR("\x1b[31m"), "\\x1b[31m" },
	{ STR("a\xe2\x80\xa8"
	      "b"),
	    "a\\xe2\\x80\\xa8b" },
	{ STR("\xe2\x80\xae"), "\\xe2\\x80\\xae" },
	{ STR("\xff"), "\\xff" },
};

START_TEST(escapes_what_is_not_seen)
{
	char out[LOG_TEXT_SIZE];

	log_text_write(texts[_i].text, out);
	ck_assert_str_eq(out, texts[_i].written);
}
END_TEST

START_TEST(cuts_long_texts)
{
	char text[1000], out[LOG_TEXT_SIZE];

	for (int escaped = 0; escaped < 2; escaped++)
		for (size_t len = 0; len < sizeof(text); len++) {
			memset(text, escaped ? '\n' : 'x', len);
			log_text_write(str_slice(text, len), out);
			ck_assert_uint_lt(strlen(out), LOG_TEXT_SIZE);
		}
	ck_assert_ptr_nonnull(strstr(out, "\xe2\x80\xa6"));
}
END_TEST

SUITE(log_text)
{
	tcase_add_loop_test(tests, escapes_what_is_not_seen, 0,
	    COUNT_OF(texts));
	tcase_add_test(tests, cuts_long_texts);
}
