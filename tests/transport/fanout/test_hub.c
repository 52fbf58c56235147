#include "transport/fanout/hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/server_stats.h"
#include "tests/suite.h"
#include "tests/support/transport/rig.h"
#include "transport/session.h"
#include "wire/dialect.h"

#define CLIENTS 8
#define ROOMS 5
#define HEARD_MOST 4096

/*
 * A chat of which only the transport is real: the test says itself who joins
 * what and what is published, and remembers who must have heard it.
 */
struct fixture {
	struct rig rig;
	struct hub *hub;
	struct sessions *sessions;
	struct command_handler handler;
	struct client clients[CLIENTS];
	unsigned connected;
	unsigned said;
	bool in_room[CLIENTS][ROOMS];
	unsigned expected[CLIENTS][HEARD_MOST];
	size_t expected_count[CLIENTS];
	size_t heard_count[CLIENTS];
	enum command_kind kinds[64];
	size_t kind_count;
};

static struct str
member_of(unsigned client, char out[16])
{
	snprintf(out, 16, "member-%u", client);
	return str_from(out);
}

static struct str
room_of(unsigned room, char out[16])
{
	snprintf(out, 16, "room-%u", room);
	return str_from(out);
}

static struct fixture *
fixture_of(struct command_handler *handler)
{
	return (struct fixture *)((char *)handler -
				  offsetof(struct fixture, handler));
}

static void
leave(struct fixture *f, unsigned client, unsigned room)
{
	char member[16], id[16];

	f->in_room[client][room] = false;
	publisher_leave(hub_publisher(f->hub), member_of(client, member),
	    room_of(room, id));
}

static void
leave_all(struct fixture *f, struct str member)
{
	char id[16];

	for (unsigned i = 0; i < CLIENTS; i++)
		for (unsigned room = 0; room < ROOMS; room++)
			if (f->in_room[i][room] &&
			    str_equal(member_of(i, id), member))
				leave(f, i, room);
}

static enum chat_error
handle(struct command_handler *handler, const struct command *command)
{
	struct fixture *f = fixture_of(handler);
	char id[16];

	ck_assert_uint_lt(f->kind_count, 64);
	f->kinds[f->kind_count++] = command->kind;
	if (command->kind == COMMAND_DISCONNECT)
		leave_all(f, command->author);
	if (command->kind != COMMAND_CONNECT)
		return CHAT_OK;
	return publisher_attach(hub_publisher(f->hub), command->peer,
	    member_of(f->connected++, id));
}

/* No dialect here has stages. */
static bool
is_in_room(struct command_handler *handler, struct str member_id)
{
	(void)handler;
	(void)member_id;
	ck_abort();
}

static const struct command_handler_ops handler_ops = { handle, is_in_room };

static struct fixture *
setup(int sndbuf)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct sessions_config config;

	ck_assert_ptr_nonnull(f);
	f->handler.ops = &handler_ops;
	f->hub = hub_create();
	config = (struct sessions_config){
		.hub = f->hub,
		.handler = &f->handler,
		.limits = &f->rig.limits,
	};
	f->sessions = sessions_create(&config);
	rig_init(&f->rig, sessions_endpoint(f->sessions));
	for (unsigned i = 0; i < CLIENTS; i++) {
		client_connect(&f->clients[i], &f->rig, sndbuf);
		client_open(&f->clients[i], &f->rig, "/ws");
	}
	f->kind_count = 0;
	return f;
}

static void
teardown(struct fixture *f)
{
	rig_fini(&f->rig);
	for (unsigned i = 0; i < CLIENTS; i++)
		client_fini(&f->clients[i]);
	sessions_destroy(f->sessions);
	hub_destroy(f->hub);
	free(f);
}

static void
join(struct fixture *f, unsigned client, unsigned room)
{
	char member[16], id[16];

	f->in_room[client][room] = true;
	ck_assert_int_eq(publisher_enter(hub_publisher(f->hub),
			     member_of(client, member), room_of(room, id)),
	    CHAT_OK);
}

static void
expect(struct fixture *f, unsigned client, unsigned number)
{
	ck_assert_uint_lt(f->expected_count[client], HEARD_MOST);
	f->expected[client][f->expected_count[client]++] = number;
}

