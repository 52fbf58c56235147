#include "cmd/parley/client_dialect.h"

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
	struct client_request request;
	const char *frame;
} deeds[] = {
	{ "command", { .kind = REQUEST_POST, .text = S("a\"b"), .ref = 3 },
	    "{\"command\":\"broadcast\",\"message\":\"a\\\"b\",\"ref\":3}" },
	{ "command", { .kind = REQUEST_POST, .text = S("a"), .key = S("k") },
	    "{\"command\":\"broadcast\",\"message\":\"a\"}" },
	{ "command",
	    { .kind = REQUEST_POST,
		.room = S("r"),
		.text = S("a"),
		.key = S("k"),
		.ref = 1 },
	    "{\"command\":\"broadcast\",\"room\":\"r\",\"message\":\"a\","
	    "\"key\":\"k\",\"ref\":1}" },
	{ "command", { .kind = REQUEST_JOIN, .room = S("r"), .limit = 20 },
	    "{\"command\":\"join\",\"create\":true,\"room\":\"r\","
	    "\"history\":20}" },
	{ "command",
	    { .kind = REQUEST_JOIN, .room = S("r"), .epoch = S("e"), .seq = 7 },
	    "{\"command\":\"join\",\"create\":true,\"room\":\"r\","
	    "\"since\":{\"epoch\":\"e\",\"seq\":7},\"history\":0}" },
	{ "command",
	    { .kind = REQUEST_JOIN, .room = S("r"), .persistent = true },
	    "{\"command\":\"join\",\"create\":true,\"persistent\":true,"
	    "\"room\":\"r\",\"history\":0}" },
	{ "command", { .kind = REQUEST_LEAVE, .room = S("r") },
	    "{\"command\":\"leave\",\"room\":\"r\"}" },
	{ "command", { .kind = REQUEST_CREATE, .name = S("n") },
	    "{\"command\":\"create\",\"name\":\"n\"}" },
	{ "command",
	    { .kind = REQUEST_CREATE, .name = S("n"), .persistent = true },
	    "{\"command\":\"create\",\"name\":\"n\",\"persistent\":true}" },
	{ "command", { .kind = REQUEST_ROOMS, .ref = 9 },
	    "{\"command\":\"rooms\",\"ref\":9}" },
	{ "command", { .kind = REQUEST_MEMBERS }, "{\"command\":\"list\"}" },
	{ "command",
	    { .kind = REQUEST_HISTORY,
		.room = S("r"),
		.epoch = S("e"),
		.seq = 2,
		.limit = 9 },
	    "{\"command\":\"history\",\"room\":\"r\",\"limit\":9,"
	    "\"after\":2}" },
	{ "command", { .kind = REQUEST_HISTORY, .room = S("r"), .limit = 9 },
	    "{\"command\":\"history\",\"room\":\"r\",\"limit\":9}" },
	{ "command", { .kind = REQUEST_DM, .name = S("n"), .text = S("a") },
	    "{\"command\":\"dm\",\"recipient\":\"n\",\"message\":\"a\"}" },
	{ "command", { .kind = REQUEST_NAME, .name = S("n") },
	    "{\"command\":\"name\",\"name\":\"n\"}" },
	{ "command", { .kind = REQUEST_INVITE, .room = S("r"), .name = S("n") },
	    "{\"command\":\"invite\",\"room\":\"r\",\"member\":\"n\"}" },
	{ "command",
	    { .kind = REQUEST_KICK,
		.room = S("r"),
		.name = S("n"),
		.text = S("a\"b"),
		.ref = 4 },
	    "{\"command\":\"kick\",\"room\":\"r\",\"member\":\"n\","
	    "\"reason\":\"a\\\"b\",\"ref\":4}" },
	{ "command", { .kind = REQUEST_BAN, .room = S("r"), .name = S("n") },
	    "{\"command\":\"ban\",\"room\":\"r\",\"member\":\"n\"}" },
	{ "command",
	    { .kind = REQUEST_ROLE,
		.room = S("r"),
		.name = S("n"),
		.text = S("voice") },
	    "{\"command\":\"role\",\"room\":\"r\",\"member\":\"n\","
	    "\"role\":\"voice\"}" },
	{ "command", { .kind = REQUEST_TOPIC, .room = S("r"), .text = S("") },
	    "{\"command\":\"topic\",\"room\":\"r\",\"topic\":\"\"}" },
	{ "command", { .kind = REQUEST_DELETE, .room = S("r") },
	    "{\"command\":\"delete\",\"room\":\"r\"}" },
	{ "action", { .kind = REQUEST_POST, .room = S("r"), .text = S("a") },
	    "{\"action\":\"message\",\"body\":\"a\"}" },
	{ "action", { .kind = REQUEST_JOIN, .room = S("r") },
	    "{\"action\":\"join\",\"body\":{\"room_id\":\"r\"}}" },
	{ "action", { .kind = REQUEST_LEAVE },
	    "{\"action\":\"leave\",\"body\":{}}" },
	{ "action", { .kind = REQUEST_CREATE, .name = S("n") },
	    "{\"action\":\"create\",\"body\":{\"room_name\":\"n\"}}" },
	{ "topic", { .kind = REQUEST_JOIN, .room = S("r"), .name = S("n") },
	    "{\"type\":\"join\",\"username\":\"n\",\"topic\":\"r\"}" },
	{ "topic", { .kind = REQUEST_POST, .text = S("a") },
	    "{\"type\":\"message\",\"message\":\"a\"}" },
	{ "topic", { .kind = REQUEST_LEAVE }, "{\"type\":\"leave\"}" },
	{ "topic", { .kind = REQUEST_ROOMS }, "{\"type\":\"list\"}" },
	{ "topic", { .kind = REQUEST_KEEPALIVE }, "{\"type\":\"heartbeat\"}" },
};

