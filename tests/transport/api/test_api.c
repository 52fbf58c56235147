/* The API over a chat whose answers the test chooses. */
#include "transport/api/api.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/recorder.h"
#include "transport/api/api_internal.h"
#include "transport/fanout/hub.h"
#include "transport/ws/admission.h"

#define KEY "0123456789abcdef"
#define BEARER "Authorization: Bearer " KEY "\r\n"
#define ROOM_MESSAGES 100

static struct recorder recorder;
static struct client client;
static struct hub *hub;
static struct api *api;
static const struct profile profile = {
	.server = { "parley/x", 8 },
	.durability = { "none", 4 },
	.message_bytes = 64,
};

/* A chat with one room, "r". */
static struct {
	struct command_handler handler;
	bool is_slow; /* it answers when the test calls chat_acknowledge() */
	bool is_slow_with_info;
	unsigned infos; /* how often it was asked for the room */
	bool has_room;
	const char *epoch;
	uint64_t message; /* messages of the room */
	uint64_t first;   /* the first that is kept */
	size_t body_len;  /* of each message */
	unsigned commands;
	struct command last;
	char texts[9][128]; /* of the last command */
	char calls[4][24];  /* authors of commands that wait */
	char refs[4][24];
	size_t waiting;
} chat;

static struct str
command_copy_text(int i, struct str text)
{
	if (text.data == NULL)
		return text;
	snprintf(chat.texts[i], sizeof(chat.texts[i]), "%.*s", (int)text.len,
	    text.data);
	return str_from(chat.texts[i]);
}

static void
command_note(const struct command *command)
{
	chat.commands++;
	chat.last = *command;
	chat.last.author = command_copy_text(0, command->author);
	chat.last.room = command_copy_text(1, command->room);
	chat.last.body = command_copy_text(2, command->body);
	chat.last.key = command_copy_text(3, command->key);
	chat.last.as_id = command_copy_text(4, command->as_id);
	chat.last.as_name = command_copy_text(5, command->as_name);
	chat.last.after = command_copy_text(6, command->after);
	chat.last.name = command_copy_text(7, command->name);
	chat.last.scope = command_copy_text(8, command->scope);
}

static void
publish_to(struct str author, struct event *event, struct str ref)
{
	event->ref = ref;
	publisher_publish(api_publisher(api), event, audience_one(author));
}

static enum chat_error
answer_failure(const struct command *command, enum chat_error error)
{
	struct event event = { .kind = EVENT_FAILED };

	event.failure.error = error;
	publish_to(command->author, &event, command->ref);
	return error;
}

static void
room_post(void)
{
	struct event message = {
		.kind = EVENT_MESSAGE,
		.room = STR("r"),
		.seq = ++chat.message,
		.member = STR("m"),
		.member_id = STR("id"),
		.body = STR("1"),
	};

	publisher_publish(api_publisher(api), &message,
	    audience_room(message.room));
}

static void
chat_acknowledge(struct str author, struct str ref)
{
	struct event delivered = {
		.kind = EVENT_DELIVERED,
		.room = STR("r"),
		.epoch = str_from(chat.epoch),
		.seq = chat.message,
		.at_ms = 1000,
		.recipients = 1,
	};

	publish_to(author, &delivered, ref);
}

static void
acknowledge_all(void)
{
	for (size_t i = 0; i < chat.waiting; i++)
		chat_acknowledge(str_from(chat.calls[i]),
		    str_from(chat.refs[i]));
	chat.waiting = 0;
}

static enum chat_error
chat_broadcast(const struct command *command)
{
	if (chat.is_slow) {
		snprintf(chat.calls[chat.waiting], 24, "%.*s",
		    (int)command->author.len, command->author.data);
		snprintf(chat.refs[chat.waiting++], 24, "%.*s",
		    (int)command->ref.len, command->ref.data);
		return CHAT_OK;
	}
	room_post();
	chat_acknowledge(command->author, command->ref);
	return CHAT_OK;
}

static void
answer_info(const struct command *command)
{
	struct room_entry entry = {
		.id = STR("r"),
		.name = STR("R"),
		.messages = chat.message,
	};
	struct event event = {
		.kind = EVENT_ROOM_INFO,
		.room = STR("r"),
		.epoch = str_from(chat.epoch),
		.seq = chat.message,
		.rooms = { &entry, 1, false },
	};

	publish_to(command->author, &event, command->ref);
}

/* Pages of history, for COMMAND_HISTORY and COMMAND_REPLAY. */
static void
answer_page(const struct command *command, enum event_kind kind, uint64_t from,
    size_t most)
{
	static char body[65536];
	struct message messages[ROOM_MESSAGES];
	struct event event = {
		.kind = kind,
		.room = STR("r"),
		.epoch = str_from(chat.epoch),
		.page.items = messages,
	};

	memset(body, '7', sizeof(body));
	if (from < chat.first) {
		event.recovery.missing_first = from;
		event.recovery.missing_last = chat.first - 1;
		from = chat.first;
	}
	while (from <= chat.message && event.page.count < most)
		messages[event.page.count++] = (struct message){
			.seq = from++,
			.author = STR("m"),
			.author_id = STR("id"),
			.body = str_slice(body, chat.body_len),
		};
	publish_to(command->author, &event, command->ref);
}

