#include "transport/fanout/hub.h"

#include <stdio.h>
#include <string.h>

#include "domain/server_stats.h"
#include "tests/suite.h"
#include "tests/support/transport/hub_rig.h"

/* The same of a client that never lagged: over all rooms, too. */
static void
check_in_order(struct hub_rig *f, unsigned client)
{
	uint8_t opcode;
	const char *data;
	size_t len;

	client_receive(&f->clients[client]);
	while (client_take_frame(&f->clients[client], &opcode, &data, &len)) {
		unsigned last = f->last[client];

		hub_rig_check_number(f, client, hub_rig_number(data, len));
		ck_assert_uint_lt(last, f->last[client]);
	}
}

START_TEST(a_room_gets_its_messages)
{
	struct hub_rig *f = hub_rig_create(0);

	hub_rig_join(f, 0, 0);
	hub_rig_join(f, 1, 0);
	hub_rig_join(f, 2, 1);
	hub_rig_post(f, 0, -1, 0);
	hub_rig_post(f, 0, -1, 0);
	hub_rig_check_all(f);
	ck_assert_uint_eq(hub_rig_received(f, 0), 2);
	ck_assert_uint_eq(hub_rig_received(f, 2), 0);
	hub_rig_destroy(f);
}
END_TEST

START_TEST(counts_messages_and_deliveries)
{
	struct hub_rig *f = hub_rig_create(0);
	struct server_stats report;

	hub_rig_join(f, 0, 0);
	hub_rig_join(f, 1, 0);
	hub_rig_post(f, 0, -1, 0);
	hub_rig_post(f, 0, 1, 0);
	hub_rig_post(f, 1, -1, 0);
	hub_rig_send(f, 0);
	hub_rig_check_all(f);
	hub_stats(f->hub, &report);
	ck_assert_uint_eq(report.messages, 2);
	ck_assert_uint_eq(report.deliveries, 3);
	hub_rig_destroy(f);
}
END_TEST

START_TEST(two_rooms_and_an_answer_keep_their_order)
{
	struct hub_rig *f = hub_rig_create(0);

	hub_rig_join(f, 0, 0);
	hub_rig_join(f, 0, 1);
	hub_rig_join(f, 1, 0);
	hub_rig_post(f, 0, -1, 0);
	hub_rig_send(f, 0);
	hub_rig_post(f, 1, -1, 0);
	hub_rig_post(f, 0, -1, 0);
	hub_rig_post(f, 1, -1, 0);
	hub_rig_check_all(f);
	hub_rig_destroy(f);
}
END_TEST

START_TEST(a_silent_dialect_does_not_count_as_a_receiver)
{
	struct hub_rig *f = hub_rig_create(0);
	struct publisher *publisher = hub_publisher(f->hub);
	char body[64], member[16];
	struct event event =
	    hub_rig_event(EVENT_TYPING, 1, 0, body, sizeof(body));
	struct client silent;

	client_connect(&silent, &f->rig, 0);
	client_open(&silent, &f->rig, "/ws/action");
	event.room = STR("room-0");
	publisher_enter(publisher, hub_rig_member(f, HUB_CLIENTS, member), 0,
	    event.room);
	hub_rig_join(f, 0, 0);
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
	hub_rig_destroy(f);
	client_fini(&silent);
}
END_TEST

/*
 * Client 1 is in one room, client 2 in two of them, client 0 gets an answer,
 * too.
 */
START_TEST(answers_are_sent_behind_the_events_of_others)
{
	static const unsigned sent[] = { 1, 1, 3, 1, 2 };
	struct hub_rig *f = hub_rig_create(0);
	uint8_t opcode;
	const char *data;
	size_t len;

	for (unsigned i = 0; i < 3; i++) {
		hub_rig_join(f, i, 0);
		/* One line for all shows in which order they are served. */
		f->clients[i].conn->fd = f->clients[3].conn->fd;
	}
	hub_rig_join(f, 2, 1);
	hub_rig_post(f, 0, -1, 0);
	hub_rig_send(f, 0);
	hub_rig_post(f, 1, -1, 0);
	rig_turn(&f->rig);
	client_receive(&f->clients[3]);
	for (size_t i = 0; i < COUNT_OF(sent); i++) {
		ck_assert(client_take_frame(&f->clients[3], &opcode, &data,
		    &len));
		ck_assert_uint_eq(hub_rig_number(data, len), sent[i]);
	}
	ck_assert_uint_eq(f->clients[3].len, 0);
	hub_rig_destroy(f);
}
END_TEST

