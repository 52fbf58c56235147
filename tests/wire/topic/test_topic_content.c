#include "wire/topic/topic_content.h"

#include <stdlib.h>

#include "tests/suite.h"

/* Results of the FastAPI server's regular expressions, with IGNORECASE. */
static const struct {
	const char *text;
	bool allowed;
} texts[] = {
	{ "Hello everyone!", true },
	{ "", false },
	{ " ", true }, /* becomes empty */
	{ "\x01", true },
	/* <script…>…</script> on one line */
	{ "<script>alert(1)</script>", false },
	{ "x <SCRIPT src='y' >a</ScRiPt> z", false },
	{ "<script></script>", false },
	{ "<scripts>1</script>", false },
	{ "<\xc5\xbf\x63r\xc4\xb1pt>1</\xc5\xbf\x63r\xc4\xb0pt>", false },
	{ "<script>\nalert(1)\n</script>", true },
	{ "<script\n>alert(1)</script>", true },
	{ "<script>\r1</script>", false },
	{ "a\n<script>1</script>\nb", false },
	{ "<script></script", true },
	{ "<script</script>", true },
	{ "<script</script></script>", false },
	{ "</script><script>", true },
	{ "<script>", true },
	{ "< script>1</script>", true },
	/* javascript: */
	{ "javascript:alert(1)", false },
	{ "see JavaScript: the good parts", false },
	{ "java\xc5\xbf\x63r\xc4\xb0pt:", false },
	{ "javascript :", true },
	{ "javascript", true },
	{ "java\x01script:", true },
	/* on\w+\s*= */
	{ "onclick=x", false },
	{ "<img ONERROR = x>", false },
	{ "configuration = 5", false },
	{ "once\n\t=", false },
	{ "on1=", false },
	{ "on_=", false },
	{ "onon=", false },
	{ "on on=", true },
	{ "on=", true },
	{ "on =", true },
	{ "oncl", true },
	{ "onclick x=1", true },
	{ "on-click=1", true },
	{ "on\xc3\xa9=", false },              /* é */
	{ "on\xc2\xb2=", false },              /* superscript two */
	{ "on\xe4\xb8\x80=", false },          /* a Chinese one */
	{ "on\xcc\x81=", true },               /* a mark is in no word */
	{ "onx\xc2\xa0\xe3\x80\x80=", false }, /* no-break, ideographic */
	{ "onx\xe2\x80\xa8=", false },         /* line separator */
	{ "onx\x1c\x1d\x1e\x1f=", false },     /* separators of old */
	{ "onx\xe2\x80\x8b=", true },          /* zero width is no space */
	{ "onx\x08=", true },
	{ "\xc3\xb6nx=", true },
	/* expression\s*\( */
	{ "expression(1)", false },
	{ "Expre\xc5\xbf\xc5\xbf\xc4\xb1on \n (", false },
	{ "expression", true },
	{ "expression (", false },
	{ "expressions (", true },
	{ "expression expression(", false },
	{ "expression)", true },
	/* @import */
	{ "@import url(x)", false },
	{ "a@\xc4\xb0MPORTb", false },
	{ "@ import", true },
	{ "mail@important", false },
	{ "@impor", true },
};

START_TEST(accepts_what_no_browser_executes)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		ck_assert_msg(topic_content_is_allowed(str_from(texts[i]
								    .text)) ==
				  texts[i].allowed,
		    "%s", texts[i].text);
}
END_TEST

static const char *const units[] = { "a", "\xc3\xb6", "\xe4\xb8\x80",
	"\xf0\x9d\x84\x9e" };

START_TEST(counts_characters)
{
	static char text[TOPIC_MESSAGE_BYTES + 8];
	size_t step = strlen(units[_i]);

	for (size_t i = 0; i <= TOPIC_MESSAGE_CHARS; i++)
		memcpy(text + i * step, units[_i], step);
	ck_assert(topic_content_is_allowed(str_slice(text,
	    TOPIC_MESSAGE_CHARS * step)));
	ck_assert(!topic_content_is_allowed(str_slice(text,
	    (TOPIC_MESSAGE_CHARS + 1) * step)));
}
END_TEST

static const struct {
	struct str text;
	const char *json;
	bool clean;
} cleanings[] = {
	{ STR("hi"), "\"hi\"", true }, { STR(" \t hi\r\n"), "\"hi\"", false },
	{ STR("\xe3\x80\x80hi\xc2\x85\xe2\x80\xa8"), "\"hi\"", false },
	{ STR("a\tb\nc\rd"), "\"a\\tb\\nc\\rd\"", true },
	{ STR("a\x01"
	      "b\x0b\x0c"
	      "c\x7f"
	      "d"),
	    "\"abcd\"", false },
	{ STR("a\0b"), "\"ab\"", false },
	{ STR(" \x01 hi \x1f\t"), "\"hi\"", false },
	{ STR("\"\\/"), "\"\\\"\\\\/\"", true },
	{ STR("\xc3\xb6\xf0\x9d\x84\x9e"), "\"\xc3\xb6\xf0\x9d\x84\x9e\"",
	    true },
	{ STR(" \n "), "\"\"", false }, { STR("\x01"), "\"\"", false },
	{ STR("\xc2\x80x"), "\"\xc2\x80x\"", true }, /* a later control */
};

START_TEST(cleans_accepted_messages)
{
	struct wire_text out;

	wire_text_init(&out);
	ck_assert_int_eq(topic_content_is_clean(cleanings[_i].text),
	    cleanings[_i].clean);
	topic_content_put(&out, cleanings[_i].text);
	ck_assert_uint_eq(out.len, strlen(cleanings[_i].json));
	ck_assert_mem_eq(out.data, cleanings[_i].json, out.len);
	wire_text_fini(&out);
}
END_TEST

/* Beginnings of rules, repeated: the worst case of the search. */
static const char *const repeated[] = { "on", "ona", "on ", "expression",
	"expression ", "<script", "<script>", "<script>\n", "javascript",
	"@impor" };

START_TEST(scans_in_linear_time)
{
	static char text[TOPIC_MESSAGE_CHARS];
	size_t step = strlen(repeated[_i]), len = 0;

	for (; len + step <= sizeof(text); len += step)
		memcpy(text + len, repeated[_i], step);
	for (int round = 0; round < 200; round++)
		ck_assert(topic_content_is_allowed(str_slice(text, len)));
}
END_TEST

SUITE(topic_content)
{
	tcase_add_test(tests, accepts_what_no_browser_executes);
	tcase_add_loop_test(tests, counts_characters, 0, COUNT_OF(units));
	tcase_add_loop_test(tests, cleans_accepted_messages, 0,
	    COUNT_OF(cleanings));
	tcase_add_loop_test(tests, scans_in_linear_time, 0, COUNT_OF(repeated));
}