/* An event whose text ends with a number, by which it is known again. */
static struct event
numbered(enum event_kind kind, unsigned number, size_t padding, char *body,
    size_t size)
{
	snprintf(body, size, "\"%*s#%u\"", (int)padding, "", number);
	return (struct event){ .kind = kind,
		.member = STR("somebody"),
		.member_id = STR("elsewhere"),
		.body = str_from(body) };
}

static void
say(struct fixture *f, unsigned room, int except, size_t padding)
{
	char body[8192], id[16], member[16];
	unsigned number = ++f->said;
	struct event event =
	    numbered(EVENT_SAID, number, padding, body, sizeof(body));
	struct audience audience = audience_room(room_of(room, id));
	size_t heard = 0;

	event.room = audience.room;
	event.seq = 1;
	if (except >= 0)
		audience.except = member_of((unsigned)except, member);
	for (unsigned i = 0; i < CLIENTS; i++)
		if (f->in_room[i][room] && (int)i != except) {
			expect(f, i, number);
			heard++;
		}
	ck_assert_uint_eq(publisher_publish(hub_publisher(f->hub), &event,
			      audience),
	    heard);
}

static void
tell(struct fixture *f, unsigned client)
{
	char body[64], member[16];
	unsigned number = ++f->said;
	struct event event = numbered(EVENT_DM, number, 0, body, sizeof(body));

	expect(f, client, number);
	ck_assert_uint_eq(publisher_publish(hub_publisher(f->hub), &event,
			      audience_one(member_of(client, member))),
	    1);
}

static unsigned
number_in(const char *data, size_t len)
{
	const char *mark = memrchr(data, '#', len);

	ck_assert_ptr_nonnull(mark);
	return (unsigned)strtoul(mark + 1, NULL, 10);
}

/* What came so far is what was to come, in this order. */
static void
check_heard(struct fixture *f, unsigned client)
{
	uint8_t opcode;
	const char *data;
	size_t len;

	client_receive(&f->clients[client]);
	while (client_take_frame(&f->clients[client], &opcode, &data, &len)) {
		size_t i = f->heard_count[client]++;

		ck_assert_uint_eq(opcode, WS_TEXT);
		ck_assert_uint_lt(i, f->expected_count[client]);
		ck_assert_uint_eq(number_in(data, len), f->expected[client][i]);
	}
}

static void
check_all_heard(struct fixture *f)
{
	for (int round = 0; round < 4096; round++) {
		bool missing = false;

		rig_turn(&f->rig);
		for (unsigned i = 0; i < CLIENTS; i++) {
			check_heard(f, i);
			missing |= f->heard_count[i] < f->expected_count[i];
		}
		if (!missing)
			return;
	}
	ck_abort_msg("something was never heard");
}

START_TEST(a_room_hears_what_is_said_in_it)
{
	struct fixture *f = setup(0);

	join(f, 0, 0);
	join(f, 1, 0);
	join(f, 2, 1);
	say(f, 0, -1, 0);
	say(f, 0, -1, 0);
	check_all_heard(f);
	ck_assert_uint_eq(f->heard_count[0], 2);
	ck_assert_uint_eq(f->heard_count[2], 0);
	teardown(f);
}
END_TEST

START_TEST(counts_what_was_said_and_by_how_many_it_was_heard)
{
	struct fixture *f = setup(0);
	struct server_stats report;

	join(f, 0, 0);
	join(f, 1, 0);
	say(f, 0, -1, 0);
	say(f, 0, 1, 0);
	say(f, 1, -1, 0);
	tell(f, 0);
	check_all_heard(f);
	hub_tell_report(f->hub, &report);
	ck_assert_uint_eq(report.messages, 2);
	ck_assert_uint_eq(report.deliveries, 3);
	teardown(f);
}
END_TEST

START_TEST(two_rooms_and_an_answer_keep_their_order)
{
	struct fixture *f = setup(0);

	join(f, 0, 0);
	join(f, 0, 1);
	join(f, 1, 0);
	say(f, 0, -1, 0);
	tell(f, 0);
	say(f, 1, -1, 0);
	say(f, 0, -1, 0);
	say(f, 1, -1, 0);
	check_all_heard(f);
	teardown(f);
}
END_TEST

