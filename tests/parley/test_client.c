#include "cmd/parley/client.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "cmd/parley/client_internal.h"
#include "tests/suite.h"
#include "tests/support/parley/fake_connection.h"

#define ME "{\"event\":\"me\",\"member\":\"ann\",\"id\":\"7f\"}"

static struct event_base *base;
static struct client *client;
static char notes[4096];

/* --- recorded callbacks --------------------------------------------------- */

static void
log_note(const char *format, ...)
{
	size_t len = strlen(notes);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(notes + len, sizeof(notes) - len, format, arguments);
	va_end(arguments);
}

static void
client_event_note(void *arg, const struct server_event *event)
{
	(void)arg;
	if (event->kind == SERVER_MESSAGE)
		log_note("%s%.*s%s%s%.*s:%.*s ", event->elsewhere ? "[" : "",
		    event->elsewhere ? (int)event->room.len : 0,
		    event->elsewhere ? event->room.data : "",
		    event->elsewhere ? "]" : "", event->mine ? "my " : "",
		    (int)event->member.len, event->member.data,
		    (int)event->text.len, event->text.data);
	else
		log_note("#%d ", event->kind);
}

static void
client_message_note(void *arg, struct str text, bool taken)
{
	(void)arg;
	log_note("%s(%.*s) ", taken ? "taken" : "lost", (int)text.len,
	    text.data);
}

static void
client_ready_note(void *arg, bool again)
{
	(void)arg;
	log_note(again ? "again " : "ready ");
}

static void
client_lost_note(void *arg, const char *why)
{
	(void)arg;
	log_note("offline(%s) ", why);
}

static void
client_over_note(void *arg, enum client_status status, const char *why)
{
	(void)arg;
	log_note("over(%d %s) ", (int)status, why);
}

static const struct client_ops ops = { client_event_note, client_message_note,
	client_ready_note, client_lost_note, client_over_note };

static void
notes_expect(const char *want)
{
	ck_assert_str_eq(notes, want);
	notes[0] = '\0';
}

static void
expect_sent(const char *want)
{
	ck_assert_str_eq(fake_connection_sent(), want);
}

/* --- fixtures ------------------------------------------------------------- */

static void
setup(void)
{
	base = event_base_new();
	notes[0] = '\0';
	fake_connections = 0;
}

static void
teardown(void)
{
	client_destroy(client);
	client = NULL;
	event_base_free(base);
}

/* Fires the pending timer. */
static void
let_time_pass(struct event *timer)
{
	ck_assert(event_pending(timer, EV_TIMEOUT, NULL));
	event_del(timer);
	event_active(timer, EV_TIMEOUT, 1);
	event_base_loop(base, EVLOOP_NONBLOCK);
}

/* The server refuses a message; how long the client waits from here on. */
static long
wait_after_ms(const char *refusal)
{
	struct timeval before, due, wait;

	evutil_gettimeofday(&before, NULL);
	fake_connection_receive(refusal);
	ck_assert(event_pending(client->wait, EV_TIMEOUT, &due));
	evutil_timersub(&due, &before, &wait);
	return wait.tv_sec * 1000 + wait.tv_usec / 1000;
}

static void
client_begin(const struct client_dialect *dialect, const char *room)
{
	struct client_config config = {
		.base = base,
		.dialect = dialect,
		.name = STR("ann"),
		.history = 5,
		.ops = &ops,
	};

	ck_assert(url_parse(&config.url, STR("ws://h/ws")));
	if (room != NULL)
		config.room = str_from(room);
	client = client_create(&config);
	ck_assert_ptr_nonnull(client);
	let_time_pass(client->dial);
	fake_connection_open();
}

#define JOINED(more)                                                  \
	"{\"event\":\"joined\",\"ref\":1,\"room\":\"tea\",\"epoch\":" \
	"\"e\"," more

/* In a room whose last message has seq 2. */
static void
begin_in_tea(void)
{
	client_begin(&client_dialect_native, "tea");
	fake_connection_receive(ME);
	expect_sent("{\"command\":\"join\",\"create\":true,\"room\":\"tea\","
		    "\"history\":5,\"ref\":1}\n");
	fake_connection_receive(
	    JOINED("\"seq\":2,\"messages\":[{\"seq\":2,\"member\":\"bob\","
		   "\"message\":\"old\"}]}"));
	notes_expect("#1 #5 bob:old ready ");
}

