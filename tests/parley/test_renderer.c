#include "cmd/parley/renderer.h"

#include <stdlib.h>

#include "tests/suite.h"

#define DATE "* Thursday, 1970-01-01\n"

/* Output for frames of the native dialect, with times of 1970. */
static const struct {
	const char *frame, *lines;
} shown[] = {
	{ "{\"event\":\"broadcast\",\"at\":1,\"member\":\"bob\","
	  "\"message\":\"hi\"}",
	    DATE "00:00 bob: hi\n" },
	{ "{\"event\":\"broadcast\",\"at\":3660000,\"member\":\"b\\nob\","
	  "\"message\":\"one\\n\\u001b[2Jtwo\"}",
	    DATE "01:01 b^Job: one\n      ^[[2Jtwo\n" },
	{ "{\"event\":\"broadcast\",\"at\":1,\"member\":\"bob\","
	  "\"message\":{\"dice\" : 6}}",
	    DATE "00:00 bob: {\"dice\" : 6}\n" },
	{ "{\"event\":\"broadcast\",\"message\":\"bob has joined!\"}",
	    "* bob has joined!\n" },
	{ "{\"event\":\"me\",\"member\":\"ann\"}", "* you are ann\n" },
	{ "{\"event\":\"joined\",\"room\":\"tea\",\"name\":\"tea\","
	  "\"members\":[\"ann\",\"b\\u006fb\"]}",
	    "* joined tea: ann, bob\n" },
	{ "{\"event\":\"joined\",\"room\":\"7f\",\"name\":\"Tea Time\","
	  "\"missing\":[3,9],\"epoch_changed\":true}",
	    "* joined 7f (Tea Time)\n"
	    "* messages [3,9] are no longer stored\n"
	    "* the room was created again; its history is gone\n" },
	{ "{\"event\":\"left\",\"room\":\"tea\"}", "* you left tea\n" },
	{ "{\"event\":\"join\",\"member\":\"bob\"}", "* bob joined\n" },
	{ "{\"event\":\"leave\",\"member\":\"bob\"}", "* bob left\n" },
	{ "{\"event\":\"count\",\"count\":300}", "* 300 members\n" },
	{ "{\"event\":\"renamed\",\"was\":\"bob\",\"member\":\"rob\"}",
	    "* bob is now rob\n" },
	{ "{\"event\":\"named\",\"member\":\"ann#2\"}",
	    "* you are now ann#2\n" },
	{ "{\"event\":\"list\",\"members\":[]}", "* here: \n" },
	{ "{\"event\":\"rooms\",\"rooms\":[]}", "* no rooms\n" },
	{ "{\"event\":\"rooms\",\"rooms\":[{\"room\":\"7f\",\"name\":\"T\","
	  "\"members\":2,\"persistent\":true},{\"room\":\"a\",\"name\":\"a\","
	  "\"members\":0}]}",
	    "  7f  T  (2, persistent)\n  a  (0)\n" },
	{ "{\"event\":\"dm_sent\",\"member\":\"bob\",\"at\":1,"
	  "\"message\":\"psst\"}",
	    DATE "00:00 (private) to bob: psst\n" },
	{ "{\"event\":\"joined\",\"room\":\"tea\",\"name\":\"tea\","
	  "\"members\":[\"ann\"],\"topic\":\"Earl\\u001b\",\"role\":\"owner\"}",
	    "* joined tea: ann\n* topic: Earl^[\n* your role here: owner\n" },
	{ "{\"event\":\"kick\",\"member\":\"bob\",\"by\":\"ann\","
	  "\"reason\":\"spam\"}",
	    "* bob was kicked by ann: spam\n" },
	{ "{\"event\":\"role\",\"member\":\"bob\",\"by\":\"ann\","
	  "\"role\":\"banned\"}",
	    "* bob was banned by ann\n" },
	{ "{\"event\":\"role\",\"member\":\"bob\",\"by\":\"ann\","
	  "\"role\":\"voice\"}",
	    "* bob is now voice here\n" },
	{ "{\"event\":\"topic\",\"topic\":\"Earl\"}", "* topic: Earl\n" },
	{ "{\"event\":\"topic\",\"topic\":\"\"}",
	    "* the room has no topic any more\n" },
	{ "{\"event\":\"deleted\",\"room\":\"tea\",\"by\":\"ann\"}",
	    "* the room was deleted by ann\n" },
	{ "{\"event\":\"invite\",\"room\":\"tea\",\"member\":\"ann\"}",
	    "* ann invites you: /join tea\n" },
	{ "{\"event\":\"done\",\"command\":\"kick\"}", "" },
	{ "{\"event\":\"error\",\"message\":\"\\u001b]0;x\\u0007\"}",
	    "! ^[]0;x^G\n" },
	{ "{\"event\":\"typing\",\"member\":\"bob\"}", "" },
	{ "{\"event\":\"bye\",\"code\":1001}", "" },
};

