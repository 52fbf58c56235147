#include "transport/session.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/rig.h"
#include "transport/fanout/hub.h"
#include "transport/ws/admission.h"
#include "wire/dialect.h"

#define SMALL 4608
#define CLIENTS 3

/* A chat that publishes everything twice: to its author and to all. */
struct fixture {
	struct command_handler handler;
	struct rig rig;
	struct hub *hub;
	struct sessions *sessions;
	struct client clients[CLIENTS];
	unsigned attached;
	unsigned padding; /* of what is said */
	unsigned message;
	enum chat_error connect_result;
	enum chat_error broadcast_result;
	bool in_room;         /* the chat's answer for every member */
	struct session *peer; /* of the last member to connect */
	unsigned rights;      /* of the last command */
	uint32_t connection;  /* of the last member to connect */
	/* the last command */
	enum command_kind kind;
	unsigned commands;
	unsigned disconnects;
	bool has_name;
	char name[2048];
	char body[256];
};

static struct fixture f;

/* assert(): unlike Check's own it needs no memory, of which there may be none.
 */
static void
copy_text(char *out, size_t size, struct str text)
{
	assert(text.len < size);
	if (text.len > 0)
		memcpy(out, text.data, text.len);
	out[text.len] = '\0';
}

static enum chat_error
member_attach(const struct command *command)
{
	struct publisher *publisher = hub_publisher(f.hub);
	char id[ID_SIZE];
	enum chat_error error;

	if (f.connect_result != CHAT_OK)
		return f.connect_result;
	snprintf(id, sizeof(id), "member-%u", f.attached++);
	f.connection = command->connection;
	if (command->principal->member_id.data != NULL)
		copy_text(id, sizeof(id), command->principal->member_id);
	error = publisher_attach(publisher, command->peer, str_from(id),
	    command->connection);
	if (error != CHAT_OK || (command->flags & COMMAND_NO_LOBBY))
		return error;
	/* Who cannot be let into the lobby still is a member. */
	return publisher_enter(publisher, str_from(id), 0, STR_ABSENT);
}

static void
post_twice(struct str author)
{
	struct publisher *publisher = hub_publisher(f.hub);
	char body[8192];
	struct event event = {
		.member = STR("margaret"),
		.member_id = STR("elsewhere"),
		.body = { body, 0 },
	};

	for (int i = 0; i < 2; i++) {
		event.kind = i == 0 ? EVENT_MESSAGE : EVENT_DM;
		event.body.len = (size_t)snprintf(body, sizeof(body),
		    "\"%*s#%u\"", (int)f.padding, "", ++f.message);
		publisher_publish(publisher, &event,
		    i == 0 ? audience_lobby() : audience_one(author));
	}
}

static void
post_unstored(void)
{
	struct event event = {
		.kind = EVENT_TYPING,
		.room = STR("room"),
		.member = STR("margaret"),
		.member_id = STR("elsewhere"),
	};

	publisher_publish(hub_publisher(f.hub), &event, audience_lobby());
}

static enum chat_error
session_command_handle(struct command_handler *handler,
    const struct command *command)
{
	(void)handler;
	f.kind = command->kind;
	f.commands++;
	switch (command->kind) {
	case COMMAND_CONNECT:
		f.peer = command->peer;
		f.rights = command->rights;
		f.has_name = command->name.data != NULL;
		copy_text(f.name, sizeof(f.name), command->name);
		return member_attach(command);
	case COMMAND_DISCONNECT:
		f.disconnects++;
		publisher_leave(hub_publisher(f.hub), command->author,
		    STR_ABSENT);
		return CHAT_OK;
	case COMMAND_BROADCAST:
		copy_text(f.body, sizeof(f.body), command->body);
		if (f.broadcast_result == CHAT_OK)
			post_twice(command->author);
		return f.broadcast_result;
	case COMMAND_TYPING:
		post_unstored();
		return CHAT_OK;
	default:
		f.rights = command->rights;
		return CHAT_OK;
	}
}

static bool
session_is_in_room(struct command_handler *handler, struct str member_id)
{
	(void)handler;
	ck_assert(!str_is_empty(member_id));
	return f.in_room;
}