START_TEST(who_has_no_word_for_it_did_not_hear_it)
{
	struct fixture *f = setup(0);
	struct publisher *publisher = hub_publisher(f->hub);
	char body[64], member[16];
	struct event event = numbered(EVENT_TYPING, 1, 0, body, sizeof(body));
	struct client silent;

	client_connect(&silent, &f->rig, 0);
	client_open(&silent, &f->rig, "/ws/action");
	event.room = STR("room-0");
	publisher_enter(publisher, member_of(CLIENTS, member), event.room);
	join(f, 0, 0);
	ck_assert_uint_eq(publisher_publish(publisher, &event,
			      audience_room(event.room)),
	    1);
	event.kind = EVENT_DM;
	ck_assert_uint_eq(publisher_publish(publisher, &event,
			      audience_one(str_from(member))),
	    0);
	rig_turn(&f->rig);
	client_receive(&silent);
	ck_assert_uint_eq(silent.len, 0);
	publisher_leave(publisher, str_from(member), event.room);
	teardown(f);
	client_fini(&silent);
}
END_TEST

/* Client 1 hears one room, client 2 two of them, client 0 an answer, too. */
START_TEST(answers_go_out_behind_what_others_hear)
{
	static const unsigned sent[] = { 1, 1, 3, 1, 2 };
	struct fixture *f = setup(0);
	uint8_t opcode;
	const char *data;
	size_t len;

	for (unsigned i = 0; i < 3; i++) {
		join(f, i, 0);
		/* One line for all shows in which order they are served. */
		f->clients[i].conn->fd = f->clients[3].conn->fd;
	}
	join(f, 2, 1);
	say(f, 0, -1, 0);
	tell(f, 0);
	say(f, 1, -1, 0);
	rig_turn(&f->rig);
	client_receive(&f->clients[3]);
	for (size_t i = 0; i < COUNT_OF(sent); i++) {
		ck_assert(client_take_frame(&f->clients[3], &opcode, &data,
		    &len));
		ck_assert_uint_eq(number_in(data, len), sent[i]);
	}
	ck_assert_uint_eq(f->clients[3].len, 0);
	teardown(f);
}
END_TEST

START_TEST(who_is_excepted_hears_the_rest)
{
	struct fixture *f = setup(0);

	join(f, 0, 0);
	join(f, 1, 0);
	say(f, 0, -1, 0);
	say(f, 0, 1, 0);
	say(f, 0, -1, 0);
	check_all_heard(f);
	ck_assert_uint_eq(f->heard_count[0], 3);
	ck_assert_uint_eq(f->heard_count[1], 2);
	teardown(f);
}
END_TEST

START_TEST(who_comes_late_does_not_hear_what_was_said_before)
{
	struct fixture *f = setup(0);

	join(f, 0, 0);
	say(f, 0, -1, 0);
	join(f, 1, 0);
	say(f, 0, -1, 0);
	leave(f, 0, 0);
	say(f, 0, -1, 0);
	check_all_heard(f);
	ck_assert_uint_eq(f->heard_count[0], 2);
	ck_assert_uint_eq(f->heard_count[1], 2);
	teardown(f);
}
END_TEST

/*
 * Random lives, in which some clients hardly read and sockets take little at
 * a time: everybody hears exactly what was published to them, in order.
 */
START_TEST(everybody_hears_everything_in_order)
{
	struct fixture *f = setup(_i % 2 == 0 ? 4608 : 0);
	unsigned seed = (unsigned)_i + 1;

	for (int step = 0; step < 600; step++) {
		unsigned client = (unsigned)rand_r(&seed) % CLIENTS;
		unsigned room = (unsigned)rand_r(&seed) % ROOMS;
		unsigned choice = (unsigned)rand_r(&seed) % 100;

		if (choice < 12) {
			if (!f->in_room[client][room])
				join(f, client, room);
		} else if (choice < 16) {
			if (f->in_room[client][room])
				leave(f, client, room);
		} else if (choice < 30)
			tell(f, client);
		else if (choice < 85)
			say(f, room, choice < 50 ? (int)client : -1,
			    choice > 80 ? 6000 : choice);
		else if (choice < 95)
			rig_turn(&f->rig);
		else if (client % 4 != 0 || step > 500)
			check_heard(f, client);
	}
	check_all_heard(f);
	ck_assert_uint_eq(f->rig.worker.ws.open_count, CLIENTS);
	teardown(f);
}
END_TEST