static void
connection_lose(void)
{
	fake_connection_end(CONNECTION_BROKEN, 0, "cut");
	notes_expect("offline(cut) ");
}

static void
come_back(void)
{
	let_time_pass(client->dial);
	fake_connection_open();
	fake_connection_receive(ME);
	notes[0] = '\0';
}

static void
message_in_tea_receive(unsigned seq)
{
	char frame[256];

	snprintf(frame, sizeof(frame),
	    "{\"event\":\"broadcast\",\"room\":\"tea\",\"seq\":%u,"
	    "\"member\":\"bob\",\"message\":\"m%u\"}",
	    seq, seq);
	fake_connection_receive(frame);
}

/* --- tests ---------------------------------------------------------------- */

START_TEST(requests_its_name_and_enters_the_lobby)
{
	client_begin(&client_dialect_native, NULL);
	ck_assert_str_eq(fake_connection_url.target, "/ws?name=ann");
	fake_connection_receive(ME);
	notes_expect("#1 ready ");
	fake_connection_receive(
	    "{\"event\":\"broadcast\",\"message\":\"b has joined!\"}");
	notes_expect(":b has joined! ");
	ck_assert_int_eq(client_post(client, STR("hi")), CLIENT_POSTED);
	expect_sent("{\"command\":\"broadcast\",\"message\":\"hi\",\"ref\":1}"
		    "\n");
	fake_connection_receive(
	    "{\"event\":\"ack\",\"ref\":1,\"recipients\":2}");
	notes_expect("taken(hi) ");
}
END_TEST

START_TEST(shows_each_message_of_a_room_once)
{
	begin_in_tea();
	message_in_tea_receive(3);
	message_in_tea_receive(3);
	message_in_tea_receive(2);
	message_in_tea_receive(4);
	notes_expect("bob:m3 bob:m4 ");
	fake_connection_receive(
	    "{\"event\":\"broadcast\",\"message\":\"lobby\"}");
	notes_expect("");
}
END_TEST

START_TEST(resumes_at_its_position_after_a_reconnect)
{
	begin_in_tea();
	message_in_tea_receive(3);
	notes_expect("bob:m3 ");
	connection_lose();
	come_back();
	expect_sent("{\"command\":\"join\",\"create\":true,\"room\":\"tea\","
		    "\"since\":{\"epoch\":\"e\",\"seq\":3},\"history\":0,"
		    "\"ref\":2}\n");
	fake_connection_receive(
	    JOINED("\"seq\":4,\"recovered\":true,\"messages\":[{\"seq\":4,"
		   "\"member\":\"bob\",\"message\":\"m4\"}]}"));
	notes_expect("#5 bob:m4 again ");
	message_in_tea_receive(4);
	message_in_tea_receive(5);
	notes_expect("bob:m5 ");
}
END_TEST

START_TEST(fetches_pages_until_nothing_is_missing)
{
	begin_in_tea();
	connection_lose();
	come_back();
	fake_connection_sent();
	fake_connection_receive(
	    JOINED("\"seq\":4,\"recovered\":true,\"more\":true,"
		   "\"messages\":[{\"seq\":3,\"member\":\"bob\","
		   "\"message\":\"m3\"}]}"));
	notes_expect("#5 bob:m3 again ");
	expect_sent("{\"command\":\"history\",\"room\":\"tea\","
		    "\"limit\":1000,\"after\":3,\"ref\":3}\n");
	message_in_tea_receive(5); /* is also on the page */
	notes_expect("");
	fake_connection_receive(
	    "{\"event\":\"history\",\"ref\":3,\"room\":\"tea\","
	    "\"messages\":[{\"seq\":4,\"member\":\"bob\","
	    "\"message\":\"m4\"},{\"seq\":5,\"member\":\"bob\","
	    "\"message\":\"m5\"}]}");
	message_in_tea_receive(6);
	notes_expect("bob:m4 bob:m5 bob:m6 ");
}
END_TEST

START_TEST(fetches_messages_behind_a_gap)
{
	begin_in_tea();
	message_in_tea_receive(5);
	notes_expect("");
	expect_sent("{\"command\":\"history\",\"room\":\"tea\","
		    "\"limit\":1000,\"after\":2,\"ref\":2}\n");
	fake_connection_receive(
	    "{\"event\":\"history\",\"ref\":2,\"room\":\"tea\","
	    "\"messages\":[{\"seq\":4,\"member\":\"bob\","
	    "\"message\":\"m4\"}]}");
	notes_expect("bob:m4 "); /* 3 is no longer stored */
}
END_TEST