static enum chat_error
chat_handle(struct command_handler *handler, const struct command *command)
{
	(void)handler;
	command_note(command);
	assert(command->flags & COMMAND_OF_SERVER);
	if (command->room.data != NULL && !chat.has_room &&
	    command->kind != COMMAND_ROOM_CREATE)
		return command->kind == COMMAND_REPLAY
			   ? CHAT_ROOM_NOT_FOUND
			   : answer_failure(command, CHAT_ROOM_NOT_FOUND);
	switch (command->kind) {
	case COMMAND_BROADCAST:
		return chat_broadcast(command);
	case COMMAND_ROOM_INFO:
		chat.infos++;
		if (!chat.is_slow_with_info)
			answer_info(command);
		return CHAT_OK;
	case COMMAND_HISTORY:
		answer_page(command, EVENT_HISTORY, command->from_seq + 1, 10);
		return CHAT_OK;
	case COMMAND_REPLAY:
		answer_page(command, EVENT_REPLAYED, command->from_seq, 1);
		return CHAT_OK;
	case COMMAND_ROOM_CREATE:
		if (chat.has_room)
			return answer_failure(command, CHAT_ROOM_EXISTS);
		chat.has_room = true;
		publish_to(command->author,
		    &(struct event){
			.kind = EVENT_ROOM_CREATED, .room = STR("r") },
		    command->ref);
		return CHAT_OK;
	default:
		return answer_failure(command, CHAT_UNAVAILABLE);
	}
}

static bool
is_in_room(struct command_handler *handler, struct str member_id)
{
	(void)handler;
	(void)member_id;
	return false;
}

static const struct command_handler_ops handler_ops = { chat_handle,
	is_in_room };

static void
api_set_key(const char *key, bool has_listener)
{
	struct api_settings settings = {
		.key = str_from(key),
		.name = STR("server"),
		.has_listener = has_listener,
	};

	api_configure(api, &settings);
}

static void
setup(void)
{
	struct api_config config = { .profile = &profile };

	recorder_init(&recorder);
	memset(&chat, 0, sizeof(chat));
	chat.handler.ops = &handler_ops;
	chat.epoch = "e1";
	chat.has_room = true;
	chat.first = 1;
	chat.body_len = 1;
	config.limits = &recorder.rig.limits;
	config.hub = hub = hub_create();
	ck_assert_ptr_nonnull(hub);
	hub_bind(hub, &recorder.rig.worker.loop.pool, &chat.handler,
	    &recorder.rig.limits);
	api = api_create(&config);
	ck_assert_ptr_nonnull(api);
	api_bind(api, &chat.handler);
	api_set_key(KEY, false);
	recorder.rig.worker.api = api;
	client_connect(&client, &recorder.rig, 0);
}

static void
teardown(void)
{
	client_fini(&client);
	recorder_fini(&recorder);
	api_destroy(api);
	hub_destroy(hub);
}

static void
send_request(const char *method, const char *target, const char *headers,
    const char *body)
{
	char request[4096];

	snprintf(request, sizeof(request),
	    "%s %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: %zu\r\n\r\n%s",
	    method, target, headers, strlen(body), body);
	client_send_text(&client, request);
	rig_turn(&recorder.rig);
}

static void
check_answer(int status, const char *part)
{
	char head[32];

	client_receive(&client);
	snprintf(head, sizeof(head), "HTTP/1.1 %d ", status);
	client.data[client.len] = '\0';
	ck_assert_msg(client_got(&client, head), "%s", client.data);
	if (part != NULL)
		ck_assert_msg(strstr(client.data, part) != NULL, "%s",
		    client.data);
	client.len = 0;
}

/* Checks what a stream has sent since the last time. */
static void
check_stream(const char *part)
{
	rig_turn(&recorder.rig);
	client_receive(&client);
	client.data[client.len] = '\0';
	if (part == NULL)
		ck_assert_str_eq(client.data, "");
	else
		ck_assert_msg(strstr(client.data, part) != NULL, "%s",
		    client.data);
	client.len = 0;
}

/* --- access ------------------------------------------------------------- */

static const struct {
	const char *headers;
	int status;
} keys[] = {
	{ "", 401 },
	{ "Authorization: Bearer\r\n", 401 },
	{ "Authorization: Bearer 0123456789abcdeg\r\n", 401 },
	{ "Authorization: Bearer 0123456789abcde\r\n", 401 },
	{ "Authorization: Bearer 0123456789abcdef0\r\n", 401 },
	{ "Authorization: Basic 0123456789abcdef\r\n", 401 },
	{ BEARER, 200 },
	{ "authorization: bearer " KEY "\r\n", 200 },
};

START_TEST(asks_for_the_key)
{
	send_request("GET", "/v1/info", keys[_i].headers, "");
	check_answer(keys[_i].status, keys[_i].status == 401
					  ? "WWW-Authenticate: Bearer\r\n"
					  : "{\"server\":\"parley/x\",");
}
END_TEST

START_TEST(is_not_there_without_a_key)
{
	api_set_key("", false);
	send_request("GET", "/v1/info", "Authorization: Bearer \r\n", "");
	check_answer(404, NULL);
	send_request("GET", "/v1/rooms/r/messages", "", "");
	check_answer(404, NULL);
}
END_TEST

