#include "cmd/parley/speech.h"

#include <stdlib.h>

#include "cmd/parley/url.h"
#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "wire/common/wire_text.h"

#define S(literal)                              \
	{                                       \
		"" literal, sizeof(literal) - 1 \
	}

static const struct {
	const char *dialect;
	struct deed deed;
	const char *frame;
} deeds[] = {
	{ "command", { .kind = DEED_SAY, .text = S("a\"b"), .ref = 3 },
	    "{\"command\":\"broadcast\",\"message\":\"a\\\"b\",\"ref\":3}" },
	{ "command", { .kind = DEED_SAY, .text = S("a"), .key = S("k") },
	    "{\"command\":\"broadcast\",\"message\":\"a\"}" },
	{ "command",
	    { .kind = DEED_SAY,
		.room = S("r"),
		.text = S("a"),
		.key = S("k"),
		.ref = 1 },
	    "{\"command\":\"broadcast\",\"room\":\"r\",\"message\":\"a\","
	    "\"key\":\"k\",\"ref\":1}" },
	{ "command", { .kind = DEED_JOIN, .room = S("r"), .limit = 20 },
	    "{\"command\":\"join\",\"create\":true,\"room\":\"r\","
	    "\"history\":20}" },
	{ "command",
	    { .kind = DEED_JOIN, .room = S("r"), .epoch = S("e"), .seq = 7 },
	    "{\"command\":\"join\",\"create\":true,\"room\":\"r\","
	    "\"since\":{\"epoch\":\"e\",\"seq\":7},\"history\":0}" },
	{ "command", { .kind = DEED_JOIN, .room = S("r"), .persistent = true },
	    "{\"command\":\"join\",\"create\":true,\"persistent\":true,"
	    "\"room\":\"r\",\"history\":0}" },
	{ "command", { .kind = DEED_LEAVE, .room = S("r") },
	    "{\"command\":\"leave\",\"room\":\"r\"}" },
	{ "command", { .kind = DEED_CREATE, .name = S("n") },
	    "{\"command\":\"create\",\"name\":\"n\"}" },
	{ "command",
	    { .kind = DEED_CREATE, .name = S("n"), .persistent = true },
	    "{\"command\":\"create\",\"name\":\"n\",\"persistent\":true}" },
	{ "command", { .kind = DEED_ROOMS, .ref = 9 },
	    "{\"command\":\"rooms\",\"ref\":9}" },
	{ "command", { .kind = DEED_MEMBERS }, "{\"command\":\"list\"}" },
	{ "command",
	    { .kind = DEED_HISTORY,
		.room = S("r"),
		.epoch = S("e"),
		.seq = 2,
		.limit = 9 },
	    "{\"command\":\"history\",\"room\":\"r\",\"limit\":9,"
	    "\"after\":2}" },
	{ "command", { .kind = DEED_HISTORY, .room = S("r"), .limit = 9 },
	    "{\"command\":\"history\",\"room\":\"r\",\"limit\":9}" },
	{ "command", { .kind = DEED_DM, .name = S("n"), .text = S("a") },
	    "{\"command\":\"dm\",\"recipient\":\"n\",\"message\":\"a\"}" },
	{ "command", { .kind = DEED_NAME, .name = S("n") },
	    "{\"command\":\"name\",\"name\":\"n\"}" },
	{ "action", { .kind = DEED_SAY, .room = S("r"), .text = S("a") },
	    "{\"action\":\"message\",\"body\":\"a\"}" },
	{ "action", { .kind = DEED_JOIN, .room = S("r") },
	    "{\"action\":\"join\",\"body\":{\"room_id\":\"r\"}}" },
	{ "action", { .kind = DEED_LEAVE },
	    "{\"action\":\"leave\",\"body\":{}}" },
	{ "action", { .kind = DEED_CREATE, .name = S("n") },
	    "{\"action\":\"create\",\"body\":{\"room_name\":\"n\"}}" },
	{ "topic", { .kind = DEED_JOIN, .room = S("r"), .name = S("n") },
	    "{\"type\":\"join\",\"username\":\"n\",\"topic\":\"r\"}" },
	{ "topic", { .kind = DEED_SAY, .text = S("a") },
	    "{\"type\":\"message\",\"message\":\"a\"}" },
	{ "topic", { .kind = DEED_LEAVE }, "{\"type\":\"leave\"}" },
	{ "topic", { .kind = DEED_ROOMS }, "{\"type\":\"list\"}" },
	{ "topic", { .kind = DEED_ALIVE }, "{\"type\":\"heartbeat\"}" },
};