START_TEST(restarts_with_a_new_epoch)
{
	begin_in_tea();
	connection_lose();
	come_back();
	fake_connection_receive(
	    "{\"event\":\"joined\",\"ref\":2,\"room\":\"tea\","
	    "\"epoch\":\"f\",\"seq\":1,\"epoch_changed\":true,"
	    "\"recovered\":false,\"messages\":[{\"seq\":1,"
	    "\"member\":\"bob\",\"message\":\"new\"}]}");
	notes_expect("#5 bob:new again ");
	ck_assert(str_equal(read_position_epoch(&client->room->position),
	    STR("f")));
}
END_TEST

START_TEST(goes_on_in_the_epoch_that_a_room_gets)
{
	begin_in_tea();
	fake_connection_receive(
	    "{\"event\":\"epoch\",\"room\":\"tea\",\"epoch\":\"e.1\"}");
	fake_connection_receive("{\"event\":\"epoch\",\"room\":\"tea\"}");
	fake_connection_receive(
	    "{\"event\":\"epoch\",\"room\":\"unknown\",\"epoch\":\"x\"}");
	ck_assert(str_equal(read_position_epoch(&client->room->position),
	    STR("e.1")));
}
END_TEST

START_TEST(retries_unacknowledged_messages_with_the_same_key)
{
	char first[512];

	begin_in_tea();
	client_post(client, STR("one"));
	client_post(client, STR("two"));
	strcpy(first, fake_connection_sent());
	ck_assert_ptr_nonnull(strstr(first, "\"one\",\"key\":\""));
	ck_assert_ptr_null(strstr(first, "\"two\""));
	connection_lose();
	client_post(client, STR("three"));
	come_back();
	fake_connection_sent();
	fake_connection_receive(JOINED("\"seq\":2,\"recovered\":true,"
				       "\"messages\":[]}"));
	notes_expect("#5 again ");
	expect_sent(first);
	fake_connection_receive(
	    "{\"event\":\"ack\",\"ref\":2,\"duplicate\":true}");
	notes_expect("taken(one) ");
	ck_assert_ptr_nonnull(strstr(fake_connection_sent(), "\"two\""));
	ck_assert_uint_eq(client_unacknowledged(client), 2);
}
END_TEST

START_TEST(does_not_retry_messages_without_a_key)
{
	client_begin(&client_dialect_native, NULL);
	fake_connection_receive(ME);
	client_post(client, STR("one"));
	client_post(client, STR("two"));
	notes[0] = '\0';
	fake_connection_end(CONNECTION_BROKEN, 0, "cut");
	notes_expect("lost(one) offline(cut) ");
	come_back();
	ck_assert_ptr_nonnull(strstr(fake_connection_sent(), "\"two\""));
}
END_TEST

START_TEST(respects_retry_after)
{
	begin_in_tea();
	client_post(client, STR("one"));
	client_post(client, STR("two"));
	fake_connection_sent();
	ck_assert_int_ge(
	    wait_after_ms("{\"event\":\"error\",\"ref\":2,\"code\":"
			  "\"rate_limited\",\"retry_after_ms\":250}"),
	    400);
	notes_expect("");
	expect_sent("");
	let_time_pass(client->wait);
	ck_assert_ptr_nonnull(strstr(fake_connection_sent(), "\"one\""));
	ck_assert_int_ge(
	    wait_after_ms("{\"event\":\"error\",\"ref\":2,\"code\":"
			  "\"unavailable\",\"retry_after_ms\":90000}"),
	    80000);
	let_time_pass(client->wait);
	ck_assert_ptr_nonnull(strstr(fake_connection_sent(), "\"one\""));
	fake_connection_receive("{\"event\":\"error\",\"ref\":2,\"code\":"
				"\"message_too_large\",\"message\":\"x\"}");
	notes_expect("#4 lost(one) ");
	ck_assert_ptr_nonnull(strstr(fake_connection_sent(), "\"two\""));
}
END_TEST

static const struct {
	const char *durability;
	bool transient, persistent;
} keeping[] = {
	{ ",\"durability\":\"always\"", false, true },
	{ ",\"durability\":\"never\"", false, true },
	{ ",\"durability\":\"none\"", false, false },
	{ ",\"durability\":\"always\"", true, false },
	{ "", false, false },
};

