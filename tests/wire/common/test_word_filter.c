#include "wire/common/word_filter.h"

#include "tests/suite.h"
#include "wire/dialect.h"

#define LIST                                                      \
	"# not to be said\n\n  darn \r\nZo\xc3\xab\nstra\xc3\x9f" \
	"e\ndarn\n\ufb01sh\n\u30ac\u30e9\u30b9\n1\n2\nx1"

static const struct {
	struct str body;
	const char *masked; /* NULL: as it is; "": refused in any case */
} messages[] = {
	{ STR("\"hello\""), NULL },
	{ STR("\"darn\""), "\"****\"" },
	{ STR("\"Oh DARN, darn!\""), "\"Oh ****, ****!\"" },
	{ STR("\"darned sdarn darn_it\""), NULL },
	{ STR("\"darn-it\""), "\"****-it\"" },
	/* escapes, also of letters; an escape ends a word */
	{ STR("\"\\u0064arn\""), "\"****\"" },
	{ STR("\"a\\ndarn\\tb\""), "\"a\\n****\\tb\"" },
	{ STR("\"\\\"darn\\\"\""), "\"\\\"****\\\"\"" },
	{ STR("\"\\ud83c\\udf75 darn\""), "\"\\ud83c\\udf75 ****\"" },
	/* what looks the same: Cyrillic, wide, mathematical letters */
	{ STR("\"d\xd0\xb0rn\""), "\"****\"" },
	{ STR("\"\xef\xbd\x84\xef\xbd\x81\xef\xbd\x92\xef\xbd\x8e\""),
	    "\"****\"" },
	{ STR("\"\xf0\x9d\x90\x9d\xf0\x9d\x90\x9a\xf0\x9d\x90\xab"
	      "\xf0\x9d\x90\xa7\""),
	    "\"****\"" },
	/* NFKC: superscripts, circles, squares, ligatures, narrow Katakana */
	{ STR("\"\u1d48\u1d43\u02b3\u207f!\""), "\"****!\"" },
	{ STR("\"\u24d3\u24d0\u24e1\u24dd\""), "\"****\"" },
	{ STR("\"\U0001f133\U0001f130\U0001f141\U0001f13d x\""), "\"**** x\"" },
	{ STR("\"\\u24d3arn, \u24d3arning\""), "\"****, \u24d3arning\"" },
	{ STR("\"\ufb01sh, \ufb00ish\""), "\"***, \ufb00ish\"" },
	{ STR("\"FISH \uff26\uff49sh\""), "\"**** ****\"" },
	{ STR("\"\uff76\uff9e\uff97\uff7d \u30ac\u30e9\u30b9\""),
	    "\"**** ***\"" },
	/* a character that stands for two words, or is the end of one */
	{ STR("\"\u00bd\""), "\"*\"" },
	{ STR("\"x\u00bd 2\""), "\"** *\"" },
	{ STR("\"\u00bda\""), "\"*a\"" },
	/* invisible characters do not part a word */
	{ STR("\"da\xe2\x80\x8brn\""), "\"****\"" },
	{ STR("\"da\\u200brn\""), "\"****\"" },
	/* canonical forms, and full case folding */
	{ STR("\"ZOE\xcc\x88\""), "\"****\"" },
	{ STR("\"STRASSE\""), "\"*******\"" },
	/* other values: strings in them */
	{ STR("{\"a\":[\"x\",\"darn\"],\"b\":1}"),
	    "{\"a\":[\"x\",\"****\"],\"b\":1}" },
	{ STR("[1,true,null]"), NULL },
	/* a key with asterisks could exist already */
	{ STR("{\"darn\" : 1}"), "" },
	{ STR("{\"a\":\"darn\",\"darn\":\"x\"}"), "" },
};

static struct word_filter *
filter_create(enum word_action action)
{
	char why[128];
	struct word_filter *filter =
	    word_filter_create(STR(LIST), action, why, sizeof(why));

	ck_assert_ptr_nonnull(filter);
	ck_assert_uint_eq(word_filter_count(filter), 8);
	return filter;
}

START_TEST(masks_words)
{
	struct word_filter *filter = filter_create(WORD_MASK);
	const char *masked = messages[_i].masked;
	struct str out = STR_ABSENT;
	enum filter_verdict verdict =
	    message_filter_apply(word_filter_base(filter), messages[_i].body,
		&out);

	if (masked == NULL)
		ck_assert_int_eq(verdict, FILTER_PASSED);
	else if (masked[0] == '\0')
		ck_assert_int_eq(verdict, FILTER_REFUSED);
	else {
		ck_assert_int_eq(verdict, FILTER_CHANGED);
		ck_assert_msg(str_equal(out, str_from(masked)), "%.*s",
		    (int)out.len, out.data);
	}
	word_filter_destroy(filter);
}
END_TEST

START_TEST(refuses_messages)
{
	struct word_filter *filter = filter_create(WORD_REJECT);
	struct str out = STR_ABSENT;

	ck_assert_int_eq(message_filter_apply(word_filter_base(filter),
			     messages[_i].body, &out),
	    messages[_i].masked == NULL ? FILTER_PASSED : FILTER_REFUSED);
	ck_assert_ptr_null(out.data);
	word_filter_destroy(filter);
}
END_TEST

static const struct {
	struct str text;
	bool allowed;
} texts[] = {
	{ STR(""), true },
	{ STR("Darned"), true },
	{ STR("\"\\u0064arn\\"), true }, /* as a message it has an escape */
	{ STR("a Darn"), false },
	{ STR("\"darn\" : \\"), false },
	{ STR("d\xd0\xb0rn\xff"), false },
};

START_TEST(reads_plain_texts)
{
	struct word_filter *filter =
	    filter_create(_i % 2 == 0 ? WORD_MASK : WORD_REJECT);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_int_eq(message_filter_allows(word_filter_base(filter),
				     texts[i].text),
		    texts[i].allowed);
	word_filter_destroy(filter);
}
END_TEST

static const struct {
	struct str list;
	const char *why;
} wrong[] = {
	{ STR("one\ntwo words\n"), "line 2 is not one word" },
	{ STR("caf\xff"), "line 1 is not one word" },
	{ STR("x!"), "line 1 is not one word" },
	{ STR("\u249f"), "line 1 is not one word" }, /* (d) */
};

START_TEST(refuses_lists)
{
	char why[128];

	ck_assert_ptr_null(word_filter_create(wrong[_i].list, WORD_MASK, why,
	    sizeof(why)));
	ck_assert_str_eq(why, wrong[_i].why);
}
END_TEST

START_TEST(an_empty_list_passes_all)
{
	char why[128];
	struct word_filter *filter =
	    word_filter_create(STR(""), WORD_MASK, why, sizeof(why));
	struct str out;

	ck_assert_ptr_nonnull(filter);
	ck_assert_int_eq(message_filter_apply(word_filter_base(filter),
			     STR("\"darn\""), &out),
	    FILTER_PASSED);
	word_filter_destroy(filter);
	word_filter_destroy(NULL);
}
END_TEST

SUITE(word_filter)
{
	tcase_add_loop_test(tests, masks_words, 0, COUNT_OF(messages));
	tcase_add_loop_test(tests, refuses_messages, 0, COUNT_OF(messages));
	tcase_add_loop_test(tests, reads_plain_texts, 0, 2);
	tcase_add_loop_test(tests, refuses_lists, 0, COUNT_OF(wrong));
	tcase_add_test(tests, an_empty_list_passes_all);
}
