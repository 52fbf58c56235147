/* The commands of sessions: how they are decoded, limited and refused. */

#include <string.h>

#include "tests/suite.h"
#include "tests/support/transport/session_rig.h"
#include "wire/dialect.h"

/* --- commands ------------------------------------------------------------- */

START_TEST(a_message_becomes_a_command_text_or_not)
{
	static const char text[] =
	    "{\"command\":\"broadcast\",\"message\":\"hi\"}";

	session_rig_begin();
	session_rig_open(0);
	client_send_frame(&session_rig.clients[0],
	    _i == 0 ? WS_TEXT : WS_BINARY, text, strlen(text));
	session_rig_turn(0);
	ck_assert_int_eq(session_rig.kind, COMMAND_BROADCAST);
	ck_assert_str_eq(session_rig.body, "\"hi\"");
	session_rig_check(0, "#1");
	session_rig_check(0, "#2");
	session_rig_end();
}
END_TEST

static const struct {
	const char *listener;
	const char *path;
	const char *answer; /* to what is no JSON */
} commands_sent[] = {
	{ "command", "/ws", "\"event\":\"error\"" },
	{ "command", "/ws/action", "\"status\":\"error\"" },
	{ "action", "/ws", "\"status\":\"error\"" },
	{ "action", "/", "\"status\":\"error\"" },
	{ "action", "/ws/command", "\"event\":\"error\"" },
};

START_TEST(listener_and_path_select_the_dialect)
{
	session_rig_begin();
	session_rig.rig.dialect =
	    dialect_find(str_from(commands_sent[_i].listener));
	client_connect(&session_rig.clients[0], &session_rig.rig, 0);
	client_open(&session_rig.clients[0], &session_rig.rig,
	    commands_sent[_i].path);
	session_rig_send(0, "hello");
	session_rig_turn(0);
	session_rig_check(0, commands_sent[_i].answer);
	session_rig_end();
}
END_TEST

static const struct {
	const char *text;
	const char *answer;
} misspelled[] = {
	{ "", "\"code\":\"bad_json\"" },
	{ "hello", "\"code\":\"bad_json\"" },
	{ "[]", "\"code\":\"bad_json\"" },
	{ "{\"command\":\"fly\",\"ref\":\"r\"}",
	    "\"code\":\"unknown_command\"" },
	{ "{\"command\":\"fly\",\"ref\":\"r\"}", "\"ref\":\"r\"" },
	{ "{\"command\":\"join\"}", "\"code\":\"bad_field\"" },
};

START_TEST(what_is_misspelled_is_answered)
{
	session_rig_begin();
	session_rig_open(0);
	session_rig_send(0, misspelled[_i].text);
	session_rig_turn(0);
	session_rig_check(0, misspelled[_i].answer);
	ck_assert_uint_eq(session_rig.commands, SESSION_RIG_CLIENTS);
	ck_assert_uint_eq(session_rig.rig.worker.ws.open_count,
	    SESSION_RIG_CLIENTS);
	session_rig_end();
}
END_TEST

/* --- rates ---------------------------------------------------------------- */

static void
limit_messages(uint32_t rate, uint32_t burst)
{
	session_rig_begin();
	session_rig.rig.limits.messages = (struct rate_limit){ rate, burst };
	session_rig_open(0);
}

START_TEST(a_client_that_is_too_fast_is_read_slowly)
{
	limit_messages(2, 3);
	session_rig.rig.limits.patience_ms = 10000;
	for (int i = 0; i < 6; i++)
		session_rig_send(0, "{\"command\":\"me\"}");
	session_rig_turn(0);
	ck_assert_uint_eq(session_rig.commands, SESSION_RIG_CLIENTS + 3);
	/* The others have budgets of their own. */
	session_rig_send(1, "{\"command\":\"me\"}");
	rig_turn(&session_rig.rig);
	ck_assert_uint_eq(session_rig.commands, SESSION_RIG_CLIENTS + 4);
	rig_pass(&session_rig.rig, 700);
	ck_assert_uint_eq(session_rig.commands, SESSION_RIG_CLIENTS + 5);
	rig_pass(&session_rig.rig, 1500);
	session_rig_turn(0);
	ck_assert_uint_eq(session_rig.commands, SESSION_RIG_CLIENTS + 7);
	ck_assert_ptr_null(session_rig_take(0));
	session_rig_end();
}
END_TEST