START_TEST(creates_persistent_rooms_if_there_is_a_store)
{
	struct client_request create = { .kind = REQUEST_CREATE,
		.name = STR("Den") };
	char me[128];

	snprintf(me, sizeof(me),
	    "{\"event\":\"me\",\"member\":\"ann\",\"id\":\"7f\"%s}",
	    keeping[_i].durability);
	client_begin(&client_dialect_native, "tea");
	client->config.transient = keeping[_i].transient;
	fake_connection_receive(me);
	ck_assert(keeping[_i].persistent ==
		  (strstr(fake_connection_sent(), "\"persistent\":true") !=
		      NULL));
	fake_connection_receive(
	    "{\"event\":\"joined\",\"ref\":1,\"room\":\"tea\","
	    "\"epoch\":\"e\",\"seq\":0,\"messages\":[]}");
	ck_assert_int_eq(client_request(client, &create), CLIENT_REQUESTED);
	ck_assert(keeping[_i].persistent ==
		  (strstr(fake_connection_sent(), "\"persistent\":true") !=
		      NULL));
}
END_TEST

static void
den_join(void)
{
	struct client_request request = { .kind = REQUEST_JOIN,
		.room = STR("den") };

	ck_assert_int_eq(client_request(client, &request), CLIENT_REQUESTED);
	expect_sent("{\"command\":\"join\",\"create\":true,\"room\":\"den\","
		    "\"history\":0,\"ref\":2}\n");
	fake_connection_receive(
	    "{\"event\":\"joined\",\"ref\":2,\"room\":\"den\","
	    "\"epoch\":\"g\",\"seq\":9,\"messages\":[]}");
	notes_expect("#5 ");
}

START_TEST(is_in_several_rooms)
{
	struct client_request to_tea = { .kind = REQUEST_JOIN,
		.room = STR("tea") };

	begin_in_tea();
	den_join();
	ck_assert(str_equal(client_room(client), STR("den")));
	message_in_tea_receive(3);
	message_in_tea_receive(3);
	fake_connection_receive(
	    "{\"event\":\"broadcast\",\"room\":\"den\","
	    "\"seq\":10,\"member\":\"bob\",\"message\":\"d\"}");
	notes_expect("[tea]bob:m3 bob:d ");
	/* A joined room is only made the current one. */
	ck_assert_int_eq(client_request(client, &to_tea), CLIENT_REQUESTED);
	expect_sent("");
	notes_expect("#7 ");
	ck_assert(str_equal(client_room(client), STR("tea")));
	ck_assert_int_eq(client_post(client, STR("hi")), CLIENT_POSTED);
	ck_assert_ptr_nonnull(strstr(fake_connection_sent(),
	    "\"room\":\"tea\""));
	/* After the current room is left, another one is current. */
	fake_connection_receive("{\"event\":\"left\",\"room\":\"tea\"}");
	notes_expect("#6 ");
	ck_assert(str_equal(client_room(client), STR("den")));
	message_in_tea_receive(4);
	fake_connection_receive("{\"event\":\"left\",\"room\":\"den\"}");
	notes_expect("#6 ");
	ck_assert_ptr_null(client_room(client).data);
}
END_TEST

START_TEST(rejoins_all_rooms)
{
	begin_in_tea();
	den_join();
	connection_lose();
	come_back();
	expect_sent("{\"command\":\"join\",\"create\":true,\"room\":\"tea\","
		    "\"since\":{\"epoch\":\"e\",\"seq\":2},\"history\":0,"
		    "\"ref\":3}\n"
		    "{\"command\":\"join\",\"create\":true,\"room\":\"den\","
		    "\"since\":{\"epoch\":\"g\",\"seq\":9},\"history\":0,"
		    "\"ref\":4}\n");
	fake_connection_receive(
	    "{\"event\":\"joined\",\"ref\":3,\"room\":\"tea\","
	    "\"epoch\":\"e\",\"seq\":3,\"messages\":[{\"seq\":3,"
	    "\"member\":\"bob\",\"message\":\"m3\"}]}");
	/* It is ready when it is in all of them, and still in the same one. */
	notes_expect("#5 [tea]bob:m3 ");
	fake_connection_receive("{\"event\":\"error\",\"ref\":4,\"code\":"
				"\"room_not_found\",\"message\":\"gone\"}");
	notes_expect("#4 again ");
	ck_assert(str_equal(client_room(client), STR("tea")));
}
END_TEST