/* The key is good at its own listener only, users may read at the others. */
START_TEST(may_have_a_listener_of_its_own)
{
	api_set_key(KEY, true);
	send_request("GET", "/v1/info", BEARER, "");
	check_answer(404, NULL);
	send_request("GET", "/v1/rooms/r/messages", BEARER, "");
	check_answer(200, NULL);
	client_fini(&client);
	recorder.rig.dialect = NULL;
	client_connect(&client, &recorder.rig, 0);
	send_request("GET", "/v1/info", BEARER, "");
	check_answer(200, NULL);
}
END_TEST

struct gate {
	struct admission base;
	struct candidate *candidate;
	unsigned cancelled;
};

static void
gate_admit(struct admission *admission, struct candidate *candidate,
    const struct http_request *request)
{
	(void)request;
	((struct gate *)admission)->candidate = candidate;
}

static void
gate_cancel(struct admission *admission, struct candidate *candidate)
{
	struct gate *gate = (struct gate *)admission;

	ck_assert_ptr_eq(candidate, gate->candidate);
	gate->cancelled++;
}

static const struct admission_ops gate_ops = {
	.admit = gate_admit,
	.cancel = gate_cancel,
};

static struct gate
gate_make(void)
{
	return (struct gate){ .base.ops = &gate_ops };
}

START_TEST(a_user_reads_as_admitted)
{
	struct gate gate = gate_make();
	struct principal principal = {
		.rights = RIGHT_READ,
		.rooms = STR("r* "),
		.member_id = STR("uaaaaaaaaaaaaaaaaaaaaaaaaaa"),
	};

	recorder.rig.worker.ws.admission = &gate.base;
	send_request("GET", "/v1/rooms/r/messages", "Origin: http://a\r\n", "");
	check_stream(NULL);
	admission_accept(gate.candidate, &principal);
	check_answer(200, "Access-Control-Allow-Origin: http://a\r\n");
	ck_assert_uint_eq(chat.last.rights, RIGHT_READ);
	ck_assert(str_equal(chat.last.scope, STR("r* ")));
	ck_assert(str_equal(chat.last.as_id,
	    STR("uaaaaaaaaaaaaaaaaaaaaaaaaaa")));
	send_request("GET", "/v1/rooms/r/events", "", "");
	admission_refuse(gate.candidate, 401, "Token required\n");
	check_answer(401,
	    "{\"error\":\"unauthorized\",\"text\":\"Token required\"}\n");
	send_request("GET", "/v1/rooms/r/events", "", "");
	client_fini(&client);
	rig_pass(&recorder.rig, 6000);
	ck_assert_uint_eq(gate.cancelled, 1);
	client_connect(&client, &recorder.rig, 0);
}
END_TEST

/* Unless it is an administrator. */
START_TEST(a_user_does_not_post)
{
	struct gate gate = gate_make();
	struct principal principal = {
		.user_id = STR("u"),
		.rights = RIGHTS_USUAL,
	};
	const char *target = "/v1/rooms/r/messages";
	const char *bearer = "Authorization: Bearer x\r\n";

	recorder.rig.worker.ws.admission = &gate.base;
	send_request("POST", target, bearer, "{\"message\":1}");
	admission_accept(gate.candidate, &principal);
	check_answer(403, "\"error\":\"forbidden\"");
	principal.rights = RIGHT_ADMIN;
	send_request("POST", target, bearer, "{\"message\":1}");
	admission_accept(gate.candidate, &principal);
	check_answer(201, NULL);
	principal = (struct principal){ .rights = RIGHTS_USUAL };
	send_request("POST", target, bearer, "{\"message\":1}");
	admission_accept(gate.candidate, &principal);
	check_answer(401, "WWW-Authenticate: Bearer\r\n");
	gate.candidate = NULL;
	send_request("POST", target, "", "{\"message\":1}");
	check_answer(401, NULL);
	ck_assert_ptr_null(gate.candidate);
}
END_TEST

/* --- messages ------------------------------------------------------------- */

START_TEST(publishes_a_message)
{
	send_request("POST", "/v1/rooms/r/messages",
	    BEARER "Idempotency-Key: k1\r\n", "{\"message\":{\"a\":1}}");
	check_answer(201,
	    "\r\n\r\n{\"room\":\"r\",\"seq\":1,\"at\":1000,\"epoch\":\"e1\","
	    "\"recipients\":1}\n");
	ck_assert(str_equal(chat.last.body, STR("{\"a\":1}")));
	ck_assert(str_equal(chat.last.key, STR("k1")));
	ck_assert(str_equal(chat.last.as_id, STR("server")));
	ck_assert(str_equal(chat.last.as_name, STR("server")));
	ck_assert_uint_eq(chat.last.rights,
	    RIGHTS_USUAL | RIGHT_MODERATE | RIGHT_ADMIN);
}
END_TEST

