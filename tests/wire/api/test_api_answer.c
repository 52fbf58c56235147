#include "wire/api/api_answer.h"

#include "tests/suite.h"
#include "wire/common/wire_text.h"

static void
check_out(struct wire_text *out, const char *expected)
{
	ck_assert(!out->failed);
	wire_text_append(out, str_slice("", 1));
	ck_assert_str_eq(out->data, expected);
	wire_text_fini(out);
}

static const struct room_entry room = {
	.id = { "r", 1 },
	.name = { "R", 1 },
	.members = 2,
	.persistent = true,
	.created_ms = 5,
	.active_ms = 6,
	.messages = 7,
};

#define ROOM                                           \
	"\"room\":\"r\",\"name\":\"R\",\"members\":2," \
	"\"persistent\":true,\"created\":5,\"active\":6,\"seq\":7"

static const struct member_entry members[] = {
	{ { "a1", 2 }, { "Ada", 3 }, 9, true },
	{ { "a2", 2 }, { "", 0 }, 10, false },
};

static const struct reaction reactions[] = {
	{ .text = { "+1", 2 }, .count = 3 },
	{ .text = { "\"", 1 }, .count = 1 },
};

static const struct message message[] = {
	{ .seq = 3,
	    .at_ms = 1000,
	    .author = { "Ada", 3 },
	    .author_id = { "a1", 2 },
	    .body = { "{\n\"x\":1}", 8 } },
	{ .seq = 5,
	    .at_ms = 1001,
	    .author = { "Bob", 3 },
	    .author_id = { "b", 1 },
	    .body = { "\"\\n\"", 4 } },
	{ .seq = 6,
	    .at_ms = 1002,
	    .author = { "Bob", 3 },
	    .author_id = { "b", 1 },
	    .body = { "2", 1 },
	    .edited_ms = 1003,
	    .reactions = reactions,
	    .reaction_count = 2 },
	{ .seq = 7,
	    .at_ms = 1004,
	    .author = { "Bob", 3 },
	    .author_id = { "b", 1 },
	    .is_redacted = true },
};

static const struct {
	struct event event;
	bool names_status;
	int status;
	const char *text;
} answers[] = {
	{ { .kind = EVENT_DELIVERED,
	      .room = { "r", 1 },
	      .epoch = { "e", 1 },
	      .seq = 4,
	      .at_ms = 1000,
	      .recipients = 2 },
	    false, 201,
	    "{\"room\":\"r\",\"seq\":4,\"at\":1000,\"epoch\":\"e\","
	    "\"recipients\":2}" },
	{ { .kind = EVENT_DELIVERED,
	      .room = { "r", 1 },
	      .epoch = { "e", 1 },
	      .seq = 4,
	      .at_ms = 1000,
	      .duplicate = true },
	    true, 200,
	    "{\"status\":200,\"room\":\"r\",\"seq\":4,\"at\":1000,"
	    "\"epoch\":\"e\",\"duplicate\":true}" },
	{ { .kind = EVENT_DELIVERED, .recipients = 3 }, false, 200,
	    "{\"recipients\":3}" },
	{ { .kind = EVENT_FAILED,
	      .failure = { .error = CHAT_BAD_FIELD, .field = { "as.id", 5 } } },
	    false, 422,
	    "{\"error\":\"bad_field\","
	    "\"text\":\"A field is missing or not valid\","
	    "\"field\":\"as.id\"}" },
	{ { .kind = EVENT_FAILED,
	      .failure = { .error = CHAT_MESSAGE_TOO_LARGE, .limit = 9 } },
	    true, 413,
	    "{\"status\":413,\"error\":\"message_too_large\","
	    "\"text\":\"Message is too large\",\"limit\":9}" },
	{ { .kind = EVENT_FAILED,
	      .failure = { .error = CHAT_BAD_JSON,
		  .text = { "No", 2 },
		  .offset = 3 } },
	    false, 400,
	    "{\"error\":\"bad_json\",\"text\":\"No\",\"offset\":3}" },
	{ { .kind = EVENT_FAILED,
	      .failure = { .error = CHAT_STORE_FAILED,
		  .retry_after_ms = 1000 } },
	    false, 503,
	    "{\"error\":\"store_failed\","
	    "\"text\":\"Perhaps not stored, try again\","
	    "\"retry_after_ms\":1000}" },
	{ { .kind = EVENT_ROOM_INFO,
	      .epoch = { "e", 1 },
	      .rooms = { &room, 1, false } },
	    false, 200, "{" ROOM ",\"epoch\":\"e\"}" },
	{ { .kind = EVENT_ROOMS, .rooms = { &room, 1, true } }, false, 200,
	    "{\"rooms\":[{" ROOM "}],\"more\":true}" },
	{ { .kind = EVENT_ROOMS }, false, 200,
	    "{\"rooms\":[],\"more\":false}" },
	{ { .kind = EVENT_MEMBERS,
	      .room = { "r", 1 },
	      .members = { members, 2, false } },
	    false, 200,
	    "{\"room\":\"r\",\"members\":[{\"member_id\":\"a1\","
	    "\"member\":\"Ada\",\"since\":9,\"user\":true},"
	    "{\"member_id\":\"a2\",\"member\":\"\",\"since\":10,"
	    "\"user\":false}],\"more\":false}" },
	{ { .kind = EVENT_HISTORY,
	      .room = { "r", 1 },
	      .epoch = { "e", 1 },
	      .page = { message, 1, true } },
	    false, 200,
	    "{\"room\":\"r\",\"epoch\":\"e\",\"messages\":[{\"seq\":3,"
	    "\"at\":1000,\"member\":\"Ada\",\"member_id\":\"a1\","
	    "\"message\":{\n\"x\":1}}],\"more\":true}" },
	{ { .kind = EVENT_HISTORY,
	      .room = { "r", 1 },
	      .epoch = { "e", 1 },
	      .page = { message + 2, 2, false } },
	    false, 200,
	    "{\"room\":\"r\",\"epoch\":\"e\",\"messages\":[{\"seq\":6,"
	    "\"at\":1002,\"member\":\"Bob\",\"member_id\":\"b\","
	    "\"message\":2,\"edited\":1003,"
	    "\"reactions\":{\"+1\":3,\"\\\"\":1}},{\"seq\":7,\"at\":1004,"
	    "\"member\":\"Bob\",\"member_id\":\"b\",\"redacted\":true}],"
	    "\"more\":false}" },
};