static const struct command_handler_ops handler_ops = { session_command_handle,
	session_is_in_room };

static void
setup(void)
{
	struct sessions_config config;

	memset(&f, 0, sizeof(f));
	f.handler.ops = &handler_ops;
	f.hub = hub_create();
	config = (struct sessions_config){
		.hub = f.hub,
		.handler = &f.handler,
		.limits = &f.rig.limits,
	};
	f.sessions = sessions_create(&config);
	rig_init(&f.rig, sessions_endpoint(f.sessions));
	f.rig.limits.patience_ms = 0; /* what is too much is refused at once */
}

static void
clients_open(int sndbuf)
{
	for (int i = 0; i < CLIENTS; i++) {
		client_connect(&f.clients[i], &f.rig, sndbuf);
		client_open(&f.clients[i], &f.rig, "/ws");
	}
}

static void
teardown(void)
{
	rig_fini(&f.rig);
	for (int i = 0; i < CLIENTS; i++)
		if (f.clients[i].data != NULL)
			client_fini(&f.clients[i]);
	sessions_destroy(f.sessions);
	hub_destroy(f.hub);
}

static void
client_command(int i, const char *text)
{
	client_send_frame(&f.clients[i], WS_TEXT, text, strlen(text));
}

static void
session_turn(int i)
{
	rig_turn(&f.rig);
	client_receive(&f.clients[i]);
}

/* The next text as a string; NULL: there is none. */
static const char *
take_text(int i)
{
	static char text[16384];
	uint8_t opcode;
	const char *data;
	size_t len;

	if (!client_take_frame(&f.clients[i], &opcode, &data, &len) ||
	    opcode != WS_TEXT)
		return NULL;
	copy_text(text, sizeof(text), str_slice(data, len));
	return text;
}

static void
check_text(int i, const char *part)
{
	const char *text = take_text(i);

	ck_assert_ptr_nonnull(text);
	ck_assert_msg(strstr(text, part) != NULL, "no %s in %s", part, text);
}

/* --- commands ------------------------------------------------------------- */

START_TEST(a_message_becomes_a_command_text_or_not)
{
	static const char text[] =
	    "{\"command\":\"broadcast\",\"message\":\"hi\"}";

	setup();
	clients_open(0);
	client_send_frame(&f.clients[0], _i == 0 ? WS_TEXT : WS_BINARY, text,
	    strlen(text));
	session_turn(0);
	ck_assert_int_eq(f.kind, COMMAND_BROADCAST);
	ck_assert_str_eq(f.body, "\"hi\"");
	check_text(0, "#1");
	check_text(0, "#2");
	teardown();
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
	setup();
	f.rig.dialect = dialect_find(str_from(commands_sent[_i].listener));
	client_connect(&f.clients[0], &f.rig, 0);
	client_open(&f.clients[0], &f.rig, commands_sent[_i].path);
	client_command(0, "hello");
	session_turn(0);
	check_text(0, commands_sent[_i].answer);
	teardown();
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
	setup();
	clients_open(0);
	client_command(0, misspelled[_i].text);
	session_turn(0);
	check_text(0, misspelled[_i].answer);
	ck_assert_uint_eq(f.commands, CLIENTS);
	ck_assert_uint_eq(f.rig.worker.ws.open_count, CLIENTS);
	teardown();
}
END_TEST

/* --- arriving and leaving ------------------------------------------------- */

static const struct {
	const char *path;
	const char *name; /* NULL: none is requested */
} wishes[] = {
	{ "/ws", NULL },
	{ "/ws?", NULL },
	{ "/ws?name=alice", "alice" },
	{ "/ws?a=b&name=al%20ice+x", "al ice x" },
	{ "/ws?name=", "" },
	{ "/ws?name=%zz", "" }, /* invalid */
	{ "/ws?name=%00", "" }, /* invalid */
	{ "/ws?Name=alice", NULL },
};