START_TEST(the_key_of_the_body_counts)
{
	send_request("POST", "/v1/rooms/r/messages",
	    BEARER "Idempotency-Key: k1\r\n",
	    "{\"message\":1,\"key\":\"k2\",\"as\":{\"id\":\"u1\"}}");
	check_answer(201, NULL);
	ck_assert(str_equal(chat.last.key, STR("k2")));
	ck_assert(str_equal(chat.last.as_id, STR("u1")));
	ck_assert_ptr_null(chat.last.as_name.data);
}
END_TEST

START_TEST(answers_when_the_chat_does)
{
	chat.is_slow = true;
	send_request("POST", "/v1/rooms/r/messages", BEARER, "{\"message\":1}");
	check_stream(NULL);
	acknowledge_all();
	check_answer(201, "\"seq\":0");
}
END_TEST

START_TEST(a_client_may_go_before_the_answer)
{
	chat.is_slow = true;
	send_request("POST", "/v1/rooms/r/messages", BEARER, "{\"message\":1}");
	conn_abort(client.conn);
	rig_turn(&recorder.rig);
	acknowledge_all();
	rig_turn(&recorder.rig);
}
END_TEST

START_TEST(does_not_wait_for_ever)
{
	chat.is_slow = true;
	send_request("POST", "/v1/rooms/r/messages", BEARER, "{\"message\":1}");
	rig_pass(&recorder.rig, 5200);
	check_answer(503, "Retry-After: 5\r\n");
	acknowledge_all();
}
END_TEST

static const struct {
	const char *method, *target, *body;
	int status;
	const char *part;
} refusals[] = {
	{ "POST", "/v1/rooms/r/messages", "{", 400, "\"error\":\"bad_json\"" },
	{ "POST", "/v1/rooms/r/messages", "{}", 422, "\"field\":\"message\"" },
	{ "POST", "/v1/rooms/%ff/messages", "{\"message\":1}", 422,
	    "\"field\":\"room\"" },
	{ "POST", "/v1/rooms/%00/messages", "{\"message\":1}", 422,
	    "\"field\":\"room\"" },
	{ "POST", "/v1/messages", "{\"messages\":[]}", 422,
	    "\"field\":\"messages\"" },
	{ "POST", "/v1/broadcast", "{\"message\":1}", 422,
	    "\"field\":\"message\"" },
	{ "GET", "/v1/rooms/r/messages?after=x", "", 422,
	    "\"field\":\"after\"" },
	{ "GET", "/v1/rooms/r/messages?before=-1", "", 422,
	    "\"field\":\"before\"" },
	{ "GET", "/v1/rooms/r/messages?limit=1001", "", 422,
	    "\"field\":\"limit\"" },
	{ "GET", "/v1/rooms/r/messages?after=1&wait=61", "", 422,
	    "\"field\":\"wait\"" },
	{ "GET", "/v1/rooms/r/messages?wait=1", "", 422, "\"field\":\"wait\"" },
	{ "GET", "/v1/rooms/r/events?last_event_id=x", "", 422,
	    "\"field\":\"last_event_id\"" },
	{ "GET", "/v1/rooms?limit=0", "", 422, "\"field\":\"limit\"" },
	{ "GET", "/v1/members?after=%ff", "", 422, "\"field\":\"after\"" },
	{ "DELETE", "/v1/members/none", "", 404, "member_not_found" },
	{ "POST", "/v1/rooms/r", "", 405,
	    "Allow: GET, HEAD, PUT, DELETE, PATCH, OPTIONS" },
	{ "GET", "/v1/nothing", "", 404, NULL },
};

START_TEST(refuses)
{
	send_request(refusals[_i].method, refusals[_i].target, BEARER,
	    refusals[_i].body);
	check_answer(refusals[_i].status, refusals[_i].part);
}
END_TEST

START_TEST(creates_the_room_of_a_message)
{
	chat.has_room = false;
	send_request("POST", "/v1/rooms/r/messages", BEARER, "{\"message\":1}");
	check_answer(404, "room_not_found");
	send_request("POST", "/v1/rooms/r/messages", BEARER,
	    "{\"message\":1,\"create\":true}");
	check_answer(201, "\"seq\":1");
	send_request("POST", "/v1/rooms/r/messages", BEARER,
	    "{\"message\":1,\"create\":true}");
	check_answer(201, "\"seq\":2");
}
END_TEST

START_TEST(answers_each_message_of_a_batch)
{
	send_request("POST", "/v1/messages", BEARER,
	    "{\"messages\":[{\"room\":\"r\",\"message\":1},{\"room\":\"r\"},"
	    "{\"room\":\"r\",\"message\":2}]}");
	check_answer(200,
	    "{\"results\":[{\"status\":201,\"room\":\"r\",\"seq\":1,");
	ck_assert_uint_eq(chat.message, 2);
}
END_TEST

/* --- rooms ---------------------------------------------------------------- */

START_TEST(puts_a_room_once)
{
	chat.has_room = false;
	send_request("PUT", "/v1/rooms/r", BEARER, "");
	check_answer(201, "\"epoch\":\"e1\"");
	send_request("PUT", "/v1/rooms/r", BEARER, "{}");
	check_answer(200, "\"epoch\":\"e1\"");
	send_request("POST", "/v1/rooms", BEARER, "{\"room\":\"r\"}");
	check_answer(409, "room_exists");
}
END_TEST

/* --- waiting -------------------------------------------------------------- */