START_TEST(encodes_an_answer)
{
	struct wire_text out = { 0 };

	ck_assert_int_eq(api_put_answer(&out, &answers[_i].event,
			     answers[_i].names_status),
	    answers[_i].status);
	check_out(&out, answers[_i].text);
}
END_TEST

/* The status tells a client whether to correct its request, or to try again. */
START_TEST(every_error_has_a_status)
{
	for (int error = CHAT_OK + 1; error < CHAT_ERROR_KINDS; error++) {
		int status = api_status((enum chat_error)error);

		ck_assert_int_ge(status, 400);
		ck_assert_int_le(status, 507);
		ck_assert_int_ne(status, 500);
	}
}
END_TEST

/* Outside of strings, line ends are white space like any other. */
START_TEST(an_event_of_a_stream_has_one_line_of_data)
{
	struct wire_text out = { 0 };

	api_put_stream_message(&out, STR("r"), STR("e"), &message[0]);
	check_out(&out,
	    "id: e:3\nevent: message\ndata: {\"room\":\"r\",\"seq\":3,"
	    "\"at\":1000,\"member\":\"Ada\",\"member_id\":\"a1\","
	    "\"message\":{ \"x\":1}}\n\n");
	api_put_stream_message(&out, STR("r"), STR("e"), &message[1]);
	check_out(&out,
	    "id: e:5\nevent: message\ndata: {\"room\":\"r\",\"seq\":5,"
	    "\"at\":1001,\"member\":\"Bob\",\"member_id\":\"b\","
	    "\"message\":\"\\n\"}\n\n");
}
END_TEST

START_TEST(a_stream_reports_what_is_missing)
{
	struct wire_text out = { 0 };

	api_put_gap(&out, STR("r"), STR("e"), 3, 9);
	check_out(&out, "event: gap\ndata: {\"room\":\"r\",\"epoch\":\"e\","
			"\"missing\":[3,9]}\n\n");
	api_put_gap(&out, STR("r"), STR("e"), 0, 0);
	check_out(&out, "event: gap\ndata: {\"room\":\"r\",\"epoch\":\"e\","
			"\"epoch_changed\":true}\n\n");
	api_put_end(&out, STR("r"), STR("room_not_found"));
	check_out(&out, "event: end\ndata: {\"room\":\"r\","
			"\"reason\":\"room_not_found\"}\n\n");
	api_put_stream_begin(&out);
	api_put_heartbeat(&out);
	check_out(&out, "retry: 2000\n\n:\n\n");
}
END_TEST

SUITE(api_answer)
{
	tcase_add_loop_test(tests, encodes_an_answer, 0, COUNT_OF(answers));
	tcase_add_test(tests, every_error_has_a_status);
	tcase_add_test(tests, an_event_of_a_stream_has_one_line_of_data);
	tcase_add_test(tests, a_stream_reports_what_is_missing);
}