START_TEST(spells_a_deed)
{
	const struct speech *speech = speech_find(deeds[_i].dialect);
	struct wire_text out;

	wire_text_init(&out);
	speech->write[deeds[_i].deed.kind](&out, &deeds[_i].deed);
	wire_text_append(&out, str_slice("", 1));
	ck_assert_str_eq(out.data, deeds[_i].frame);
	wire_text_fini(&out);
}
END_TEST

static const struct {
	const char *dialect, *frame;
	enum heard_kind kind;
	const char *room, *member, *text;
} frames[] = {
	{ "command", "{\"event\":\"me\",\"member\":\"m1\",\"id\":\"7f\"}\n",
	    HEARD_WELCOME, "", "m1", "" },
	{ "command",
	    "{\"event\":\"broadcast\",\"room\":\"r\",\"seq\":1,\"member\":"
	    "\"a\\u0062\",\"message\":\"\\u00e9\\n\"}",
	    HEARD_SAID, "r", "ab", "\xc3\xa9\n" },
	{ "command",
	    "{\"event\":\"error\",\"code\":\"room_full\",\"message\":\"x\"}",
	    HEARD_ERROR, "", "", "x" },
	{ "command", "{\"event\":\"left\",\"room\":\"r\"}", HEARD_LEFT, "r", "",
	    "" },
	{ "command",
	    "{\"event\":\"bye\",\"code\":1001,\"reason\":\"going_away\"}",
	    HEARD_BYE, "", "", "going_away" },
	{ "command", "{\"event\":\"of_tomorrow\"}", HEARD_NOTHING, "", "", "" },
	{ "command", "{}", HEARD_NOTHING, "", "", "" },
	/* Of another type than it should be: as if it were not there. */
	{ "command", "{\"event\":\"left\",\"room\":7}", HEARD_LEFT, "", "",
	    "" },
	{ "action",
	    "{\"status\":\"connected\",\"client_id\":\"c2\",\"message\":\"W\"}",
	    HEARD_WELCOME, "", "c2", "W" },
	{ "action", "{\"from\":\"c2\",\"body\":\"hi\"}", HEARD_SAID, "", "c2",
	    "hi" },
	{ "action",
	    "{\"status\":\"success\",\"room_id\":\"r\",\"message\":\"J\"}",
	    HEARD_JOINED, "r", "", "J" },
	{ "action", "{\"status\":\"success\",\"message\":\"Left room\"}",
	    HEARD_LEFT, "", "", "Left room" },
	{ "action", "{\"status\":\"success\",\"message\":\"Message sent\"}",
	    HEARD_ACK, "", "", "Message sent" },
	{ "action", "{\"status\":\"error\",\"message\":\"x\"}", HEARD_ERROR, "",
	    "", "x" },
	{ "topic", "{\"type\":\"joined\",\"username\":\"a\",\"topic\":\"t\"}",
	    HEARD_JOINED, "t", "a", "" },
	{ "topic",
	    "{\"type\":\"message\",\"username\":\"a\",\"message\":\"hi\","
	    "\"topic\":\"t\",\"timestamp\":5}",
	    HEARD_SAID, "t", "a", "hi" },
	{ "topic", "{\"type\":\"heartbeat\",\"timestamp\":1.5}", HEARD_NOTHING,
	    "", "", "" },
	{ "topic", "{\"type\":\"error\",\"message\":\"x\"}", HEARD_ERROR, "",
	    "", "x" },
};

static bool
read_frame(const char *dialect, struct str frame, struct reading *reading,
    struct heard *out)
{
	*out = (struct heard){ 0 };
	ck_assert(reading_begin(reading, frame.len));
	return speech_read(speech_find(dialect), reading, frame, out);
}