START_TEST(waits_for_a_message)
{
	send_request("GET", "/v1/rooms/r/messages?after=0&wait=10s", BEARER,
	    "");
	rig_pass(&recorder.rig, 6000);
	check_stream(NULL);
	room_post();
	rig_turn(&recorder.rig);
	check_answer(200, "\"messages\":[{\"seq\":1,");
}
END_TEST

START_TEST(does_not_wait_longer)
{
	send_request("GET", "/v1/rooms/r/messages?after=0&wait=1", BEARER, "");
	for (int i = 0; i < 11; i++) {
		rig_pass(&recorder.rig, 100);
		api_tick(api, recorder.rig.worker.loop.now_ms);
	}
	rig_turn(&recorder.rig);
	check_answer(200, "\"messages\":[],\"more\":false}");
}
END_TEST

START_TEST(another_epoch_is_read_from_its_beginning)
{
	room_post();
	room_post();
	send_request("GET", "/v1/rooms/r/messages?after=2&epoch=e1", BEARER,
	    "");
	check_answer(200, "\"messages\":[]");
	send_request("GET", "/v1/rooms/r/messages?after=2&epoch=e0&wait=9",
	    BEARER, "");
	check_answer(200, "\"messages\":[{\"seq\":1,");
}
END_TEST

/* --- streams -------------------------------------------------------------- */

START_TEST(streams_messages)
{
	room_post();
	send_request("GET", "/v1/rooms/r/events", BEARER, "");
	check_answer(200, "Content-Type: text/event-stream\r\n");
	ck_assert_uint_eq(recorder.rig.worker.ws.open_count, 1);
	check_stream(NULL);
	room_post();
	check_stream("id: e1:2\nevent: message\ndata: {\"room\":\"r\","
		     "\"seq\":2,");
	room_post();
	check_stream("id: e1:3\n");
	conn_abort(client.conn);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(recorder.rig.worker.ws.open_count, 0);
	room_post();
	rig_turn(&recorder.rig);
}
END_TEST

static const struct {
	const char *header, *query, *part;
} positions[] = {
	{ "Last-Event-ID: e1:1\r\n", "", "id: e1:2\n" },
	{ "", "?last_event_id=e1:2", "id: e1:3\n" },
	{ "Last-Event-ID: e1:2\r\n", "?last_event_id=e1:1", "id: e1:3\n" },
	{ "Last-Event-ID: \r\n", "?last_event_id=e1:2", "id: e1:3\n" },
	{ "Last-Event-ID: e1:0\r\n", "",
	    "event: gap\ndata: {\"room\":\"r\",\"epoch\":\"e1\","
	    "\"missing\":[1,1]}\n\nid: e1:2\n" },
	{ "Last-Event-ID: e0:3\r\n", "",
	    "\"epoch_changed\":true}\n\nevent: gap\n" },
};

START_TEST(a_stream_goes_on_where_it_was)
{
	char target[128], headers[128];

	chat.message = 3;
	chat.first = 2;
	snprintf(target, sizeof(target), "/v1/rooms/r/events%s",
	    positions[_i].query);
	snprintf(headers, sizeof(headers), BEARER "%s", positions[_i].header);
	send_request("GET", target, headers, "");
	check_answer(200, positions[_i].part);
}
END_TEST

/* Messages are not queued for a reader that does not read. */
START_TEST(a_slow_reader_takes_no_memory)
{
	struct client slow;

	client_connect(&slow, &recorder.rig, 4608);
	client_send_text(&slow,
	    "GET /v1/rooms/r/events HTTP/1.1\r\nHost: x\r\n" BEARER "\r\n");
	rig_turn(&recorder.rig);
	chat.body_len = 60000;
	for (int i = 0; i < 50; i++) {
		room_post();
		rig_turn(&recorder.rig);
	}
	ck_assert_uint_le(conn_waiting(slow.conn), 65536);
	for (int i = 0; i < 3000; i++) {
		client_receive(&slow);
		rig_turn(&recorder.rig);
	}
	slow.data[slow.len] = '\0';
	ck_assert_ptr_nonnull(strstr(slow.data, "id: e1:1\n"));
	ck_assert_ptr_nonnull(strstr(slow.data, "id: e1:50\n"));
	client_fini(&slow);
}
END_TEST

START_TEST(a_stream_ends_with_its_room)
{
	send_request("GET", "/v1/rooms/r/events", BEARER, "");
	check_answer(200, NULL);
	chat.has_room = false;
	publisher_leave(api_publisher(api), STR("id"), STR("r"));
	check_stream("event: end\ndata: {\"room\":\"r\","
		     "\"reason\":\"room_not_found\"}\n\n");
	send_request("GET", "/v1/rooms/r/events", BEARER, "");
	check_answer(404, NULL);
}
END_TEST

static void
room_publish(enum event_kind kind, struct str body)
{
	struct event event = {
		.kind = kind,
		.room = STR("r"),
		.seq = 1,
		.member = STR("bob"),
		.member_id = STR("b0b"),
		.body = body,
	};

	publisher_publish(api_publisher(api), &event, audience_room(STR("r")));
}