START_TEST(an_excepted_session_gets_the_rest)
{
	struct hub_rig *f = hub_rig_create(0);

	hub_rig_join(f, 0, 0);
	hub_rig_join(f, 1, 0);
	hub_rig_post(f, 0, -1, 0);
	hub_rig_post(f, 0, 1, 0);
	hub_rig_post(f, 0, -1, 0);
	hub_rig_check_all(f);
	ck_assert_uint_eq(hub_rig_received(f, 0), 3);
	ck_assert_uint_eq(hub_rig_received(f, 1), 2);
	hub_rig_destroy(f);
}
END_TEST

START_TEST(a_new_session_gets_no_earlier_events)
{
	struct hub_rig *f = hub_rig_create(0);

	hub_rig_join(f, 0, 0);
	hub_rig_post(f, 0, -1, 0);
	hub_rig_join(f, 1, 0);
	hub_rig_post(f, 0, -1, 0);
	hub_rig_leave(f, 0, 0);
	hub_rig_post(f, 0, -1, 0);
	hub_rig_check_all(f);
	ck_assert_uint_eq(hub_rig_received(f, 0), 2);
	ck_assert_uint_eq(hub_rig_received(f, 1), 2);
	hub_rig_destroy(f);
}
END_TEST

START_TEST(a_connection_of_a_member_gets_what_the_others_get)
{
	struct hub_rig *f = hub_rig_create_shared(0, 2);
	struct publisher *publisher = hub_publisher(f->hub);
	char member[16];

	hub_rig_detach(f, 1);
	hub_rig_join(f, 0, 0);
	hub_rig_post(f, 0, -1, 0);
	hub_rig_attach(f, 1);
	hub_rig_join(f, 2, 0);
	hub_rig_post(f, 0, -1, 0);
	hub_rig_post(f, 0, 0, 0);
	hub_rig_send(f, 1);
	hub_rig_answer(f, 0);
	hub_rig_detach(f, 0);
	hub_rig_post(f, 0, -1, 0);
	hub_rig_leave(f, 1, 0);
	hub_rig_post(f, 0, -1, 0);
	hub_rig_send(f, 0);
	hub_rig_answer(f, 0);
	hub_rig_check_all(f);
	ck_assert_uint_eq(hub_rig_received(f, 0), 4);
	ck_assert_uint_eq(hub_rig_received(f, 1), 5);
	publisher_detach(publisher, hub_rig_member(f, 0, member),
	    f->sessions_of[1]->connection);
	ck_assert_uint_eq(publisher_publish(publisher,
			      &(struct event){ .kind = EVENT_DM },
			      audience_one(str_from(member))),
	    0);
	hub_rig_destroy(f);
}
END_TEST

START_TEST(the_other_connections_of_a_member_can_be_meant)
{
	struct hub_rig *f = hub_rig_create_shared(0, 3);
	char body[64], member[16];
	unsigned number = ++f->message;
	struct event event =
	    hub_rig_event(EVENT_DM, number, 0, body, sizeof(body));

	event.member_id = hub_rig_member(f, 0, member);
	event.connection = f->sessions_of[1]->connection;
	hub_rig_expect(f, 0, HUB_DIRECT, number);
	hub_rig_expect(f, 2, HUB_DIRECT, number);
	ck_assert_uint_eq(publisher_publish(hub_publisher(f->hub), &event,
			      audience_own_others(event.member_id)),
	    2);
	hub_rig_check_all(f);
	ck_assert_uint_eq(hub_rig_received(f, 1), 0);
	hub_rig_destroy(f);
}
END_TEST

/*
 * Random runs: some clients hardly read, sockets take little at a time, and
 * members have one, two or four connections, which begin and end. Every client
 * gets exactly the events for it, in order in each room; a client that never
 * lags, in order over all rooms. (No message of a room is for all but one in a
 * chat: a replay has no exceptions.)
 */