START_TEST(wishes_for_a_name)
{
	setup();
	client_connect(&f.clients[0], &f.rig, 0);
	client_open(&f.clients[0], &f.rig, wishes[_i].path);
	ck_assert_int_eq(f.has_name, wishes[_i].name != NULL);
	if (wishes[_i].name != NULL)
		ck_assert_str_eq(f.name, wishes[_i].name);
	teardown();
}
END_TEST

START_TEST(a_member_is_gone_when_its_connection_is)
{
	setup();
	clients_open(0);
	client_send_frame(&f.clients[1], WS_CLOSE, "", 0);
	rig_turn(&f.rig);
	ck_assert_int_eq(f.kind, COMMAND_DISCONNECT);
	ck_assert_uint_eq(f.disconnects, 1);
	client_command(0, "{\"command\":\"broadcast\",\"message\":\"hi\"}");
	session_turn(0);
	session_turn(2);
	check_text(0, "#1");
	check_text(2, "#1");
	teardown();
}
END_TEST

START_TEST(a_refused_connect_is_answered_and_closed)
{
	setup();
	f.connect_result = CHAT_UNAVAILABLE;
	client_connect(&f.clients[0], &f.rig, 0);
	client_open(&f.clients[0], &f.rig, "/ws");
	check_text(0, "\"event\":\"bye\",\"code\":1011");
	ck_assert_uint_eq(client_take_close(&f.clients[0]), 1011);
	ck_assert_uint_eq(f.disconnects, 0);
	teardown();
}
END_TEST

/* --- rates ---------------------------------------------------------------- */

static void
limit_messages(uint32_t rate, uint32_t burst)
{
	setup();
	f.rig.limits.messages = (struct rate_limit){ rate, burst };
	clients_open(0);
}

START_TEST(a_client_that_is_too_fast_is_read_slowly)
{
	limit_messages(2, 3);
	f.rig.limits.patience_ms = 10000;
	for (int i = 0; i < 6; i++)
		client_command(0, "{\"command\":\"me\"}");
	session_turn(0);
	ck_assert_uint_eq(f.commands, CLIENTS + 3);
	/* The others have budgets of their own. */
	client_command(1, "{\"command\":\"me\"}");
	rig_turn(&f.rig);
	ck_assert_uint_eq(f.commands, CLIENTS + 4);
	rig_pass(&f.rig, 700);
	ck_assert_uint_eq(f.commands, CLIENTS + 5);
	rig_pass(&f.rig, 1500);
	session_turn(0);
	ck_assert_uint_eq(f.commands, CLIENTS + 7);
	ck_assert_ptr_null(take_text(0));
	teardown();
}
END_TEST

START_TEST(a_client_that_stays_too_fast_is_refused)
{
	limit_messages(2, 3);
	f.rig.limits.patience_ms = 3000;
	for (int i = 0; i < 200; i++)
		client_command(0, "{\"command\":\"me\"}");
	session_turn(0);
	rig_pass(&f.rig, 2900);
	session_turn(0);
	ck_assert_ptr_null(take_text(0));
	ck_assert_uint_ge(f.commands, CLIENTS + 3 + 4);
	rig_pass(&f.rig, 1000);
	session_turn(0);
	check_text(0, "\"code\":\"rate_limited\"");
	ck_assert_uint_eq(client_take_close(&f.clients[0]), 4101);
	ck_assert_uint_eq(f.disconnects, 1);
	teardown();
}
END_TEST

START_TEST(a_client_that_is_beyond_its_bytes_is_read_slowly)
{
	setup();
	f.rig.limits.patience_ms = 10000;
	f.rig.limits.bytes = (struct rate_limit){ 100, 100 };
	clients_open(0);
	for (int i = 0; i < 5; i++)
		client_command(0,
		    "{\"command\":\"me\",\"ref\":\"34567890123456789012\"}");
	session_turn(0);
	ck_assert_uint_eq(f.commands, CLIENTS + 3);
	rig_pass(&f.rig, 600);
	ck_assert_uint_eq(f.commands, CLIENTS + 4);
	teardown();
}
END_TEST

