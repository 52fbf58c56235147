#include "cmd/parley/completion.h"

#include <stdio.h>

#include "tests/suite.h"

static struct completion completion;
static struct text_buffer texts;

/* Notes the members and rooms of a frame. */
static void
seen_note(const char *frame)
{
	struct server_event event = { 0 };

	ck_assert(text_buffer_begin(&texts, strlen(frame)));
	ck_assert(client_dialect_read(&client_dialect_native, &texts,
	    str_from(frame), &event));
	completion_note(&completion, &event);
}

static void
setup(void)
{
	text_buffer_init(&texts);
	completion_init(&completion, &client_dialect_native);
	seen_note("{\"event\":\"joined\",\"room\":\"tea\",\"name\":\"Tea\","
		  "\"members\":[\"Alice\",\"albert\",\"bob\",\"a\\u001bb\"]}");
	seen_note("{\"event\":\"rooms\",\"rooms\":[{\"room\":\"teapot\","
		  "\"name\":\"x\"},{\"room\":\"coffee\",\"name\":\"x\"}]}");
	completion_note_file(&completion, STR("boat.png"));
	seen_note("{\"event\":\"join\",\"room\":\"tea\","
		  "\"member\":\"J\u00fcrgen\"}");
}

static void
teardown(void)
{
	completion_fini(&completion);
	text_buffer_fini(&texts);
}

static const struct {
	const char *line;
	size_t erase;
	const char *insert;
	const char *choices;
} lines[] = {
	/* commands */
	{ "/jo", 2, "join ", "" },
	{ "/le", 2, "leave ", "" },
	{ "/un", 0, "", "unmute  unban" },
	{ "/x", 0, "", "" },
	/* rooms: the common beginning, then the choice */
	{ "/join c", 1, "coffee ", "" },
	{ "/join t", 1, "tea", "" },
	{ "/join tea", 0, "", "tea  teapot" },
	{ "/join tea pot", 0, "", "" },
	{ "/delete teap", 4, "teapot ", "" },
	/* members, in any letter case */
	{ "/dm b", 1, "bob ", "" },
	{ "/dm ali", 3, "Alice ", "" },
	{ "/kick AL", 0, "", "albert  Alice" },
	{ "/dm bob thank ali", 3, "Alice ", "" },
	{ "/dm j\u00fcr", 3, "J\u00fcrgen ", "" },
	{ "/name b", 0, "", "" },
	{ "/create t", 0, "", "" },
	{ "/role bob v", 1, "voice ", "" },
	{ "/role bob m", 0, "", "moderator  member" },
	{ "/nothing b", 0, "", "" },
	/* files of messages, and of this machine */
	{ "/get bo", 2, "boat.png ", "" },
	{ "/get boat.png tests/par", 3, "parley/", "" },
	{ "/send tests/parley/test_compl", 10, "test_completion.c ", "" },
	{ "/send tests/parley/test_sen", 8, "test_send_queue.c ", "" },
	{ "/send none/x", 0, "", "" },
	/* in a message */
	{ "bo", 2, "bob: ", "" },
	{ "hi bo", 2, "bob ", "" },
	{ "zo", 0, "", "" },
	/* every name that can be typed; the one seen last comes first */
	{ "", 0, "", "J\u00fcrgen  bob  albert  Alice" },
};

START_TEST(completes)
{
	struct completion_result result;

	completion_find(&completion, str_from(lines[_i].line), &result);
	ck_assert_msg(str_equal(result.insert, str_from(lines[_i].insert)),
	    "%.*s", (int)result.insert.len, result.insert.data);
	ck_assert_msg(str_equal(result.choices, str_from(lines[_i].choices)),
	    "%.*s", (int)result.choices.len, result.choices.data);
	ck_assert_uint_eq(result.erase, lines[_i].erase);
}
END_TEST

START_TEST(forgets_the_least_recent)
{
	struct completion_result result;
	char frame[80];

	for (int i = 0; i < COMPLETION_WORDS_MOST; i++) {
		snprintf(frame, sizeof(frame),
		    "{\"event\":\"join\",\"member\":\"member%d\"}", i);
		seen_note(frame);
	}
	ck_assert_uint_eq(completion.count, COMPLETION_WORDS_MOST);
	completion_find(&completion, STR("bo"), &result);
	ck_assert_uint_eq(result.insert.len, 0);
	completion_find(&completion, STR("member99"), &result);
	ck_assert_uint_gt(result.choices.len, 0);
}
END_TEST

SUITE(completion)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, completes, 0, COUNT_OF(lines));
	tcase_add_test(tests, forgets_the_least_recent);
}