START_TEST(a_client_that_stays_too_fast_is_refused)
{
	limit_messages(2, 3);
	session_rig.rig.limits.patience_ms = 3000;
	for (int i = 0; i < 200; i++)
		session_rig_send(0, "{\"command\":\"me\"}");
	session_rig_turn(0);
	rig_pass(&session_rig.rig, 2900);
	session_rig_turn(0);
	ck_assert_ptr_null(session_rig_take(0));
	ck_assert_uint_ge(session_rig.commands, SESSION_RIG_CLIENTS + 3 + 4);
	rig_pass(&session_rig.rig, 1000);
	session_rig_turn(0);
	session_rig_check(0, "\"code\":\"rate_limited\"");
	ck_assert_uint_eq(client_take_close(&session_rig.clients[0]), 4101);
	ck_assert_uint_eq(session_rig.disconnects, 1);
	session_rig_end();
}
END_TEST

START_TEST(a_client_that_is_beyond_its_bytes_is_read_slowly)
{
	session_rig_begin();
	session_rig.rig.limits.patience_ms = 10000;
	session_rig.rig.limits.bytes = (struct rate_limit){ 100, 100 };
	session_rig_open(0);
	for (int i = 0; i < 5; i++)
		session_rig_send(0,
		    "{\"command\":\"me\",\"ref\":\"34567890123456789012\"}");
	session_rig_turn(0);
	ck_assert_uint_eq(session_rig.commands, SESSION_RIG_CLIENTS + 3);
	rig_pass(&session_rig.rig, 600);
	ck_assert_uint_eq(session_rig.commands, SESSION_RIG_CLIENTS + 4);
	session_rig_end();
}
END_TEST

START_TEST(a_refused_command_has_retry_after)
{
	limit_messages(2, 3);
	for (int i = 0; i < 4; i++)
		session_rig_send(0, "{\"command\":\"me\",\"ref\":\"c1\"}");
	session_rig_turn(0);
	ck_assert_uint_eq(session_rig.commands, SESSION_RIG_CLIENTS + 3);
	session_rig_check(0,
	    "\"ref\":\"c1\",\"command\":\"me\",\"code\":\"rate_limited\"");
	session_rig_send(0, "{\"command\":\"me\"}");
	session_rig_turn(0);
	session_rig_check(0, "\"retry_after_ms\":501");
	rig_pass(&session_rig.rig, 501);
	session_rig_send(0, "{\"command\":\"me\"}");
	session_rig_turn(0);
	ck_assert_uint_eq(session_rig.commands, SESSION_RIG_CLIENTS + 4);
	ck_assert_ptr_null(session_rig_take(0));
	/* The others have tokens of their own. */
	session_rig_send(1, "{\"command\":\"me\"}");
	rig_turn(&session_rig.rig);
	ck_assert_uint_eq(session_rig.commands, SESSION_RIG_CLIENTS + 5);
	session_rig_end();
}
END_TEST

START_TEST(what_is_misspelled_counts_too)
{
	limit_messages(1, 1);
	session_rig_send(0, "hello");
	session_rig_send(0, "hello");
	session_rig_turn(0);
	session_rig_check(0, "\"code\":\"bad_json\"");
	session_rig_check(0, "\"code\":\"rate_limited\"");
	session_rig_end();
}
END_TEST

static void
be_refused(int times)
{
	for (int i = 0; i < times; i++)
		session_rig_send(0, "{\"command\":\"me\"}");
	session_rig_turn(0);
}

START_TEST(a_hundred_refusals_close_the_connection)
{
	session_rig_begin();
	session_rig_open(0);
	session_rig.rig.limits.messages = (struct rate_limit){ 1, 1 };
	rig_pass(&session_rig.rig, 20000);
	be_refused(1 + 99);
	ck_assert_uint_eq(session_rig.disconnects, 0);
	be_refused(5);
	ck_assert_uint_eq(session_rig.disconnects, 1);
	ck_assert_uint_eq(client_take_close(&session_rig.clients[0]), 4101);
	session_rig_end();
}
END_TEST

START_TEST(refusals_now_and_then_do_not)
{
	session_rig_begin();
	session_rig_open(0);
	session_rig.rig.limits.messages = (struct rate_limit){ 1, 1 };
	for (int i = 0; i < 5; i++) {
		be_refused(90);
		rig_pass(&session_rig.rig, 10200);
	}
	ck_assert_uint_eq(session_rig.disconnects, 0);
	session_rig_end();
}
END_TEST

/* --- what a dialect decides ------------------------------------------------
 */

static enum wire_stage stage;

/* Chat messages are "good" or "bad"; the rest are no chat messages. */
static enum chat_error
decode_plain(struct str message, const struct wire_context *context,
    struct command *out, struct failure *why, struct scratch *scratch)
{
	(void)scratch;
	stage = context->stage;
	*out = (struct command){ .kind = COMMAND_ME };
	*why = (struct failure){ 0 };
	if (str_equal(message, STR("me")))
		return CHAT_OK;
	out->kind = COMMAND_BROADCAST;
	out->flags = COMMAND_BURST_LIMITED;
	out->body = message;
	if (str_equal(message, STR("bad")))
		why->error = CHAT_BAD_FIELD;
	return why->error;
}