START_TEST(a_refused_command_has_retry_after)
{
	limit_messages(2, 3);
	for (int i = 0; i < 4; i++)
		client_command(0, "{\"command\":\"me\",\"ref\":\"c1\"}");
	session_turn(0);
	ck_assert_uint_eq(f.commands, CLIENTS + 3);
	check_text(0,
	    "\"ref\":\"c1\",\"command\":\"me\",\"code\":\"rate_limited\"");
	client_command(0, "{\"command\":\"me\"}");
	session_turn(0);
	check_text(0, "\"retry_after_ms\":501");
	rig_pass(&f.rig, 501);
	client_command(0, "{\"command\":\"me\"}");
	session_turn(0);
	ck_assert_uint_eq(f.commands, CLIENTS + 4);
	ck_assert_ptr_null(take_text(0));
	/* The others have tokens of their own. */
	client_command(1, "{\"command\":\"me\"}");
	rig_turn(&f.rig);
	ck_assert_uint_eq(f.commands, CLIENTS + 5);
	teardown();
}
END_TEST

START_TEST(what_is_misspelled_counts_too)
{
	limit_messages(1, 1);
	client_command(0, "hello");
	client_command(0, "hello");
	session_turn(0);
	check_text(0, "\"code\":\"bad_json\"");
	check_text(0, "\"code\":\"rate_limited\"");
	teardown();
}
END_TEST

static void
be_refused(int times)
{
	for (int i = 0; i < times; i++)
		client_command(0, "{\"command\":\"me\"}");
	session_turn(0);
}

START_TEST(a_hundred_refusals_close_the_connection)
{
	setup();
	clients_open(0);
	f.rig.limits.messages = (struct rate_limit){ 1, 1 };
	rig_pass(&f.rig, 20000);
	be_refused(1 + 99);
	ck_assert_uint_eq(f.disconnects, 0);
	be_refused(5);
	ck_assert_uint_eq(f.disconnects, 1);
	ck_assert_uint_eq(client_take_close(&f.clients[0]), 4101);
	teardown();
}
END_TEST

START_TEST(refusals_now_and_then_do_not)
{
	setup();
	clients_open(0);
	f.rig.limits.messages = (struct rate_limit){ 1, 1 };
	for (int i = 0; i < 5; i++) {
		be_refused(90);
		rig_pass(&f.rig, 10200);
	}
	ck_assert_uint_eq(f.disconnects, 0);
	teardown();
}
END_TEST

/* --- what a dialect decides ------------------------------------------------
 */

static enum wire_stage stage;