static struct renderer renderer;
static struct text_buffer texts;

static void
setup(void)
{
	setenv("TZ", "UTC", 1);
	text_buffer_init(&texts);
}

static void
teardown(void)
{
	renderer_fini(&renderer);
	text_buffer_fini(&texts);
}

static struct str
frame_render(const char *frame, bool colours, struct server_event *event)
{
	*event = (struct server_event){ 0 };
	renderer_init(&renderer, &client_dialect_native, colours);
	ck_assert(text_buffer_begin(&texts, strlen(frame)));
	ck_assert(client_dialect_read(&client_dialect_native, &texts,
	    str_from(frame), event));
	return renderer_event(&renderer, event);
}

START_TEST(formats_events)
{
	struct server_event event;
	struct str lines = frame_render(shown[_i].frame, false, &event);

	ck_assert_uint_eq(lines.len, strlen(shown[_i].lines));
	if (lines.len > 0)
		ck_assert_mem_eq(lines.data, shown[_i].lines, lines.len);
}
END_TEST

/* Each line resets its colours. */
START_TEST(resets_colours_at_line_ends)
{
	struct server_event event;
	struct str lines = frame_render(shown[_i].frame, true, &event);
	static const char end[] = "\033[0m\n";

	if (event.kind == SERVER_ROOMS || lines.len == 0)
		return; /* never coloured */
	ck_assert_uint_gt(lines.len, sizeof(end) - 1);
	ck_assert_mem_eq(lines.data + lines.len - (sizeof(end) - 1), end,
	    sizeof(end) - 1);
}
END_TEST

START_TEST(sanitizes_notices)
{
	struct str lines;

	renderer_init(&renderer, &client_dialect_native, false);
	lines = renderer_notice(&renderer, "lost (%s)", "\033[2J");
	ck_assert(str_equal(lines, STR("* lost (^[[2J)\n")));
}
END_TEST

START_TEST(a_new_day_has_its_date)
{
	static const struct {
		uint64_t at;
		const char *lines;
	} days[] = {
		{ 86400000, "* Friday, 1970-01-02\n00:00 bob: hi\n" },
		{ 86400000 + 60000, "00:01 bob: hi\n" },
		{ 2 * 86400000, "* Saturday, 1970-01-03\n00:00 bob: hi\n" },
		{ 86400000, "* Friday, 1970-01-02\n00:00 bob: hi\n" },
	};
	struct server_event event = {
		.kind = SERVER_MESSAGE, .member = STR("bob"), .text = STR("hi")
	};
	struct str lines;

	renderer_init(&renderer, &client_dialect_native, false);
	/* The date of today is not shown. */
	ck_assert_uint_eq(renderer_event(&renderer, &event).len, 14);
	for (size_t i = 0; i < COUNT_OF(days); i++) {
		event.at = days[i].at;
		lines = renderer_event(&renderer, &event);
		ck_assert_msg(str_equal(lines, str_from(days[i].lines)), "%.*s",
		    (int)lines.len, lines.data);
	}
}
END_TEST

START_TEST(events_of_other_rooms_have_their_name)
{
	struct server_event event = { .kind = SERVER_MESSAGE,
		.room = STR("t\033"),
		.member = STR("bob"),
		.text = STR("hi"),
		.at = 1,
		.elsewhere = true };
	struct str lines;

	renderer_init(&renderer, &client_dialect_native, false);
	lines = renderer_event(&renderer, &event);
	ck_assert(str_equal(lines, STR(DATE "00:00 [t^[] bob: hi\n")));
	event.kind = SERVER_JOIN;
	lines = renderer_event(&renderer, &event);
	ck_assert(str_equal(lines, STR("* [t^[] bob joined\n")));
	event.elsewhere = false;
	lines = renderer_event(&renderer, &event);
	ck_assert(str_equal(lines, STR("* bob joined\n")));
}
END_TEST

SUITE(renderer)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, formats_events, 0, COUNT_OF(shown));
	tcase_add_loop_test(tests, resets_colours_at_line_ends, 0,
	    COUNT_OF(shown));
	tcase_add_test(tests, sanitizes_notices);
	tcase_add_test(tests, a_new_day_has_its_date);
	tcase_add_test(tests, events_of_other_rooms_have_their_name);
}
