#include "transport/fanout/downloads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/rig.h"
#include "transport/fanout/hub.h"
#include "transport/session.h"
#include "wire/dialect.h"

#define CLIENTS 3
#define ID "0b6a1f0e-5c1c-4b8e-9a55-2f6d1c1f7e10"
#define OPEN                                   \
	"\x2f\xdf\x1d\x50"                     \
	"0123456789abcdef"                     \
	"\x00\x00\x00\x00\x01\x00\x08messages" \
	"\x00\x00\x00\x00\x03\x00\x05"         \
	"files"
#define ACCEPT "{\"Type\":\"fileAccept\",\"FileId\":\"" ID "\"}\n"

/* More than the sockets of a client that does not read take. */
#define SOME_BYTES (64 * 1024)
#define MANY_BYTES (4 * 1024 * 1024)

/* A chat that has one file, for clients of the dotnet dialect. */
struct fixture {
	struct command_handler handler;
	struct rig rig;
	struct hub *hub;
	struct sessions *sessions;
	struct client clients[CLIENTS];
	unsigned attached;
	struct session *sessions_of[CLIENTS];
	uint64_t size; /* of the file */
	bool is_refused;
	bool is_later;          /* who takes a file is not answered at once */
	uint64_t read[CLIENTS]; /* by each member */
	unsigned pushed;        /* how often the chat was informed */
	uint32_t reached;       /* the last time */
};

static struct fixture f;

static enum chat_error
downloads_attach(const struct command *command)
{
	char id[ID_SIZE];
	enum chat_error error;

	f.sessions_of[f.attached] = command->peer;
	snprintf(id, sizeof(id), "%u", f.attached++);
	error = publisher_attach(hub_publisher(f.hub), command->peer,
	    str_from(id), command->connection);
	return error != CHAT_OK ? error
				: publisher_enter(hub_publisher(f.hub),
				      str_from(id), 0, STR_ABSENT);
}

static enum chat_error
downloads_read(const struct command *command)
{
	static const char bytes[16384];
	const struct blob blob = {
		.id = ID,
		.name = "a.bin",
		.type = "x/y",
		.size = f.size,
	};
	uint64_t left = f.size - command->file.at;
	struct event event = {
		.kind = EVENT_FILE_DATA,
		.file = &blob,
		.file_at = command->file.at,
		.member = STR("reader"),
		.by = STR("owner"),
		.body = str_slice(bytes,
		    left < command->limit ? (size_t)left : command->limit),
	};

	if (f.is_refused)
		return CHAT_FILE_NOT_FOUND;
	f.read[command->author.data[0] - '0'] += event.body.len;
	publisher_publish(hub_publisher(f.hub), &event,
	    audience_connection(command->author, command->connection));
	return CHAT_OK;
}

static void
file_answer_taken(const char *member_id)
{
	static struct blob blob = { .id = ID };
	const struct event taken = { .kind = EVENT_FILE_TAKEN, .file = &blob };

	publisher_publish(hub_publisher(f.hub), &taken,
	    audience_one(str_from(member_id)));
}

static enum chat_error
downloads_handle(struct command_handler *handler, const struct command *command)
{
	(void)handler;
	switch (command->kind) {
	case COMMAND_CONNECT:
		return downloads_attach(command);
	case COMMAND_DISCONNECT:
		publisher_detach(hub_publisher(f.hub), command->author,
		    command->connection);
		return CHAT_OK;
	case COMMAND_FILE_READ:
		return downloads_read(command);
	case COMMAND_FILE_ACCEPT:
		if (!f.is_later)
			file_answer_taken("1");
		return CHAT_OK;
	case COMMAND_FILE_PUSHED:
		ck_assert(str_equal(command->file.id, STR(ID)));
		ck_assert(command->room.data == NULL);
		f.pushed++;
		f.reached = command->limit;
		return CHAT_OK;
	default:
		return CHAT_OK;
	}
}

static const struct command_handler_ops downloads_handler_ops = {
	downloads_handle,
	NULL,
};

static void
setup(void)
{
	struct sessions_config config = {
		.handler = &f.handler,
		.limits = &f.rig.limits,
	};

	memset(&f, 0, sizeof(f));
	f.handler.ops = &downloads_handler_ops;
	f.size = SOME_BYTES;
	f.hub = hub_create();
	config.hub = f.hub;
	f.sessions = sessions_create(&config);
	rig_init(&f.rig, sessions_endpoint(f.sessions));
	f.rig.dialect = dialect_find(STR("dotnet"));
	for (int i = 0; i < CLIENTS; i++) {
		client_connect(&f.clients[i], &f.rig, 4608);
		client_open(&f.clients[i], &f.rig, "/ws");
		client_send_frame(&f.clients[i], WS_BINARY, OPEN,
		    sizeof(OPEN) - 1);
		rig_turn(&f.rig);
	}
	ck_assert_uint_eq(f.attached, CLIENTS);
}

static void
teardown(void)
{
	rig_fini(&f.rig);
	for (int i = 0; i < CLIENTS; i++)
		client_fini(&f.clients[i]);
	sessions_destroy(f.sessions);
	hub_destroy(f.hub);
}