START_TEST(events_follow_the_messages_before_them)
{
	static const char *const parts[] = {
		"\"seq\":2,",
		"event: joined\ndata: {\"room\":\"r\",\"member\":",
		"\"bob\",\"member_id\":\"b0b\"}\n\n",
		"\"seq\":3,",
		"event: left\n",
	};
	const char *at;

	room_post();
	send_request("GET", "/v1/rooms/r/events?events=message,presence",
	    BEARER, "");
	check_answer(200, NULL);
	check_stream(NULL);
	room_post();
	room_publish(EVENT_ENTERED, STR_ABSENT);
	room_publish(EVENT_EDITED, STR("\"not wanted\""));
	room_post();
	room_publish(EVENT_GONE, STR_ABSENT);
	rig_turn(&recorder.rig);
	client_receive(&client);
	client.data[client.len] = '\0';
	at = client.data;
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		at = strstr(at, parts[i]);
		ck_assert_msg(at != NULL, "%s: %s", parts[i], client.data);
	}
	ck_assert_ptr_null(strstr(client.data, "edited"));
}
END_TEST

START_TEST(a_stream_that_misses_events_gets_a_gap)
{
	static char body[30002];

	memset(body, 'x', sizeof(body));
	body[0] = body[sizeof(body) - 1] = '"';
	send_request("GET", "/v1/rooms/r/events", BEARER, "");
	check_answer(200, NULL);
	check_stream(NULL);
	for (int i = 0; i < 3; i++)
		room_publish(EVENT_EDITED, str_slice(body, sizeof(body)));
	rig_turn(&recorder.rig);
	client_receive(&client);
	client.data[client.len] = '\0';
	ck_assert_ptr_nonnull(strstr(client.data,
	    "event: gap\ndata: {\"room\":\"r\",\"epoch\":\"e1\","
	    "\"events_missing\":true}\n\n"));
}
END_TEST

START_TEST(a_stream_is_kept_alive)
{
	send_request("GET", "/v1/rooms/r/events", BEARER, "");
	check_answer(200, "retry: 2000\n\n");
	rig_pass(&recorder.rig, 15100);
	api_tick(api, recorder.rig.worker.loop.now_ms);
	check_stream(":\n\n");
	api_tick(api, recorder.rig.worker.loop.now_ms);
	check_stream(NULL);
}
END_TEST

START_TEST(a_quiet_stream_ends_with_its_token)
{
	struct gate gate = gate_make();
	struct principal principal = {
		.user_id = STR("u"),
		.rights = RIGHT_READ,
		.expires_at_ms = recorder.rig.now_ms + 3000,
	};

	recorder.rig.worker.ws.admission = &gate.base;
	send_request("GET", "/v1/rooms/r/events", "", "");
	admission_accept(gate.candidate, &principal);
	check_answer(200, "retry: 2000\n\n");
	rig_pass(&recorder.rig, 2900);
	api_tick(api, recorder.rig.worker.loop.now_ms);
	check_stream(NULL);
	rig_pass(&recorder.rig, 100);
	api_tick(api, recorder.rig.worker.loop.now_ms);
	check_stream("event: end\ndata: {\"room\":\"r\","
		     "\"reason\":\"token_expired\"}\n\n");
}
END_TEST

/* A node with others would not follow the room for long. */
START_TEST(a_stream_asks_for_its_room_again)
{
	send_request("GET", "/v1/rooms/r/events", BEARER, "");
	check_answer(200, NULL);
	rig_pass(&recorder.rig, API_ASK_MS / 2);
	room_post();
	check_stream("id: e1:1\n");
	ck_assert_uint_eq(chat.infos, 1);
	rig_pass(&recorder.rig, API_ASK_MS);
	room_post();
	check_stream("id: e1:2\n");
	ck_assert_uint_eq(chat.infos, 2);
}
END_TEST

START_TEST(an_answer_that_comes_late_is_followed_by_messages)
{
	struct command asked;

	send_request("GET", "/v1/rooms/r/events", BEARER, "");
	check_answer(200, NULL);
	chat.is_slow_with_info = true;
	rig_pass(&recorder.rig, 15100);
	api_tick(api, recorder.rig.worker.loop.now_ms);
	check_stream(":\n\n");
	asked = (struct command){ .author = chat.last.author, .ref = STR("0") };
	chat.message++; /* read by the node, and not published */
	answer_info(&asked);
	check_stream("id: e1:1\n");
}
END_TEST

START_TEST(a_page_that_waits_asks_for_its_room_again)
{
	unsigned commands;

	send_request("GET", "/v1/rooms/r/messages?after=0&wait=30s", BEARER,
	    "");
	commands = chat.commands;
	rig_pass(&recorder.rig, API_ASK_MS);
	api_tick(api, recorder.rig.worker.loop.now_ms);
	check_stream(NULL);
	ck_assert_uint_eq(chat.commands, commands + 1);
}
END_TEST

START_TEST(a_stream_ends_when_the_server_goes_down)
{
	send_request("GET", "/v1/rooms/r/events", BEARER, "");
	check_answer(200, NULL);
	recorder.rig.worker.ws.refusing = true;
	api_tick(api, recorder.rig.worker.loop.now_ms);
	check_stream("0\r\n\r\n");
	ck_assert_uint_eq(recorder.rig.worker.ws.open_count, 0);
}
END_TEST