START_TEST(understands_a_frame)
{
	struct reading reading;
	struct heard heard;

	reading_init(&reading);
	ck_assert(read_frame(frames[_i].dialect, str_from(frames[_i].frame),
	    &reading, &heard));
	ck_assert_int_eq(heard.kind, frames[_i].kind);
	ck_assert(str_equal(heard.room, str_from(frames[_i].room)));
	ck_assert(str_equal(heard.member, str_from(frames[_i].member)));
	ck_assert(str_equal(heard.text, str_from(frames[_i].text)));
	reading_fini(&reading);
}
END_TEST

/* A server may say anything: from blocks of their own, cut anywhere. */
START_TEST(refuses_what_is_cut)
{
	size_t whole = strlen(frames[_i].frame);
	struct reading reading;
	struct heard heard;

	reading_init(&reading);
	while (frames[_i].frame[whole - 1] != '}')
		whole--;
	for (size_t len = 0; len < whole; len++) {
		char *exact = malloc(len + 1);

		memcpy(exact, frames[_i].frame, len);
		ck_assert(!read_frame(frames[_i].dialect, str_slice(exact, len),
		    &reading, &heard));
		free(exact);
	}
	reading_fini(&reading);
}
END_TEST

START_TEST(reads_all_that_a_joined_says)
{
	static const char frame[] =
	    "{\"event\":\"joined\",\"ref\":4,\"room\":\"r\",\"name\":\"n\","
	    "\"epoch\":\"e\",\"seq\":9,\"members\":[\"a\"],\"count\":1,"
	    "\"messages\":[{\"seq\":9}],\"recovered\":false,"
	    "\"missing\":[1,8],\"more\":true,\"epoch_changed\":true}";
	struct reading reading;
	struct heard heard;

	reading_init(&reading);
	ck_assert(read_frame("command", str_from(frame), &reading, &heard));
	ck_assert_uint_eq(heard.ref, 4);
	ck_assert_uint_eq(heard.seq, 9);
	ck_assert_uint_eq(heard.count, 1);
	ck_assert(str_equal(heard.epoch, STR("e")));
	ck_assert(str_equal(heard.members, STR("[\"a\"]")));
	ck_assert(str_equal(heard.missing, STR("[1,8]")));
	ck_assert(heard.more && heard.epoch_changed && !heard.recovered);
	reading_fini(&reading);
}
END_TEST

START_TEST(keeps_a_message_that_is_no_text_as_it_is)
{
	struct reading reading;
	struct heard heard;

	reading_init(&reading);
	ck_assert(read_frame("action",
	    STR("{\"from\":\"a\",\"body\":{ \"x\" : [1e0] }}"), &reading,
	    &heard));
	ck_assert_ptr_null(heard.text.data);
	ck_assert(str_equal(heard.message, STR("{ \"x\" : [1e0] }")));
	reading_fini(&reading);
}
END_TEST

START_TEST(finds_a_dialect_by_name_or_path)
{
	struct url url;

	ck_assert_ptr_null(speech_find("dotnet"));
	ck_assert(url_parse(&url, STR("ws://h/ws/topic?x")));
	ck_assert_ptr_eq(speech_of_url(&url), &speech_topic);
	ck_assert(url_parse(&url, STR("ws://h/ws")));
	ck_assert_ptr_eq(speech_of_url(&url), &speech_command);
}
END_TEST

START_TEST(says_so_when_there_is_no_memory)
{
	struct reading reading;

	if (!malloc_can_fail())
		return;
	reading_init(&reading);
	malloc_fail_at(1);
	ck_assert(!reading_begin(&reading, 10));
	malloc_fail_at(0);
	ck_assert(reading_begin(&reading, 10));
	reading_fini(&reading);
}
END_TEST

SUITE(speech)
{
	tcase_add_loop_test(tests, spells_a_deed, 0, COUNT_OF(deeds));
	tcase_add_loop_test(tests, understands_a_frame, 0, COUNT_OF(frames));
	tcase_add_loop_test(tests, refuses_what_is_cut, 0, COUNT_OF(frames));
	tcase_add_test(tests, reads_all_that_a_joined_says);
	tcase_add_test(tests, keeps_a_message_that_is_no_text_as_it_is);
	tcase_add_test(tests, finds_a_dialect_by_name_or_path);
	tcase_add_test(tests, says_so_when_there_is_no_memory);
}