/* A message that sends the file to all but the first client. */
static void
file_push(void)
{
	const struct event event = {
		.kind = EVENT_MESSAGE,
		.member = STR("owner"),
		.member_id = STR("0"),
		.body = STR("{\"file\":{\"id\":\"" ID "\",\"name\":\"a.bin\","
			    "\"type\":\"x/y\",\"size\":1,\"url\":\"/\"},"
			    "\"auto\":true}"),
	};

	publisher_publish(hub_publisher(f.hub), &event, audience_lobby());
}

static void
file_accept(int client)
{
	char frame[7 + sizeof(ACCEPT) - 1] = { 2, 0, 0, 0, 3, 0,
		sizeof(ACCEPT) - 1 };

	memcpy(frame + 7, ACCEPT, sizeof(ACCEPT) - 1);
	client_send_frame(&f.clients[client], WS_BINARY, frame, sizeof(frame));
	rig_turn(&f.rig);
}

/* Reads what comes, until nothing does. */
static void
clients_read(int from, int to)
{
	size_t before, after = SIZE_MAX;

	do {
		before = after;
		after = 0;
		rig_turn(&f.rig);
		for (int i = from; i < to; i++) {
			client_receive(&f.clients[i]);
			after += f.clients[i].len;
		}
	} while (before != after);
}

static bool
client_has(int client, const char *text)
{
	return memmem(f.clients[client].data, f.clients[client].len, text,
		   strlen(text)) != NULL;
}

START_TEST(a_message_sends_its_file_to_all)
{
	file_push();
	ck_assert_uint_eq(f.pushed, 0);
	clients_read(0, CLIENTS);
	ck_assert_uint_eq(f.pushed, 1);
	ck_assert_uint_eq(f.reached, CLIENTS - 1);
	ck_assert_uint_eq(f.read[0], 0);
	for (int i = 1; i < CLIENTS; i++) {
		ck_assert_uint_eq(f.read[i], SOME_BYTES);
		ck_assert(client_has(i, "\"Type\":\"fileComplete\""));
	}
}
END_TEST

START_TEST(those_that_leave_have_not_got_the_file)
{
	f.size = MANY_BYTES;
	file_push();
	clients_read(1, 2);
	ck_assert_uint_eq(f.read[1], MANY_BYTES);
	ck_assert_uint_lt(f.read[2], MANY_BYTES);
	ck_assert_uint_eq(f.pushed, 0);
	shutdown(f.clients[2].fd, SHUT_RDWR);
	clients_read(0, 1);
	ck_assert_uint_eq(f.pushed, 1);
	ck_assert_uint_eq(f.reached, 1);
}
END_TEST

/* A slow reader has no more than a few pieces in memory. */
START_TEST(a_client_that_does_not_read_holds_64_kib)
{
	f.size = MANY_BYTES;
	file_accept(1);
	rig_turn(&f.rig);
	ck_assert_uint_gt(f.read[1], 0);
	ck_assert_uint_lt(conn_waiting(f.clients[1].conn), 64 * 1024);
	clients_read(1, 2);
	ck_assert_uint_eq(f.read[1], MANY_BYTES);
	ck_assert_uint_eq(f.pushed, 0);
}
END_TEST

/* With other nodes the answer is not there when the command returns. */
START_TEST(a_file_is_sent_when_its_taking_is_answered)
{
	f.is_later = true;
	file_accept(1);
	clients_read(1, 2);
	ck_assert_uint_eq(f.read[1], 0);
	file_answer_taken("1");
	clients_read(1, 2);
	ck_assert_uint_eq(f.read[1], SOME_BYTES);
}
END_TEST

START_TEST(a_file_that_may_not_be_read_ends)
{
	f.is_refused = true;
	file_push();
	clients_read(0, CLIENTS);
	ck_assert_uint_eq(f.pushed, 1);
	ck_assert_uint_eq(f.reached, 0);
}
END_TEST

START_TEST(files_that_wait_are_bounded)
{
	f.size = 1;
	for (int i = 0; i < 100; i++)
		downloads_add(f.sessions_of[1], STR(ID), NULL);
	clients_read(1, 2);
	ck_assert_uint_eq(f.read[1], 64);
}
END_TEST

/* It costs the file, or the connection; the rest goes on. */
START_TEST(a_lack_of_memory_costs_no_other_client)
{
	if (!malloc_can_fail())
		return;
	malloc_fail_at((unsigned)_i);
	file_push();
	rig_turn(&f.rig);
	malloc_fail_at(0);
	clients_read(0, CLIENTS);
	ck_assert_uint_le(f.pushed, 1);
	f.read[1] = f.read[2] = 0;
	file_push();
	clients_read(0, CLIENTS);
	for (int i = 1; i < CLIENTS; i++)
		ck_assert(f.read[i] == SOME_BYTES ||
			  client_take_close(&f.clients[i]) != 0 ||
			  f.clients[i].eof);
}
END_TEST

SUITE(downloads)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, a_message_sends_its_file_to_all);
	tcase_add_test(tests, those_that_leave_have_not_got_the_file);
	tcase_add_test(tests, a_client_that_does_not_read_holds_64_kib);
	tcase_add_test(tests, a_file_is_sent_when_its_taking_is_answered);
	tcase_add_test(tests, a_file_that_may_not_be_read_ends);
	tcase_add_test(tests, files_that_wait_are_bounded);
	tcase_add_loop_test(tests, a_lack_of_memory_costs_no_other_client, 1,
	    20);
}