START_TEST(a_stream_counts_as_a_connection)
{
	recorder.rig.limits.connections = 1;
	recorder.rig.worker.ws.open_count = 1;
	send_request("GET", "/v1/rooms/r/events", BEARER, "");
	check_answer(503, "Too many connections");
	recorder.rig.worker.ws.open_count = 0;
}
END_TEST

START_TEST(head_has_no_stream)
{
	send_request("HEAD", "/v1/rooms/r/events", BEARER, "");
	check_answer(200, "Content-Type: text/event-stream\r\n");
	send_request("GET", "/v1/info", BEARER, "");
	check_answer(200, NULL);
}
END_TEST

/* --- polls ---------------------------------------------------------------- */

static char position[64]; /* of the last poll */

/* The answer to a poll begins with where it ended. */
static void
check_poll(const char *events)
{
	const char *at;
	char part[256];

	rig_turn(&recorder.rig);
	client_receive(&client);
	client.data[client.len] = '\0';
	at = strstr(client.data, "{\"last_event_id\":\"");
	ck_assert_msg(at != NULL, "%s", client.data);
	ck_assert_int_eq(sscanf(at + 18, "%63[^\"]", position), 1);
	snprintf(part, sizeof(part), "\",\"events\":[%s", events);
	check_answer(200, part);
}

/* On a new connection: the last one may have been idle for too long. */
static void
send_poll(const char *query)
{
	char target[256];

	client_fini(&client);
	client_connect(&client, &recorder.rig, 0);
	snprintf(target, sizeof(target), "/v1/rooms/r/events?%s", query);
	send_request("GET", target, BEARER, "");
}

/* Behind the last one. */
static void
send_next_poll(const char *query)
{
	char text[160];

	snprintf(text, sizeof(text), "%s&last_event_id=%s", query, position);
	send_poll(text);
}

#define ALL "&events=message,change,presence"

START_TEST(a_poll_waits_for_an_event)
{
	room_post();
	send_poll("wait=10s");
	check_stream(NULL);
	room_post();
	check_poll("{\"event\":\"message\",\"room\":\"r\",\"seq\":2,");
	ck_assert_int_eq(strncmp(position, "e1:2:", 5), 0);
	send_next_poll("wait=10");
	check_stream(NULL);
	room_publish(EVENT_EDITED, STR("1"));
	check_poll("{\"event\":\"edited\",\"room\":\"r\",\"seq\":1,");
	ck_assert_uint_eq(recorder.rig.worker.ws.open_count, 0);
}
END_TEST

START_TEST(a_poll_does_not_wait_longer)
{
	send_poll("wait=1");
	for (int i = 0; i < 11; i++) {
		rig_pass(&recorder.rig, 100);
		api_tick(api, recorder.rig.worker.loop.now_ms);
	}
	check_poll("]}");
	send_poll("wait=0");
	check_poll("]}");
}
END_TEST

START_TEST(between_polls_nothing_is_missed)
{
	send_poll("wait=0" ALL);
	check_poll("]}");
	room_publish(EVENT_ENTERED, STR_ABSENT);
	room_post();
	room_publish(EVENT_EDITED, STR("1"));
	rig_pass(&recorder.rig, API_KEPT_MS - 200);
	api_tick(api, recorder.rig.worker.loop.now_ms);
	send_next_poll("wait=10" ALL);
	check_poll("{\"event\":\"joined\",\"room\":\"r\",\"member\":\"bob\","
		   "\"member_id\":\"b0b\"},{\"event\":\"message\",");
	send_next_poll("wait=0" ALL);
	check_poll("]}");
	room_publish(EVENT_GONE, STR_ABSENT);
	send_next_poll("wait=10&events=presence");
	check_poll("{\"event\":\"left\",");
}
END_TEST

START_TEST(a_poll_that_comes_too_late_gets_a_gap)
{
	send_poll("wait=0" ALL);
	check_poll("]}");
	rig_pass(&recorder.rig, API_KEPT_MS + 100);
	api_tick(api, recorder.rig.worker.loop.now_ms);
	ck_assert_uint_eq(id_map_count(&api->watched), 0);
	send_next_poll("wait=10" ALL);
	check_poll("{\"event\":\"gap\",\"room\":\"r\",\"epoch\":\"e1\","
		   "\"events_missing\":true}]}");
}
END_TEST

START_TEST(a_poll_of_another_epoch_begins_anew)
{
	send_poll("wait=0");
	check_poll("]}");
	room_publish(EVENT_EDITED, STR("1"));
	chat.epoch = "e2";
	room_post();
	send_next_poll("wait=10");
	check_poll("{\"event\":\"gap\",\"room\":\"r\",\"epoch\":\"e2\","
		   "\"epoch_changed\":true},{\"event\":\"message\",");
}
END_TEST

START_TEST(a_poll_ends_with_its_room)
{
	send_poll("wait=10");
	check_stream(NULL);
	chat.has_room = false;
	publisher_leave(api_publisher(api), STR("id"), STR("r"));
	check_poll("{\"event\":\"end\",\"room\":\"r\","
		   "\"reason\":\"room_not_found\"}]}");
	send_next_poll("wait=10");
	check_answer(404, NULL);
}
END_TEST