START_TEST(joins_first_where_the_dialect_requires_it)
{
	client_begin(&client_dialect_topic, "tea");
	expect_sent("{\"type\":\"join\",\"username\":\"ann\","
		    "\"topic\":\"tea\"}\n");
	fake_connection_receive("{\"type\":\"joined\",\"username\":\"ann#2\","
				"\"topic\":\"tea\"}");
	notes_expect("#5 ready ");
	client_post(client, STR("hi"));
	fake_connection_receive("{\"type\":\"message\",\"username\":\"ann#2\","
				"\"message\":\"hi\",\"topic\":\"tea\"}");
	fake_connection_receive("{\"type\":\"ack\",\"recipients\":1}");
	notes_expect("my ann#2:hi taken(hi) ");
}
END_TEST

START_TEST(echoes_own_messages_where_the_server_does_not)
{
	client_begin(&client_dialect_action, "25a05739");
	fake_connection_receive(
	    "{\"status\":\"connected\",\"client_id\":\"c2\"}");
	expect_sent("{\"action\":\"join\",\"body\":{\"room_id\":"
		    "\"25a05739\"}}\n");
	fake_connection_receive(
	    "{\"status\":\"success\",\"room_id\":\"25a05739\","
	    "\"message\":\"Joined\"}");
	notes[0] = '\0';
	client_post(client, STR("hi"));
	fake_connection_receive("{\"from\":\"c3\",\"body\":\"ho\"}");
	fake_connection_receive(
	    "{\"status\":\"success\",\"message\":\"Message sent\"}");
	notes_expect("c3:ho my c2:hi taken(hi) ");
}
END_TEST

START_TEST(posts_only_after_joining)
{
	struct client_request rooms = { .kind = REQUEST_ROOMS };
	struct client_request leave = { .kind = REQUEST_LEAVE };

	client_begin(&client_dialect_action, NULL);
	ck_assert_int_eq(client_request(client, &leave), CLIENT_OFFLINE);
	fake_connection_receive(
	    "{\"status\":\"connected\",\"client_id\":\"c2\"}");
	ck_assert_int_eq(client_post(client, STR("hi")), CLIENT_NOT_IN_ROOM);
	ck_assert_int_eq(client_request(client, &rooms), CLIENT_UNSUPPORTED);
	ck_assert_int_eq(client_request(client, &leave), CLIENT_NO_ROOM);
}
END_TEST

START_TEST(continues_in_the_lobby_if_a_room_is_refused)
{
	client_begin(&client_dialect_native, "tea");
	fake_connection_receive(ME);
	fake_connection_receive(
	    "{\"event\":\"error\",\"ref\":1,\"code\":\"room_full\","
	    "\"message\":\"full\"}");
	notes_expect("#1 #4 ready ");
	ck_assert_ptr_null(client_room(client).data);
}
END_TEST

START_TEST(reports_a_delayed_join_once)
{
	static const char later[] = "{\"event\":\"error\",\"ref\":%d,"
				    "\"code\":\"unavailable\","
				    "\"retry_after_ms\":1000}";
	char frame[128];

	client_begin(&client_dialect_native, "tea");
	fake_connection_receive(ME);
	notes_expect("#1 ");
	for (int ref = 1; ref <= 3; ref++) {
		snprintf(frame, sizeof(frame), later, ref);
		fake_connection_receive(frame);
		notes_expect(ref == 1 ? "#4 " : "");
		fake_connection_sent();
		let_time_pass(client->wait);
		ck_assert_ptr_nonnull(strstr(fake_connection_sent(),
		    "\"room\":\"tea\""));
	}
	fake_connection_receive(
	    "{\"event\":\"joined\",\"ref\":4,\"room\":\"tea\","
	    "\"epoch\":\"e\",\"seq\":0,\"messages\":[]}");
	notes_expect("#5 ready ");
}
END_TEST