START_TEST(encodes_requests)
{
	const struct client_dialect *dialect =
	    client_dialect_find(deeds[_i].dialect);
	struct wire_text out;

	wire_text_init(&out);
	dialect->write[deeds[_i].request.kind](&out, &deeds[_i].request);
	wire_text_append(&out, str_slice("", 1));
	ck_assert_str_eq(out.data, deeds[_i].frame);
	wire_text_fini(&out);
}
END_TEST

static const struct {
	const char *dialect, *frame;
	enum server_event_kind kind;
	const char *room, *member, *text;
} frames[] = {
	{ "command", "{\"event\":\"me\",\"member\":\"m1\",\"id\":\"7f\"}\n",
	    SERVER_WELCOME, "", "m1", "" },
	{ "command",
	    "{\"event\":\"broadcast\",\"room\":\"r\",\"seq\":1,\"member\":"
	    "\"a\\u0062\",\"message\":\"\\u00e9\\n\"}",
	    SERVER_MESSAGE, "r", "ab", "\xc3\xa9\n" },
	{ "command",
	    "{\"event\":\"error\",\"code\":\"room_full\",\"message\":\"x\"}",
	    SERVER_ERROR, "", "", "x" },
	{ "command", "{\"event\":\"left\",\"room\":\"r\"}", SERVER_LEFT, "r",
	    "", "" },
	{ "command",
	    "{\"event\":\"bye\",\"code\":1001,\"reason\":\"going_away\"}",
	    SERVER_BYE, "", "", "going_away" },
	{ "command", "{\"event\":\"of_tomorrow\"}", SERVER_NOTHING, "", "",
	    "" },
	{ "command", "{}", SERVER_NOTHING, "", "", "" },
	/* A field of the wrong type is ignored. */
	{ "command", "{\"event\":\"left\",\"room\":7}", SERVER_LEFT, "", "",
	    "" },
	{ "action",
	    "{\"status\":\"connected\",\"client_id\":\"c2\",\"message\":\"W\"}",
	    SERVER_WELCOME, "", "c2", "W" },
	{ "action", "{\"from\":\"c2\",\"body\":\"hi\"}", SERVER_MESSAGE, "",
	    "c2", "hi" },
	{ "action",
	    "{\"status\":\"success\",\"room_id\":\"r\",\"message\":\"J\"}",
	    SERVER_JOINED, "r", "", "J" },
	{ "action", "{\"status\":\"success\",\"message\":\"Left room\"}",
	    SERVER_LEFT, "", "", "Left room" },
	{ "action", "{\"status\":\"success\",\"message\":\"Message sent\"}",
	    SERVER_ACK, "", "", "Message sent" },
	{ "action", "{\"status\":\"error\",\"message\":\"x\"}", SERVER_ERROR,
	    "", "", "x" },
	{ "topic", "{\"type\":\"joined\",\"username\":\"a\",\"topic\":\"t\"}",
	    SERVER_JOINED, "t", "a", "" },
	{ "topic",
	    "{\"type\":\"message\",\"username\":\"a\",\"message\":\"hi\","
	    "\"topic\":\"t\",\"timestamp\":5}",
	    SERVER_MESSAGE, "t", "a", "hi" },
	{ "topic", "{\"type\":\"heartbeat\",\"timestamp\":1.5}", SERVER_NOTHING,
	    "", "", "" },
	{ "topic", "{\"type\":\"error\",\"message\":\"x\"}", SERVER_ERROR, "",
	    "", "x" },
};

static bool
read_frame(const char *dialect, struct str frame, struct text_buffer *texts,
    struct server_event *out)
{
	*out = (struct server_event){ 0 };
	ck_assert(text_buffer_begin(texts, frame.len));
	return client_dialect_read(client_dialect_find(dialect), texts, frame,
	    out);
}