START_TEST(a_poll_waits_for_an_answer_that_comes_late)
{
	struct command asked;

	send_poll("wait=30");
	chat.is_slow_with_info = true;
	rig_pass(&recorder.rig, API_ASK_MS);
	api_tick(api, recorder.rig.worker.loop.now_ms);
	room_post();
	check_stream(NULL);
	asked = (struct command){ .author = chat.last.author, .ref = STR("0") };
	answer_info(&asked);
	check_poll("{\"event\":\"message\",");
}
END_TEST

START_TEST(few_rooms_are_kept)
{
	char target[64];

	for (int i = 0; i < API_KEPT_MOST + 2; i++) {
		snprintf(target, sizeof(target), "/v1/rooms/r%d/events?wait=0",
		    i);
		send_request("GET", target, BEARER, "");
		check_answer(200, NULL);
	}
	ck_assert_uint_eq(id_map_count(&api->watched), API_KEPT_MOST);
}
END_TEST

static const char *const bad_polls[] = {
	"wait=61",
	"wait=x",
	"wait=1&events=all",
	"wait=1&last_event_id=e1:1:1",
	"wait=1&last_event_id=e1:1:1:x",
	"wait=1&last_event_id=e1:1:1:1:1",
	"wait=1&last_event_id=e1:1:4294967296:1",
	"wait=1&last_event_id=e1:1:1:99999999999999999999",
};

START_TEST(refuses_a_bad_poll)
{
	send_poll(bad_polls[_i]);
	check_answer(422, "\"field\":");
}
END_TEST

/* --- failures ------------------------------------------------------------- */

START_TEST(needs_memory)
{
	if (!malloc_can_fail())
		return;
	for (unsigned n = 1; n < 8; n++) {
		client_send_text(&client,
		    "POST /v1/rooms/r/messages HTTP/1.1\r\nHost: x\r\n" BEARER
		    "Content-Length: 13\r\n\r\n{\"message\":1}");
		malloc_fail_at(n);
		rig_turn(&recorder.rig);
		malloc_fail_at(0);
		client_fini(&client);
		rig_turn(&recorder.rig);
		client_connect(&client, &recorder.rig, 0);
	}
}
END_TEST

SUITE(api)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, asks_for_the_key, 0, COUNT_OF(keys));
	tcase_add_test(tests, is_not_there_without_a_key);
	tcase_add_test(tests, may_have_a_listener_of_its_own);
	tcase_add_test(tests, a_user_reads_as_admitted);
	tcase_add_test(tests, a_user_does_not_post);
	tcase_add_test(tests, publishes_a_message);
	tcase_add_test(tests, the_key_of_the_body_counts);
	tcase_add_test(tests, answers_when_the_chat_does);
	tcase_add_test(tests, a_client_may_go_before_the_answer);
	tcase_add_test(tests, does_not_wait_for_ever);
	tcase_add_loop_test(tests, refuses, 0, COUNT_OF(refusals));
	tcase_add_test(tests, creates_the_room_of_a_message);
	tcase_add_test(tests, answers_each_message_of_a_batch);
	tcase_add_test(tests, puts_a_room_once);
	tcase_add_test(tests, waits_for_a_message);
	tcase_add_test(tests, does_not_wait_longer);
	tcase_add_test(tests, another_epoch_is_read_from_its_beginning);
	tcase_add_test(tests, streams_messages);
	tcase_add_loop_test(tests, a_stream_goes_on_where_it_was, 0,
	    COUNT_OF(positions));
	tcase_add_test(tests, a_slow_reader_takes_no_memory);
	tcase_add_test(tests, a_stream_ends_with_its_room);
	tcase_add_test(tests, events_follow_the_messages_before_them);
	tcase_add_test(tests, a_stream_that_misses_events_gets_a_gap);
	tcase_add_test(tests, a_stream_is_kept_alive);
	tcase_add_test(tests, a_quiet_stream_ends_with_its_token);
	tcase_add_test(tests, a_stream_asks_for_its_room_again);
	tcase_add_test(tests,
	    an_answer_that_comes_late_is_followed_by_messages);
	tcase_add_test(tests, a_page_that_waits_asks_for_its_room_again);
	tcase_add_test(tests, a_stream_ends_when_the_server_goes_down);
	tcase_add_test(tests, a_stream_counts_as_a_connection);
	tcase_add_test(tests, head_has_no_stream);
	tcase_add_test(tests, a_poll_waits_for_an_event);
	tcase_add_test(tests, a_poll_does_not_wait_longer);
	tcase_add_test(tests, between_polls_nothing_is_missed);
	tcase_add_test(tests, a_poll_that_comes_too_late_gets_a_gap);
	tcase_add_test(tests, a_poll_of_another_epoch_begins_anew);
	tcase_add_test(tests, a_poll_ends_with_its_room);
	tcase_add_test(tests, a_poll_waits_for_an_answer_that_comes_late);
	tcase_add_test(tests, few_rooms_are_kept);
	tcase_add_loop_test(tests, refuses_a_bad_poll, 0, COUNT_OF(bad_polls));
	tcase_add_test(tests, needs_memory);
}