START_TEST(who_is_detached_sits_nowhere)
{
	struct fixture *f = setup(0);
	char member[16];

	for (unsigned room = 0; room < ROOMS; room++) {
		join(f, 0, room);
		join(f, 1, room);
	}
	say(f, 2, -1, 0);
	publisher_detach(hub_publisher(f->hub), member_of(0, member));
	memset(f->in_room[0], 0, sizeof(f->in_room[0]));
	for (unsigned room = 0; room < ROOMS; room++)
		say(f, room, -1, 0);
	join(f, 0, 0);
	f->in_room[0][0] = false;
	publisher_leave(hub_publisher(f->hub), member_of(0, member), STR("x"));
	say(f, 0, -1, 0);
	check_all_heard(f);
	ck_assert_uint_eq(f->heard_count[0], 1);
	ck_assert_uint_eq(f->heard_count[1], ROOMS + 2);
	teardown(f);
}
END_TEST

START_TEST(a_slow_reader_is_closed_and_never_has_a_hole)
{
	struct fixture *f = setup(4608);
	uint8_t opcode;
	const char *data;
	size_t len;

	f->rig.limits.output_hard = 64 * 1024;
	join(f, 0, 0);
	join(f, 1, 0);
	for (int i = 0; i < 200; i++) {
		say(f, 0, -1, 1000);
		rig_turn(&f->rig);
		check_heard(f, 1);
	}
	ck_assert_uint_eq(f->rig.worker.ws.open_count, CLIENTS - 1);
	ck_assert_int_eq(f->kinds[f->kind_count - 1], COMMAND_DISCONNECT);
	/* It gets what was queued, then goodbye, then the close frame. */
	for (unsigned heard = 0;; heard++) {
		rig_turn(&f->rig);
		client_receive(&f->clients[0]);
		if (!client_take_frame(&f->clients[0], &opcode, &data, &len))
			continue;
		if (memmem(data, len, "\"bye\"", 5) != NULL)
			break;
		ck_assert_uint_eq(number_in(data, len), f->expected[0][heard]);
	}
	rig_turn(&f->rig);
	client_receive(&f->clients[0]);
	ck_assert(client_take_frame(&f->clients[0], &opcode, &data, &len));
	ck_assert_uint_eq(opcode, WS_CLOSE);
	ck_assert_int_eq((uint8_t)data[0] << 8 | (uint8_t)data[1], 4102);
	f->expected_count[0] = f->heard_count[0];
	check_all_heard(f);
	teardown(f);
}
END_TEST

START_TEST(a_hundred_slow_readers_share_their_backlog)
{
	struct fixture *f = setup(4608);

	for (unsigned i = 0; i < CLIENTS; i++)
		join(f, i, 0);
	for (int i = 0; i < 400; i++) {
		say(f, 0, -1, 1000);
		rig_turn(&f->rig);
	}
	/* 400 kB wait for each of 8; they are held about once. */
	ck_assert_uint_lt(f->rig.worker.loop.pool.bytes, 900 * 1000);
	check_all_heard(f);
	hub_tidy(f->hub);
	ck_assert_uint_eq(f->rig.worker.loop.pool.bytes, 0);
	teardown(f);
}
END_TEST

START_TEST(answers_nobody_reads_do_not_take_a_chunk_each)
{
	struct fixture *f = setup(4608);

	for (int i = 0; i < 2000; i++) {
		tell(f, 0);
		rig_turn(&f->rig);
	}
	ck_assert_uint_lt(f->rig.worker.loop.pool.bytes, 400 * 1000);
	check_all_heard(f);
	teardown(f);
}
END_TEST

SUITE(hub)
{
	tcase_add_test(tests, a_room_hears_what_is_said_in_it);
	tcase_add_test(tests,
	    counts_what_was_said_and_by_how_many_it_was_heard);
	tcase_add_test(tests, two_rooms_and_an_answer_keep_their_order);
	tcase_add_test(tests, who_has_no_word_for_it_did_not_hear_it);
	tcase_add_test(tests, answers_go_out_behind_what_others_hear);
	tcase_add_test(tests, who_is_excepted_hears_the_rest);
	tcase_add_test(tests,
	    who_comes_late_does_not_hear_what_was_said_before);
	tcase_add_loop_test(tests, everybody_hears_everything_in_order, 0, 40);
	tcase_add_test(tests, who_is_detached_sits_nowhere);
	tcase_add_test(tests, a_slow_reader_is_closed_and_never_has_a_hole);
	tcase_add_test(tests, a_hundred_slow_readers_share_their_backlog);
	tcase_add_test(tests, answers_nobody_reads_do_not_take_a_chunk_each);
}