/* Two messages, then a pause of a minute. */
static const struct dialect plain = {
	.decode = decode_plain,
	.has_stages = true,
	.burst_limit = { 2, 60000 },
};

static void
use_plain_dialect(void)
{
	struct session *session;

	session_rig_begin();
	client_connect(&session_rig.clients[0], &session_rig.rig, 0);
	client_open(&session_rig.clients[0], &session_rig.rig, "/ws");
	session = session_rig.peer;
	session->dialect = &plain;
	session_rig.in_room = true;
	session_rig.commands = 0;
}

static void
message_publish_turn(const char *text)
{
	session_rig_send(0, text);
	session_rig_turn(0);
}

/* The chat is asked, not the hub, whose subscriptions may lag. */
START_TEST(a_dialect_knows_where_one_stands)
{
	use_plain_dialect();
	session_rig.in_room = false;
	message_publish_turn("me");
	ck_assert_int_eq(stage, WIRE_NEW);
	session_rig.in_room = true;
	message_publish_turn("me");
	ck_assert_int_eq(stage, WIRE_INSIDE);
	session_rig.in_room = false;
	message_publish_turn("me");
	ck_assert_int_eq(stage, WIRE_OUTSIDE);
	session_rig_end();
}
END_TEST

static const struct {
	const char *text;
	const char *answer;
	const char *close; /* the payload of the close frame */
} last_words[] = {
	{ "hello", "Invalid JSON format", "\x03\xebInvalid JSON" },
	{ "{}", "First message must be join", "\x03\xeaProtocol error" },
	{ "{\"type\":\"join\"}", "Username must be", "\x03\xf0Join failed" },
};

/* Messages that are not valid are answered with the time of day, too. */
START_TEST(what_is_misspelled_is_answered_with_the_time)
{
	session_rig_begin();
	client_connect(&session_rig.clients[0], &session_rig.rig, 0);
	client_open(&session_rig.clients[0], &session_rig.rig, "/ws/topic");
	rig_pass(&session_rig.rig, 4000);
	session_rig_send(0, "hello");
	session_rig_turn(0);
	session_rig_check(0, "\"timestamp\":5}");
	session_rig_end();
}
END_TEST

/* Input behind a frame that ends the connection is ignored. */
START_TEST(a_frame_may_end_the_connection)
{
	uint8_t opcode;
	const char *data;
	size_t len;

	session_rig_begin();
	client_connect(&session_rig.clients[0], &session_rig.rig, 0);
	client_open(&session_rig.clients[0], &session_rig.rig, "/ws/topic");
	session_rig_send(0, last_words[_i].text);
	session_rig_send(0, "{\"username\":\"alice\",\"topic\":\"sports\"}");
	session_rig_turn(0);
	session_rig_check(0, last_words[_i].answer);
	ck_assert(client_take_frame(&session_rig.clients[0], &opcode, &data,
	    &len));
	ck_assert_uint_eq(opcode, WS_CLOSE);
	ck_assert_uint_eq(len, strlen(last_words[_i].close));
	ck_assert_mem_eq(data, last_words[_i].close, len);
	ck_assert_uint_eq(session_rig.clients[0].len, 0);
	ck_assert_uint_eq(session_rig.commands, 2); /* connect and disconnect */
	session_rig_end();
}
END_TEST

START_TEST(a_dialect_has_a_burst_limit_of_its_own)
{
	use_plain_dialect();
	message_publish_turn("good");
	message_publish_turn("bad");
	session_rig_check(0, "#1");
	session_rig_check(0, "#2");
	session_rig_check(0, "\"code\":\"bad_field\"");
	message_publish_turn("good");
	session_rig_check(0, "#3");
	session_rig_check(0, "#4");
	/* That was two; it is too early for what is wrong, too. */
	message_publish_turn("good");
	session_rig_check(0, "\"code\":\"rate_limited\"");
	message_publish_turn("bad");
	session_rig_check(0, "\"retry_after_ms\":60000");
	message_publish_turn("me");
	ck_assert_uint_eq(session_rig.commands, 3);
	rig_pass(&session_rig.rig, 60000);
	message_publish_turn("good");
	session_rig_check(0, "#5");
	session_rig_end();
}
END_TEST

START_TEST(a_message_that_the_chat_refuses_does_not_count)
{
	use_plain_dialect();
	session_rig.broadcast_result = CHAT_UNAVAILABLE;
	for (int i = 0; i < 5; i++)
		message_publish_turn("good");
	session_rig.broadcast_result = CHAT_OK;
	message_publish_turn("good");
	message_publish_turn("good");
	ck_assert_uint_eq(session_rig.commands, 7);
	message_publish_turn("good");
	ck_assert_uint_eq(session_rig.commands, 7);
	session_rig_end();
}
END_TEST