static void
run_randomly(int sndbuf, bool is_divided, unsigned number)
{
	struct hub_rig *f = hub_rig_create_shared(sndbuf, 1u << number / 2 % 3);
	unsigned seed = number + 1;
	bool in_order = sndbuf == 0 && !is_divided;
	bool lagged = false;

	f->rig.limits.turn_sends = is_divided ? 3 : 0;
	for (int step = 0; step < 800; step++) {
		unsigned client = (unsigned)rand_r(&seed) % HUB_CLIENTS;
		unsigned room = (unsigned)rand_r(&seed) % HUB_ROOMS;
		unsigned choice = (unsigned)rand_r(&seed) % 100;

		if (choice < 12) {
			if (!hub_rig_is_in_room(f, client, room))
				hub_rig_join(f, client, room);
		} else if (choice < 16) {
			if (hub_rig_is_in_room(f, client, room))
				hub_rig_leave(f, client, room);
		} else if (choice < 19 && f->per_member > 1) {
			if (hub_rig_is_attached(f, client))
				hub_rig_detach(f, client);
			else
				hub_rig_attach(f, client);
		} else if (choice < 25)
			hub_rig_answer(f, client);
		else if (choice < 30)
			hub_rig_send(f, client);
		else if (choice < 85)
			hub_rig_post(f, room,
			    in_order && choice < 50 ? (int)client : -1,
			    choice > 80 ? 6000 : choice);
		else if (choice < 95)
			rig_turn(&f->rig);
		else if (in_order)
			for (unsigned i = 0; i < HUB_CLIENTS; i++)
				check_in_order(f, i);
		else if (client % 4 != 0 || step > 500)
			hub_rig_check(f, client);
		lagged |= hub_rig_lags(f, client);
	}
	hub_rig_check_all(f);
	ck_assert_uint_eq(f->rig.worker.ws.open_count, HUB_CLIENTS);
	ck_assert(lagged ? !in_order : sndbuf == 0);
	hub_rig_destroy(f);
}

START_TEST(every_client_gets_everything_in_order)
{
	run_randomly(_i % 2 == 0 ? 4608 : 0, _i % 4 == 2, (unsigned)_i);
}
END_TEST

START_TEST(every_client_gets_all_of_large_rooms_in_order)
{
	run_randomly(0, true, (unsigned)_i);
}
END_TEST

START_TEST(a_detached_session_has_no_subscriptions)
{
	struct hub_rig *f = hub_rig_create(0);
	char member[16];

	for (unsigned room = 0; room < HUB_ROOMS; room++) {
		hub_rig_join(f, 0, room);
		hub_rig_join(f, 1, room);
	}
	hub_rig_post(f, 2, -1, 0);
	publisher_detach(hub_publisher(f->hub), hub_rig_member(f, 0, member),
	    0);
	memset(f->in_room[0], 0, sizeof(f->in_room[0]));
	for (unsigned room = 0; room < HUB_ROOMS; room++)
		hub_rig_post(f, room, -1, 0);
	hub_rig_join(f, 0, 0);
	f->in_room[0][0] = false;
	publisher_leave(hub_publisher(f->hub), hub_rig_member(f, 0, member),
	    STR("x"));
	hub_rig_post(f, 0, -1, 0);
	hub_rig_check_all(f);
	ck_assert_uint_eq(hub_rig_received(f, 0), 1);
	ck_assert_uint_eq(hub_rig_received(f, 1), HUB_ROOMS + 2);
	hub_rig_destroy(f);
}
END_TEST

/* Events for it alone wait, up to a limit. */
START_TEST(a_reader_is_congested_while_much_waits_for_it)
{
	struct hub_rig *f = hub_rig_create(4608);
	struct publisher *publisher = hub_publisher(f->hub);
	char member[16];
	unsigned sent = 0;

	f->rig.limits.output_hard = 32 * 1024;
	while (!publisher_is_congested(publisher,
	    hub_rig_member(f, 0, member))) {
		hub_rig_send(f, 0);
		if (++sent % 10 == 0)
			rig_turn(&f->rig);
		ck_assert_uint_lt(sent, 1000);
	}
	ck_assert(!publisher_is_congested(publisher,
	    hub_rig_member(f, 1, member)));
	ck_assert(!publisher_is_congested(publisher, STR("unknown")));
	hub_rig_check_all(f);
	ck_assert(!publisher_is_congested(publisher,
	    hub_rig_member(f, 0, member)));
	ck_assert_uint_eq(f->rig.worker.ws.open_count, HUB_CLIENTS);
	hub_rig_destroy(f);
}
END_TEST

/*
 * A member gets its events on its other connections: a stalled connection is
 * ended.
 */