/* How the connection ends, and whether the client reconnects. */
static const struct {
	bool was_online;
	enum connection_fault fault;
	unsigned code;
	const char *news;
} ends[] = {
	{ false, CONNECTION_UNREACHABLE, 0,
	    "over(69 cannot connect to h port 80: x) " },
	{ false, CONNECTION_REFUSED, 404, "over(76 x) " },
	{ false, CONNECTION_REFUSED, 503, "over(69 x) " },
	{ false, CONNECTION_PROTOCOL, 1002, "over(76 x) " },
	{ false, CONNECTION_CLOSED, 1008, "over(77 x) " },
	{ true, CONNECTION_BROKEN, 0, "offline(x) " },
	{ true, CONNECTION_CLOSED, 1001, "offline(x) " },
	{ true, CONNECTION_CLOSED, 1011, "offline(x) " },
	{ true, CONNECTION_CLOSED, 4102, "offline(x) " },
	{ true, CONNECTION_CLOSED, 4203, "offline(x) " },
	{ true, CONNECTION_CLOSED, 1008, "over(77 x) " },
	{ true, CONNECTION_CLOSED, 1009, "over(76 x) " },
	{ true, CONNECTION_CLOSED, 4007, "over(77 x) " },
};

START_TEST(reconnects_unless_the_code_forbids_it)
{
	bool comes_back = strncmp(ends[_i].news, "offline", 7) == 0;

	client_begin(&client_dialect_native, NULL);
	if (ends[_i].was_online)
		fake_connection_receive(ME);
	notes[0] = '\0';
	fake_connection_end(ends[_i].fault, ends[_i].code, "x");
	notes_expect(ends[_i].news);
	ck_assert_int_eq(event_pending(client->dial, EV_TIMEOUT, NULL) != 0,
	    comes_back);
}
END_TEST

START_TEST(ends_on_request)
{
	begin_in_tea();
	client_end(client);
	ck_assert(!fake_connection_is_up());
	notes_expect("");
	fake_connection_end(CONNECTION_CLOSED, 1000, "");
	notes_expect("over(0 ) ");
}
END_TEST

START_TEST(skips_invalid_frames_once_it_is_online)
{
	begin_in_tea();
	fake_connection_receive("hello");
	fake_connection_receive("{\"event\":\"broadcast\",\"message\":1e999}");
	notes_expect("#4 #4 "); /* SERVER_ERROR */
	fake_connection_receive(
	    "{\"event\":\"broadcast\",\"room\":\"tea\","
	    "\"seq\":3,\"member\":\"bob\",\"message\":\"hi\"}");
	notes_expect("bob:hi ");
}
END_TEST

START_TEST(ends_on_an_invalid_frame)
{
	client_begin(&client_dialect_native, NULL);
	fake_connection_receive("hello");
	notes_expect("over(76 the server sent an invalid frame) ");
	fake_connection_receive(ME);
	fake_connection_end(CONNECTION_BROKEN, 0, "cut");
	notes_expect("");
}
END_TEST

SUITE(client)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, requests_its_name_and_enters_the_lobby);
	tcase_add_test(tests, shows_each_message_of_a_room_once);
	tcase_add_test(tests, resumes_at_its_position_after_a_reconnect);
	tcase_add_test(tests, fetches_pages_until_nothing_is_missing);
	tcase_add_test(tests, fetches_messages_behind_a_gap);
	tcase_add_test(tests, restarts_with_a_new_epoch);
	tcase_add_test(tests, goes_on_in_the_epoch_that_a_room_gets);
	tcase_add_test(tests,
	    retries_unacknowledged_messages_with_the_same_key);
	tcase_add_test(tests, does_not_retry_messages_without_a_key);
	tcase_add_test(tests, respects_retry_after);
	tcase_add_loop_test(tests, creates_persistent_rooms_if_there_is_a_store,
	    0, COUNT_OF(keeping));
	tcase_add_test(tests, is_in_several_rooms);
	tcase_add_test(tests, rejoins_all_rooms);
	tcase_add_test(tests, joins_first_where_the_dialect_requires_it);
	tcase_add_test(tests, echoes_own_messages_where_the_server_does_not);
	tcase_add_test(tests, posts_only_after_joining);
	tcase_add_test(tests, continues_in_the_lobby_if_a_room_is_refused);
	tcase_add_test(tests, reports_a_delayed_join_once);
	tcase_add_loop_test(tests, reconnects_unless_the_code_forbids_it, 0,
	    COUNT_OF(ends));
	tcase_add_test(tests, ends_on_request);
	tcase_add_test(tests, skips_invalid_frames_once_it_is_online);
	tcase_add_test(tests, ends_on_an_invalid_frame);
}