START_TEST(a_message_within_the_burst_limit_takes_no_token)
{
	use_plain_dialect();
	rig_pass(&session_rig.rig, 1000);
	session_rig.rig.limits.messages = (struct rate_limit){ 1, 1 };
	message_publish_turn("good");
	message_publish_turn("good");
	message_publish_turn("me");
	ck_assert_uint_eq(session_rig.commands, 3);
	message_publish_turn("me");
	ck_assert_uint_eq(session_rig.commands, 3);
	session_rig_end();
}
END_TEST

/* A slow machine needs several turns for what was sent. */
static void
turns_take(void)
{
	for (int i = 0; i < 20; i++)
		session_rig_turn(0);
}

START_TEST(a_message_that_is_not_posted_takes_one)
{
	use_plain_dialect();
	rig_pass(&session_rig.rig, 20000);
	session_rig.rig.limits.messages = (struct rate_limit){ 1, 1 };
	for (int i = 0; i < 101; i++)
		session_rig_send(0, "bad");
	turns_take();
	session_rig_check(0, "\"code\":\"bad_field\"");
	ck_assert_uint_eq(client_take_close(&session_rig.clients[0]), 4101);
	session_rig_end();
}
END_TEST

/* Outside of any room, a message is a command like any other. */
START_TEST(a_message_outside_of_rooms_takes_one)
{
	use_plain_dialect();
	session_rig.in_room = false;
	rig_pass(&session_rig.rig, 20000);
	session_rig.rig.limits.messages = (struct rate_limit){ 1, 1 };
	session_rig.broadcast_result = CHAT_NOT_IN_ROOM;
	for (int i = 0; i < 101; i++)
		session_rig_send(0, "good");
	turns_take();
	ck_assert_uint_eq(session_rig.commands,
	    2); /* one of them, and a disconnect */
	session_rig_check(0, "\"code\":\"rate_limited\"");
	ck_assert_uint_eq(client_take_close(&session_rig.clients[0]), 4101);
	session_rig_end();
}
END_TEST

/* --- answers that are not read ---------------------------------------------
 */

START_TEST(commands_wait_while_their_answers_are_not_read)
{
	unsigned before;

	session_rig_begin();
	session_rig_open(SESSION_RIG_SMALL);
	session_rig.rig.limits.output_soft = 4000;
	session_rig.padding = 2000;
	before = session_rig.commands;
	for (int i = 0; i < 100; i++)
		session_rig_send(0,
		    "{\"command\":\"broadcast\",\"message\":\"hi\"}");
	rig_turn(&session_rig.rig);
	ck_assert_uint_gt(session_rig.commands, before);
	ck_assert_uint_lt(session_rig.commands, before + 20);
	ck_assert(conn_is_paused(session_rig.clients[0].conn));
	for (int i = 0; i < 1000 && session_rig.commands < before + 100; i++) {
		session_rig_turn(0);
		session_rig_turn(1);
	}
	ck_assert_uint_eq(session_rig.commands, before + 100);
	session_rig_end();
}
END_TEST

SUITE(session_commands)
{
	tcase_add_test(tests, commands_wait_while_their_answers_are_not_read);
	tcase_add_loop_test(tests, a_message_becomes_a_command_text_or_not, 0,
	    2);
	tcase_add_loop_test(tests, listener_and_path_select_the_dialect, 0,
	    COUNT_OF(commands_sent));
	tcase_add_loop_test(tests, what_is_misspelled_is_answered, 0,
	    COUNT_OF(misspelled));
	tcase_add_test(tests, a_client_that_is_too_fast_is_read_slowly);
	tcase_add_test(tests, a_client_that_stays_too_fast_is_refused);
	tcase_add_test(tests, a_client_that_is_beyond_its_bytes_is_read_slowly);
	tcase_add_test(tests, a_refused_command_has_retry_after);
	tcase_add_test(tests, what_is_misspelled_counts_too);
	tcase_add_test(tests, a_hundred_refusals_close_the_connection);
	tcase_add_test(tests, refusals_now_and_then_do_not);
	tcase_add_test(tests, a_dialect_knows_where_one_stands);
	tcase_add_test(tests, what_is_misspelled_is_answered_with_the_time);
	tcase_add_loop_test(tests, a_frame_may_end_the_connection, 0,
	    COUNT_OF(last_words));
	tcase_add_test(tests, a_dialect_has_a_burst_limit_of_its_own);
	tcase_add_test(tests, a_message_that_the_chat_refuses_does_not_count);
	tcase_add_test(tests, a_message_within_the_burst_limit_takes_no_token);
	tcase_add_test(tests, a_message_that_is_not_posted_takes_one);
	tcase_add_test(tests, a_message_outside_of_rooms_takes_one);
}