START_TEST(decodes_frames)
{
	struct text_buffer texts;
	struct server_event event;

	text_buffer_init(&texts);
	ck_assert(read_frame(frames[_i].dialect, str_from(frames[_i].frame),
	    &texts, &event));
	ck_assert_int_eq(event.kind, frames[_i].kind);
	ck_assert(str_equal(event.room, str_from(frames[_i].room)));
	ck_assert(str_equal(event.member, str_from(frames[_i].member)));
	ck_assert(str_equal(event.text, str_from(frames[_i].text)));
	text_buffer_fini(&texts);
}
END_TEST

/* Input from separate blocks, cut anywhere, for the sanitizers. */
START_TEST(rejects_truncated_frames)
{
	size_t whole = strlen(frames[_i].frame);
	struct text_buffer texts;
	struct server_event event;

	text_buffer_init(&texts);
	while (frames[_i].frame[whole - 1] != '}')
		whole--;
	for (size_t len = 0; len < whole; len++) {
		char *exact = malloc(len + 1);

		memcpy(exact, frames[_i].frame, len);
		ck_assert(!read_frame(frames[_i].dialect, str_slice(exact, len),
		    &texts, &event));
		free(exact);
	}
	text_buffer_fini(&texts);
}
END_TEST

START_TEST(decodes_all_fields_of_joined)
{
	static const char frame[] =
	    "{\"event\":\"joined\",\"ref\":4,\"room\":\"r\",\"name\":\"n\","
	    "\"epoch\":\"e\",\"seq\":9,\"members\":[\"a\"],\"count\":1,"
	    "\"messages\":[{\"seq\":9}],\"recovered\":false,"
	    "\"missing\":[1,8],\"more\":true,\"epoch_changed\":true}";
	struct text_buffer texts;
	struct server_event event;

	text_buffer_init(&texts);
	ck_assert(read_frame("command", str_from(frame), &texts, &event));
	ck_assert_uint_eq(event.ref, 4);
	ck_assert_uint_eq(event.seq, 9);
	ck_assert_uint_eq(event.count, 1);
	ck_assert(str_equal(event.epoch, STR("e")));
	ck_assert(str_equal(event.members, STR("[\"a\"]")));
	ck_assert(str_equal(event.missing, STR("[1,8]")));
	ck_assert(event.more && event.epoch_changed && !event.recovered);
	text_buffer_fini(&texts);
}
END_TEST

START_TEST(keeps_json_messages_verbatim)
{
	struct text_buffer texts;
	struct server_event event;

	text_buffer_init(&texts);
	ck_assert(read_frame("action",
	    STR("{\"from\":\"a\",\"body\":{ \"x\" : [1e0] }}"), &texts,
	    &event));
	ck_assert_ptr_null(event.text.data);
	ck_assert(str_equal(event.message, STR("{ \"x\" : [1e0] }")));
	text_buffer_fini(&texts);
}
END_TEST

START_TEST(shows_a_file_as_text)
{
	struct text_buffer texts;
	struct server_event event;

	text_buffer_init(&texts);
	ck_assert(read_frame("command",
	    STR("{\"event\":\"broadcast\",\"message\":{\"text\":\"\\u00e9\","
		"\"file\":{\"id\":\"i\",\"name\":\"a\\\"b\",\"type\":\"t\","
		"\"size\":1600,\"url\":\"/v1/files/i\"}}}"),
	    &texts, &event));
	ck_assert(str_equal(event.text,
	    STR("\xc3\xa9\na\"b (1.5 KiB): /v1/files/i")));
	text_buffer_fini(&texts);
}
END_TEST

START_TEST(finds_a_dialect_by_name_or_path)
{
	struct url url;

	ck_assert_ptr_null(client_dialect_find("dotnet"));
	ck_assert(url_parse(&url, STR("ws://h/ws/topic?x")));
	ck_assert_ptr_eq(client_dialect_of_url(&url), &client_dialect_topic);
	ck_assert(url_parse(&url, STR("ws://h/ws")));
	ck_assert_ptr_eq(client_dialect_of_url(&url), &client_dialect_native);
}
END_TEST

START_TEST(reports_lack_of_memory)
{
	struct text_buffer texts;

	if (!malloc_can_fail())
		return;
	text_buffer_init(&texts);
	malloc_fail_at(1);
	ck_assert(!text_buffer_begin(&texts, 10));
	malloc_fail_at(0);
	ck_assert(text_buffer_begin(&texts, 10));
	text_buffer_fini(&texts);
}
END_TEST

SUITE(dialect)
{
	tcase_add_loop_test(tests, encodes_requests, 0, COUNT_OF(deeds));
	tcase_add_loop_test(tests, decodes_frames, 0, COUNT_OF(frames));
	tcase_add_loop_test(tests, rejects_truncated_frames, 0,
	    COUNT_OF(frames));
	tcase_add_test(tests, decodes_all_fields_of_joined);
	tcase_add_test(tests, keeps_json_messages_verbatim);
	tcase_add_test(tests, shows_a_file_as_text);
	tcase_add_test(tests, finds_a_dialect_by_name_or_path);
	tcase_add_test(tests, reports_lack_of_memory);
}