/* Chat messages are "good" or "bad"; the rest are no chat messages. */
static enum chat_error
decode_plainly(struct str message, const struct wire_context *context,
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

/* Two messages, then a minute of silence. */
static const struct dialect plain = {
	.decode = decode_plainly,
	.has_stages = true,
	.burst_limit = { 2, 60000 },
};

static void
speak_plainly(void)
{
	struct session *session;

	setup();
	client_connect(&f.clients[0], &f.rig, 0);
	client_open(&f.clients[0], &f.rig, "/ws");
	session = f.peer;
	session->dialect = &plain;
	f.in_room = true;
	f.commands = 0;
}

static void
message_publish_turn(const char *text)
{
	client_command(0, text);
	session_turn(0);
}

/* The chat is asked, not the hub, whose subscriptions may lag. */
START_TEST(a_dialect_knows_where_one_stands)
{
	speak_plainly();
	f.in_room = false;
	message_publish_turn("me");
	ck_assert_int_eq(stage, WIRE_NEW);
	f.in_room = true;
	message_publish_turn("me");
	ck_assert_int_eq(stage, WIRE_INSIDE);
	f.in_room = false;
	message_publish_turn("me");
	ck_assert_int_eq(stage, WIRE_OUTSIDE);
	teardown();
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

/* What the chat never sees is answered with the time of day, too. */
START_TEST(what_is_misspelled_is_answered_with_the_time)
{
	setup();
	client_connect(&f.clients[0], &f.rig, 0);
	client_open(&f.clients[0], &f.rig, "/ws/topic");
	rig_pass(&f.rig, 4000);
	client_command(0, "hello");
	session_turn(0);
	check_text(0, "\"timestamp\":5}");
	teardown();
}
END_TEST

/* What comes behind a frame that ends it all is not listened to. */
START_TEST(a_dialect_has_the_last_word)
{
	uint8_t opcode;
	const char *data;
	size_t len;

	setup();
	client_connect(&f.clients[0], &f.rig, 0);
	client_open(&f.clients[0], &f.rig, "/ws/topic");
	client_command(0, last_words[_i].text);
	client_command(0, "{\"username\":\"alice\",\"topic\":\"sports\"}");
	session_turn(0);
	check_text(0, last_words[_i].answer);
	ck_assert(client_take_frame(&f.clients[0], &opcode, &data, &len));
	ck_assert_uint_eq(opcode, WS_CLOSE);
	ck_assert_uint_eq(len, strlen(last_words[_i].close));
	ck_assert_mem_eq(data, last_words[_i].close, len);
	ck_assert_uint_eq(f.clients[0].len, 0);
	ck_assert_uint_eq(f.commands, 2); /* connect and disconnect */
	teardown();
}
END_TEST

START_TEST(a_dialect_has_a_pace_of_its_own)
{
	speak_plainly();
	message_publish_turn("good");
	message_publish_turn("bad");
	check_text(0, "#1");
	check_text(0, "#2");
	check_text(0, "\"code\":\"bad_field\"");
	message_publish_turn("good");
	check_text(0, "#3");
	check_text(0, "#4");
	/* That was two; it is too early for what is wrong, too. */
	message_publish_turn("good");
	check_text(0, "\"code\":\"rate_limited\"");
	message_publish_turn("bad");
	check_text(0, "\"retry_after_ms\":60000");
	message_publish_turn("me");
	ck_assert_uint_eq(f.commands, 3);
	rig_pass(&f.rig, 60000);
	message_publish_turn("good");
	check_text(0, "#5");
	teardown();
}
END_TEST

START_TEST(a_message_that_the_chat_refuses_does_not_count)
{
	speak_plainly();
	f.broadcast_result = CHAT_UNAVAILABLE;
	for (int i = 0; i < 5; i++)
		message_publish_turn("good");
	f.broadcast_result = CHAT_OK;
	message_publish_turn("good");
	message_publish_turn("good");
	ck_assert_uint_eq(f.commands, 7);
	message_publish_turn("good");
	ck_assert_uint_eq(f.commands, 7);
	teardown();
}
END_TEST

START_TEST(a_message_within_the_burst_limit_takes_no_token)
{
	speak_plainly();
	rig_pass(&f.rig, 1000);
	f.rig.limits.messages = (struct rate_limit){ 1, 1 };
	message_publish_turn("good");
	message_publish_turn("good");
	message_publish_turn("me");
	ck_assert_uint_eq(f.commands, 3);
	message_publish_turn("me");
	ck_assert_uint_eq(f.commands, 3);
	teardown();
}
END_TEST

START_TEST(a_message_that_is_not_posted_takes_one)
{
	speak_plainly();
	rig_pass(&f.rig, 20000);
	f.rig.limits.messages = (struct rate_limit){ 1, 1 };
	for (int i = 0; i < 101; i++)
		client_command(0, "bad");
	session_turn(0);
	check_text(0, "\"code\":\"bad_field\"");
	ck_assert_uint_eq(client_take_close(&f.clients[0]), 4101);
	teardown();
}
END_TEST

/* Outside of any room, a message is a command like any other. */
START_TEST(a_message_outside_of_rooms_takes_one)
{
	speak_plainly();
	f.in_room = false;
	rig_pass(&f.rig, 20000);
	f.rig.limits.messages = (struct rate_limit){ 1, 1 };
	f.broadcast_result = CHAT_NOT_IN_ROOM;
	for (int i = 0; i < 101; i++)
		client_command(0, "good");
	session_turn(0);
	ck_assert_uint_eq(f.commands, 2); /* one of them, and a disconnect */
	check_text(0, "\"code\":\"rate_limited\"");
	ck_assert_uint_eq(client_take_close(&f.clients[0]), 4101);
	teardown();
}
END_TEST

/* --- answers that are not read ---------------------------------------------
 */

START_TEST(commands_wait_while_their_answers_are_not_read)
{
	unsigned before;

	setup();
	clients_open(SMALL);
	f.rig.limits.output_soft = 4000;
	f.padding = 2000;
	before = f.commands;
	for (int i = 0; i < 100; i++)
		client_command(0,
		    "{\"command\":\"broadcast\",\"message\":\"hi\"}");
	rig_turn(&f.rig);
	ck_assert_uint_gt(f.commands, before);
	ck_assert_uint_lt(f.commands, before + 20);
	ck_assert(conn_is_paused(f.clients[0].conn));
	for (int i = 0; i < 1000 && f.commands < before + 100; i++) {
		session_turn(0);
		session_turn(1);
	}
	ck_assert_uint_eq(f.commands, before + 100);
	teardown();
}
END_TEST

/* --- no memory ------------------------------------------------------------ */

/*
 * Messages arrived in order and without a hole; a client that did not get all
 * of them has been closed.
 */
static void
check_no_hole(int i, unsigned step)
{
	struct client *client = &f.clients[i];
	unsigned received = 0;
	bool ends = false;
	const char *text;

	for (int round = 0; round < 200 && !client->eof; round++) {
		size_t before = client->len;

		session_turn(i);
		if (client->len == before && round > 3)
			break;
	}
	while ((text = take_text(i)) != NULL) {
		const char *mark = strrchr(text, '#');

		ck_assert(!ends);
		if (strstr(text, "\"bye\"") != NULL) {
			ends = true;
			continue;
		}
		ck_assert_ptr_nonnull(mark);
		ck_assert_uint_eq(strtoul(mark + 1, NULL, 10),
		    1 + step * received++);
	}
	if (received * step < f.message)
		ck_assert(client->eof || ends);
}

/* The n-th allocation of a turn fails in which a member posts. */
START_TEST(without_memory_no_client_gets_a_hole)
{
	const char *text = "{\"command\":\"broadcast\",\"message\":\"hi\"}";
	bool failed;

	if (!malloc_can_fail())
		return;
	setup();
	clients_open(_i % 2 == 0 ? 0 : SMALL);
	f.padding = _i % 3 == 0 ? 2000 : 10;
	for (int i = 0; i < 10; i++)
		client_command(0, text);
	malloc_fail_at((unsigned)_i / 2 + 1);
	rig_turn(&f.rig);
	failed = malloc_has_failed();
	malloc_fail_at(0);
	check_no_hole(0, 1);
	check_no_hole(1, 2);
	ck_assert(failed || f.rig.worker.ws.open_count == CLIENTS);
	teardown();
}
END_TEST

START_TEST(without_memory_no_member_connects_by_halves)
{
	const char *request =
	    "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
	struct client *client = &f.clients[0];
	bool failed;

	if (!malloc_can_fail())
		return;
	setup();
	client_connect(client, &f.rig, 0);
	client_send_text(client, request);
	client_send_frame(client, WS_TEXT, "hello", 5);
	malloc_fail_at((unsigned)_i + 1);
	rig_turn(&f.rig);
	failed = malloc_has_failed();
	malloc_fail_at(0);
	rig_turn(&f.rig);
	client_receive(client);
	ck_assert(client->len == 0 || client_got(client, "HTTP/1.1 101 "));
	ck_assert(failed || client->len > 0);
	if (client->len == 0)
		ck_assert(client->eof);
	teardown();
}
END_TEST

/* --- principals ----------------------------------------------------------- */

static void
admit_ada(struct admission *admission, struct candidate *candidate,
    const struct http_request *request)
{
	struct principal principal = {
		.user_id = STR("42"), .name = STR("ada"), .rights = RIGHT_READ
	};

	(void)admission;
	(void)request;
	admission_accept(candidate, &principal);
}

START_TEST(a_member_has_the_rights_of_its_principal)
{
	static const struct admission_ops ops = { .admit = admit_ada };
	struct admission admission = { .ops = &ops };

	setup();
	f.rig.worker.ws.admission = &admission;
	client_connect(&f.clients[0], &f.rig, 0);
	client_open(&f.clients[0], &f.rig, "/ws?name=eve");
	ck_assert_str_eq(f.name, "ada");
	ck_assert_uint_eq(f.rights, RIGHT_READ);
	teardown();
}
END_TEST

START_TEST(a_member_without_admission_may_do_everything)
{
	setup();
	client_connect(&f.clients[0], &f.rig, 0);
	client_open(&f.clients[0], &f.rig, "/ws?name=eve");
	ck_assert_str_eq(f.name, "eve");
	ck_assert_uint_eq(f.rights, RIGHTS_USUAL);
	teardown();
}
END_TEST

#define ADA "uadaadaadaadaadaadaadaadaad"
#define EVE "ueveeveeveeveeveeveeveeveev"

/* The token is the name; "eve" may read only. */
static const char *
verify_name(struct admission *admission, struct str token,
    struct principal *out)
{
	(void)admission;
	*out = (struct principal){ .rights = RIGHT_READ | RIGHT_POST };
	out->user_id = out->name = token;
	if (str_equal(token, STR("ada")) || str_equal(token, STR("ada, again")))
		out->member_id = STR(ADA);
	else if (str_equal(token, STR("eve")))
		out->member_id = STR(EVE);
	else
		return "Token invalid";
	if (str_equal(token, STR("ada, again")))
		out->rights = RIGHT_READ;
	out->expires_at_ms = f.rig.now_ms + 40000;
	return NULL;
}

static void
admit_later(struct admission *admission, struct candidate *candidate,
    const struct http_request *request)
{
	struct principal nothing = { .must_authenticate = true };
	struct principal ada;

	verify_name(admission, STR("ada"), &ada);
	admission_accept(candidate,
	    http_query_get(request->query, "ada", (char[8]){ 0 }, 8) >= 0
		? &ada
		: &nothing);
}

static const struct admission_ops later_ops = { .admit = admit_later,
	.verify = verify_name };

static void
client_open_later(const char *path)
{
	static struct admission later = { .ops = &later_ops };

	setup();
	f.rig.worker.ws.admission = &later;
	client_connect(&f.clients[0], &f.rig, 0);
	client_open(&f.clients[0], &f.rig, path);
}

START_TEST(the_first_command_may_be_the_token)
{
	client_open_later("/ws?name=eve");
	client_command(0, "{\"command\":\"me\",\"ref\":1}");
	session_turn(0);
	check_text(0, "\"ref\":1,\"command\":\"me\",\"code\":\"unauthorized\"");
	client_command(0, "{\"command\":\"auth\",\"ref\":2,\"token\":\"x\"}");
	session_turn(0);
	check_text(0, "\"message\":\"Token invalid\"");
	ck_assert_uint_eq(f.commands, 0);
	client_command(0, "{\"command\":\"auth\",\"ref\":3,\"token\":\"ada\"}");
	session_turn(0);
	check_text(0, "{\"event\":\"done\",\"ref\":3,\"command\":\"auth\"}");
	ck_assert_uint_eq(f.commands, 1);
	ck_assert_str_eq(f.name, "ada");
	client_command(0, "{\"command\":\"me\"}");
	session_turn(0);
	ck_assert_uint_eq(f.commands, 2);
	ck_assert_uint_eq(f.rights, RIGHT_READ | RIGHT_POST);
	rig_pass(&f.rig, 9000);
	ck_assert_uint_eq(f.rig.worker.ws.open_count, 1);
	teardown();
}
END_TEST

START_TEST(a_connection_that_never_authenticates_is_no_member)
{
	client_open_later("/ws");
	rig_pass(&f.rig, 5100);
	client_receive(&f.clients[0]);
	check_text(0, "\"code\":4001,\"reason\":\"auth_required\"");
	ck_assert_uint_eq(f.commands, 0);
	teardown();
}
END_TEST

START_TEST(a_token_is_renewed_by_the_same_user_only)
{
	client_open_later("/ws?ada=");
	ck_assert_uint_eq(f.commands, 1);
	rig_pass(&f.rig, 10200);
	client_receive(&f.clients[0]);
	check_text(0, "{\"event\":\"token_expiring\",\"at\":41000}");
	client_command(0, "{\"command\":\"auth\",\"token\":\"eve\"}");
	session_turn(0);
	check_text(0, "\"code\":\"forbidden\"");
	client_command(0, "{\"command\":\"auth\",\"token\":\"ada, again\"}");
	session_turn(0);
	check_text(0, "\"done\"");
	ck_assert_uint_eq(f.commands, 1);
	client_command(0, "{\"command\":\"me\"}");
	session_turn(0);
	ck_assert_uint_eq(f.rights, RIGHT_READ);
	rig_pass(&f.rig, 39000);
	ck_assert_uint_eq(f.rig.worker.ws.open_count, 1);
	rig_pass(&f.rig, 2000);
	client_receive(&f.clients[0]);
	check_text(0, "token_expiring");
	check_text(0, "\"code\":4202,\"reason\":\"token_expired\"");
	teardown();
}
END_TEST

START_TEST(tokens_may_not_be_in_use)
{
	setup();
	clients_open(0);
	client_command(0, "{\"command\":\"auth\",\"token\":\"ada\"}");
	session_turn(0);
	check_text(0,
	    "\"code\":\"unauthorized\",\"message\":\"Tokens are not in use\"");
	teardown();
}
END_TEST

SUITE(session)
{
	tcase_add_test(tests, the_first_command_may_be_the_token);
	tcase_add_test(tests,
	    a_connection_that_never_authenticates_is_no_member);
	tcase_add_test(tests, a_token_is_renewed_by_the_same_user_only);
	tcase_add_test(tests, tokens_may_not_be_in_use);
	tcase_add_test(tests, commands_wait_while_their_answers_are_not_read);
	tcase_add_loop_test(tests, a_message_becomes_a_command_text_or_not, 0,
	    2);
	tcase_add_loop_test(tests, listener_and_path_select_the_dialect, 0,
	    COUNT_OF(commands_sent));
	tcase_add_loop_test(tests, what_is_misspelled_is_answered, 0,
	    COUNT_OF(misspelled));
	tcase_add_loop_test(tests, wishes_for_a_name, 0, COUNT_OF(wishes));
	tcase_add_test(tests, a_member_is_gone_when_its_connection_is);
	tcase_add_test(tests, a_refused_connect_is_answered_and_closed);
	tcase_add_test(tests, a_client_that_is_too_fast_is_read_slowly);
	tcase_add_test(tests, a_client_that_stays_too_fast_is_refused);
	tcase_add_test(tests, a_client_that_is_beyond_its_bytes_is_read_slowly);
	tcase_add_test(tests, a_refused_command_has_retry_after);
	tcase_add_test(tests, what_is_misspelled_counts_too);
	tcase_add_test(tests, a_hundred_refusals_close_the_connection);
	tcase_add_test(tests, refusals_now_and_then_do_not);
	tcase_add_test(tests, a_dialect_knows_where_one_stands);
	tcase_add_test(tests, what_is_misspelled_is_answered_with_the_time);
	tcase_add_loop_test(tests, a_dialect_has_the_last_word, 0,
	    COUNT_OF(last_words));
	tcase_add_test(tests, a_dialect_has_a_pace_of_its_own);
	tcase_add_test(tests, a_message_that_the_chat_refuses_does_not_count);
	tcase_add_test(tests, a_message_within_the_burst_limit_takes_no_token);
	tcase_add_test(tests, a_message_that_is_not_posted_takes_one);
	tcase_add_test(tests, a_message_outside_of_rooms_takes_one);
	tcase_add_loop_test(tests, without_memory_no_client_gets_a_hole, 0, 80);
	tcase_add_loop_test(tests, without_memory_no_member_connects_by_halves,
	    0, 30);
	tcase_add_test(tests, a_member_has_the_rights_of_its_principal);
	tcase_add_test(tests, a_member_without_admission_may_do_everything);
}
