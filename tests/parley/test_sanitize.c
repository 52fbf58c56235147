#include "cmd/parley/sanitize.h"

#include "domain/text/utf8.h"
#include "tests/suite.h"
#include "wire/json/json_reader.h"

static const struct {
	const char *text;
	const char *plain;
} texts[] = {
	{ "", "" },
	{ "hi, J\xc3\xb6!", "hi, J\xc3\xb6!" },
	{ "a\tb", "a    b" },
	{ "a\nb\r", "a^Jb^M" },
	/* ESC, as every escape sequence begins with it, BEL, BS, DEL … */
	{ "\x1b[2J\x1b]0;title\x07", "^[[2J^[]0;title^G" },
	{ "\x08\x7f", "^H^?" },
	/* … and the C1 control that some terminals take for ESC [. */
	{ "\xc2\x9b"
	  "2J",
	    "<U+009B>2J" },
	/* Bidirectional overrides and invisible characters. */
	{ "\xe2\x80\xae"
	  "abc",
	    "<U+202E>abc" },
	{ "a\xe2\x80\x8b"
	  "b",
	    "a<U+200B>b" },
	{ "\xe2\x80\xa8", "<U+2028>" },
	{ "\xf3\xa0\x80\x81", "<U+E0001>" },
	/* Emoji sequences are kept. */
	{ "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",
	    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb" },
	/* Invalid UTF-8. */
	{ "\xff\xc3", "\xef\xbf\xbd\xef\xbf\xbd" },
	{ "\x9b"
	  "2J",
	    "\xef\xbf\xbd"
	    "2J" },
};

static void
text_expect(const struct wire_text *got, const char *want)
{
	ck_assert_uint_eq(got->len, strlen(want));
	if (got->len > 0)
		ck_assert_mem_eq(got->data, want, got->len);
}

START_TEST(sanitizes_text)
{
	struct wire_text out;

	wire_text_init(&out);
	sanitize_line(&out, str_from(texts[_i].text));
	text_expect(&out, texts[_i].plain);
	wire_text_fini(&out);
}
END_TEST

/* Checks every character. */
START_TEST(passes_no_control_character)
{
	for (uint32_t c = 0; c < 0x110000; c++) {
		struct wire_text out;
		char text[4];

		if (c >= 0xd800 && c < 0xe000)
			continue;
		if (c > 0xa0 && c < 0x2000)
			c = 0x2000; /* no control characters */
		if (c > 0x2100)
			break;
		wire_text_init(&out);
		sanitize_line(&out, str_slice(text, utf8_put(c, text)));
		for (size_t i = 0; i < out.len; i++)
			ck_assert((uint8_t)out.data[i] >= 0x20 &&
				  out.data[i] != 0x7f);
		if (out.len > 1)
			ck_assert((uint8_t)out.data[0] != 0xc2 ||
				  (uint8_t)out.data[1] >= 0xa0);
		wire_text_fini(&out);
	}
}
END_TEST

START_TEST(keeps_line_breaks_where_allowed)
{
	struct wire_text out;

	wire_text_init(&out);
	sanitize_lines(&out, STR("a\nb\r\n\x1b"), STR("  "));
	text_expect(&out, "a\n  b^M\n  ^[");
	wire_text_fini(&out);
}
END_TEST

START_TEST(escapes_json_without_changing_its_value)
{
	struct wire_text out;

	wire_text_init(&out);
	sanitize_json(&out,
	    STR("{ \"a\":\n\"\xc2\x9b\xe2\x80\xae\xf3\xa0\x80\x81\x7f\" }"));
	text_expect(&out, "{ \"a\": \"\\u009b\\u202e\\udb40\\udc01\\u007f\" }");
	ck_assert(json_is_value(str_slice(out.data, out.len), 2, NULL));
	wire_text_fini(&out);
}
END_TEST

SUITE(sanitize)
{
	tcase_add_loop_test(tests, sanitizes_text, 0, COUNT_OF(texts));
	tcase_add_test(tests, passes_no_control_character);
	tcase_add_test(tests, keeps_line_breaks_where_allowed);
	tcase_add_test(tests, escapes_json_without_changing_its_value);
}