START_TEST(a_connection_that_does_not_read_does_not_stop_those_that_do)
{
	struct hub_rig *f = hub_rig_create_shared(4608, 2);
	struct publisher *publisher = hub_publisher(f->hub);
	char bye[256] = "", member[16];
	size_t reached = 2;

	f->rig.limits.output_hard = 32 * 1024;
	while (reached == 2) {
		char body[64];
		struct event event = hub_rig_event(EVENT_DM, ++f->message, 0,
		    body, sizeof(body));
		struct audience audience =
		    audience_one(hub_rig_member(f, 0, member));

		ck_assert(!publisher_is_congested(publisher,
		    audience.member_id));
		hub_rig_expect(f, 0, HUB_DIRECT, f->message);
		hub_rig_expect(f, 1, HUB_DIRECT, f->message);
		reached = publisher_publish(publisher, &event, audience);
		rig_turn(&f->rig);
		hub_rig_check(f, 0);
		ck_assert_uint_lt(f->message, 2000);
	}
	ck_assert_uint_eq(reached, 1);
	ck_assert(hub_rig_has_all(f, 0));
	ck_assert_uint_eq(hub_rig_read_bye(f, 1, bye, sizeof(bye)),
	    WS_CLOSE_SLOW_CONSUMER);
	ck_assert_uint_eq(f->rig.worker.ws.open_count, HUB_CLIENTS - 1);
	hub_rig_destroy(f);
}
END_TEST

START_TEST(unread_answers_share_chunks)
{
	struct hub_rig *f = hub_rig_create(4608);

	for (int i = 0; i < 2000; i++) {
		hub_rig_send(f, 0);
		rig_turn(&f->rig);
	}
	ck_assert_uint_lt(f->rig.worker.loop.pool.bytes, 400 * 1000);
	hub_rig_check_all(f);
	hub_rig_destroy(f);
}
END_TEST

static void
hub_tests_add(TCase *tests)
{
	tcase_add_test(tests, a_room_gets_its_messages);
	tcase_add_test(tests, counts_messages_and_deliveries);
	tcase_add_test(tests, two_rooms_and_an_answer_keep_their_order);
	tcase_add_test(tests, a_silent_dialect_does_not_count_as_a_receiver);
	tcase_add_test(tests, answers_are_sent_behind_the_events_of_others);
	tcase_add_test(tests, an_excepted_session_gets_the_rest);
	tcase_add_test(tests, a_new_session_gets_no_earlier_events);
	tcase_add_loop_test(tests, every_client_gets_everything_in_order, 0,
	    40);
	tcase_add_loop_test(tests,
	    every_client_gets_all_of_large_rooms_in_order, 0, 10);
	tcase_add_test(tests, a_detached_session_has_no_subscriptions);
	tcase_add_test(tests,
	    a_connection_of_a_member_gets_what_the_others_get);
	tcase_add_test(tests, the_other_connections_of_a_member_can_be_meant);
	tcase_add_test(tests,
	    a_connection_that_does_not_read_does_not_stop_those_that_do);
	tcase_add_test(tests, a_reader_is_congested_while_much_waits_for_it);
	tcase_add_test(tests, unread_answers_share_chunks);
}

SUITE(hub)
{
	hub_tests_add(tests);
}

static uint64_t
worker_writes(const struct hub_rig *f)
{
	static struct server_stats report;
	uint64_t writes = 0;

	hub_stats(f->hub, &report);
	for (size_t i = 0; i < report.worker_count; i++)
		writes += report.workers[i].writes;
	return writes;
}

/* All clients are sent two rooms at once, then two of them answers, too. */
START_TEST(threads_send_to_sessions_individually)
{
	struct hub_rig *f = hub_rig_create(0);
	uint64_t before;

	for (unsigned i = 0; i < HUB_CLIENTS; i++) {
		hub_rig_join(f, i, 0);
		hub_rig_join(f, i, 1);
	}
	hub_rig_check_all(f);
	before = worker_writes(f);
	hub_rig_post(f, 0, -1, 0);
	hub_rig_post(f, 1, -1, 0);
	hub_rig_check_all(f);
	ck_assert_uint_eq(worker_writes(f), before + HUB_CLIENTS);
	hub_rig_post(f, 0, -1, 0);
	hub_rig_send(f, 0);
	hub_rig_send(f, 1);
	hub_rig_check_all(f);
	ck_assert_uint_eq(worker_writes(f), before + 2 * HUB_CLIENTS);
	hub_rig_destroy(f);
}
END_TEST

/* The same, with slices that several threads send to. */
SUITE(hub_threads)
{
	tcase_add_checked_fixture(tests, hub_rig_begin_threads,
	    hub_rig_end_threads);
	hub_tests_add(tests);
	tcase_add_test(tests, threads_send_to_sessions_individually);
}
