#include "transport/fanout/replay.h"

#include <stdio.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/hub_rig.h"
#include "transport/fanout/hub_internal.h"
#include "transport/net/thread_pool.h"

/* The kernel's buffer and one turn's frames are all that waits for it. */
START_TEST(a_slow_reader_costs_next_to_nothing_and_catches_up)
{
	struct hub_rig *f = hub_rig_create(4608);

	f->rig.limits.output_hard = 64 * 1024;
	for (unsigned i = 0; i < HUB_CLIENTS; i++)
		hub_rig_join(f, i, 0);
	for (int i = 0; i < 1000; i++) {
		hub_rig_post(f, 0, -1, 1000);
		rig_turn(&f->rig);
		hub_rig_check(f, 0);
	}
	ck_assert(!hub_rig_lags(f, 0));
	for (unsigned i = 1; i < HUB_CLIENTS; i++) {
		ck_assert(hub_rig_lags(f, i));
		ck_assert_uint_lt(conn_waiting(f->clients[i].conn), 1200);
	}
	ck_assert_uint_le(f->rig.worker.loop.pool.bytes, 2 * CHUNK_SIZE);
	hub_rig_check_all(f);
	for (unsigned i = 0; i < HUB_CLIENTS; i++)
		ck_assert(!hub_rig_lags(f, i));
	hub_tidy(f->hub);
	ck_assert_uint_eq(f->rig.worker.loop.pool.bytes, 0);
	hub_rig_destroy(f);
}
END_TEST

/* 256 KiB are flushed at once. */
#define FRAMES_OF_A_FLUSH 40

/* The author waits for those that are sent to later. */
START_TEST(a_large_fan_out_goes_on_in_later_turns)
{
	struct hub_rig *f = hub_rig_create(0);
	unsigned sent = 2 * thread_pool_size(f->pool);
	char member[16];

	f->rig.limits.turn_sends = 2;
	for (unsigned i = 0; i < HUB_CLIENTS; i++)
		hub_rig_join(f, i, 0);
	rig_turn(&f->rig);
	for (int i = 0; i < FRAMES_OF_A_FLUSH; i++)
		hub_rig_post(f, 0, -1, 7000);
	ck_assert_uint_eq(hub_rig_lagging(f), HUB_CLIENTS - sent);
	hub_rig_post_by(f, hub_rig_member(f, 0, member), 0, -1, 0);
	ck_assert_uint_eq(hub_rig_lagging(f), HUB_CLIENTS - sent + 1);
	hub_rig_check_all(f);
	ck_assert_uint_eq(hub_rig_lagging(f), 0);
	hub_rig_post_by(f, hub_rig_member(f, 0, member), 0, -1, 0);
	ck_assert_uint_eq(hub_rig_lagging(f), 0);
	hub_rig_check_all(f);
	ck_assert_uint_eq(f->rig.worker.ws.open_count, HUB_CLIENTS);
	hub_rig_destroy(f);
}
END_TEST

START_TEST(readers_at_the_same_place_share_what_is_encoded)
{
	struct hub_rig *f = hub_rig_create(4608);

	for (unsigned i = 0; i < HUB_CLIENTS; i++)
		hub_rig_join(f, i, 0);
	for (int i = 0; i < 100; i++) {
		hub_rig_post(f, 0, -1, 1000);
		rig_turn(&f->rig);
	}
	hub_rig_check_all(f);
	/* Eight messages each; without sharing, eight times as many. */
	ck_assert_uint_lt(f->replays, 50);
	hub_rig_destroy(f);
}
END_TEST

/* Two of them lag in different places: nothing that is encoded is shared. */
static struct hub_rig *
readers_left_behind(void)
{
	struct hub_rig *f = hub_rig_create(4608);

	hub_rig_join(f, 0, 0);
	hub_rig_join(f, 1, 0);
	for (int i = 0; i < 100; i++) {
		hub_rig_post(f, 0, -1, 1000);
		rig_turn(&f->rig);
		if (i < 50)
			hub_rig_check(f, 1);
	}
	ck_assert_uint_eq(hub_rig_lagging(f), 2);
	return f;
}

static void
readers_go_on(struct hub_rig *f)
{
	for (int i = 0; i < 400; i++) {
		rig_turn(&f->rig);
		hub_rig_check(f, 0);
		hub_rig_check(f, 1);
	}
}

START_TEST(a_reader_is_charged_for_what_is_encoded_for_it)
{
	struct hub_rig *f = readers_left_behind();
	size_t received;

	f->rig.limits.bytes = (struct rate_limit){ 10000, 10000 };
	rig_pass(&f->rig, 1000);
	readers_go_on(f);
	received = hub_rig_received(f, 0);
	ck_assert_uint_lt(received, 40);
	ck_assert_uint_lt(hub_rig_received(f, 1), 90);
	/* Only time refills the budget. */
	readers_go_on(f);
	ck_assert_uint_eq(hub_rig_received(f, 0), received);
	for (int i = 0; i < 5; i++) {
		rig_pass(&f->rig, 1000);
		readers_go_on(f);
		ck_assert_uint_gt(hub_rig_received(f, 0), received);
		received = hub_rig_received(f, 0);
		ck_assert_uint_lt(received, 100);
	}
	rig_pass(&f->rig, 10000);
	readers_go_on(f);
	rig_pass(&f->rig, 10000);
	hub_rig_check_all(f);
	ck_assert_uint_eq(hub_rig_lagging(f), 0);
	ck_assert(!conn_is_paused(f->clients[0].conn));
	ck_assert_uint_eq(f->rig.worker.ws.open_count, HUB_CLIENTS);
	hub_rig_destroy(f);
}
END_TEST

START_TEST(what_was_encoded_for_another_reader_is_free)
{
	struct hub_rig *f = hub_rig_create(4608);
	size_t most = 0;

	for (unsigned i = 0; i < HUB_CLIENTS; i++)
		hub_rig_join(f, i, 0);
	for (int i = 0; i < 100; i++) {
		hub_rig_post(f, 0, -1, 1000);
		rig_turn(&f->rig);
	}
	f->rig.limits.bytes = (struct rate_limit){ 10000, 10000 };
	rig_pass(&f->rig, 1000);
	for (int round = 0; round < 400; round++) {
		rig_turn(&f->rig);
		for (unsigned i = 0; i < HUB_CLIENTS; i++)
			hub_rig_check(f, i);
	}
	for (unsigned i = 0; i < HUB_CLIENTS; i++)
		if (hub_rig_received(f, i) > most)
			most = hub_rig_received(f, i);
	/* Alone, it would be less than 40. */
	ck_assert_uint_gt(most, 50);
	hub_rig_destroy(f);
}
END_TEST

/* Without compression this budget is enough for all of it. */
START_TEST(a_reader_is_charged_for_compression)
{
	struct hub_rig *f = hub_rig_create(4608);
	struct session *session = f->sessions_of[0];

	session->variant = encode_variant(session->dialect, 0, _i == 1);
	hub_rig_join(f, 0, 0);
	f->rig.limits.bytes = (struct rate_limit){ 200000, 200000 };
	rig_pass(&f->rig, 1000);
	while (!hub_rig_lags(f, 0)) {
		hub_rig_post(f, 0, -1, 7000);
		rig_turn(&f->rig);
	}
	for (int i = 0; i < 150; i++)
		hub_rig_post(f, 0, -1, 1000);
	for (int round = 0; round < 400; round++) {
		rig_turn(&f->rig);
		client_receive(&f->clients[0]);
	}
	ck_assert(hub_rig_lags(f, 0) == (_i == 1));
	hub_rig_destroy(f);
}
END_TEST

START_TEST(a_reader_that_falls_behind_is_closed_and_never_has_a_hole)
{
	struct hub_rig *f = hub_rig_create(4608);
	char bye[256], wanted[64];

	hub_rig_join(f, 0, 1);
	hub_rig_join(f, 0, 0);
	for (int i = 0; i < 200; i++) {
		hub_rig_post(f, 0, -1, 1000);
		rig_turn(&f->rig);
	}
	f->evicted = 100;
	ck_assert_uint_eq(hub_rig_read_bye(f, 0, bye, sizeof(bye)),
	    WS_CLOSE_SLOW_CONSUMER);
	snprintf(wanted, sizeof(wanted), "\"room\":\"room-0\",\"seq\":%zu}",
	    f->streams[0][0].got + 1);
	ck_assert_msg(strstr(bye, wanted) != NULL, "%s: %s", bye, wanted);
	ck_assert_int_eq(f->kinds[f->kind_count - 1], COMMAND_DISCONNECT);
	ck_assert_uint_eq(f->rig.worker.ws.open_count, HUB_CLIENTS - 1);
	hub_rig_destroy(f);
}
END_TEST

/* Its text has the number behind which it was published. */
static void
publish_event(struct hub_rig *f, enum event_kind kind)
{
	char name[16];
	struct event event = {
		.kind = kind,
		.room = STR("room-0"),
		.member_id = STR("1"),
		.count = 2,
		.seq = kind == EVENT_REDACTED ? 1 : 0,
	};

	snprintf(name, sizeof(name), "after#%u", f->message % 100000);
	event.member = str_from(name);
	publisher_publish(hub_publisher(f->hub), &event,
	    audience_room(event.room));
	rig_turn(&f->rig);
}

struct presence_got {
	unsigned joins;
	unsigned redactions;
	unsigned typing;
	unsigned counts;
	unsigned lists;
};

static bool
bytes_contain(const char *data, size_t len, const char *text)
{
	return memmem(data, len, text, strlen(text)) != NULL;
}

static void
count_event(struct hub_rig *f, unsigned client, const char *data, size_t len,
    struct presence_got *got)
{
	if (bytes_contain(data, len, "\"join\"")) {
		got->joins++;
		ck_assert_uint_eq(hub_rig_number(data, len), f->last[client]);
	} else if (bytes_contain(data, len, "\"redact\"")) {
		got->redactions++;
		ck_assert_uint_eq(hub_rig_number(data, len), f->last[client]);
	} else if (bytes_contain(data, len, "\"typing\"")) {
		got->typing++;
	} else if (bytes_contain(data, len, "\"count\"")) {
		got->counts++;
	} else if (bytes_contain(data, len, "\"list\"")) {
		got->lists++;
		ck_assert(hub_rig_has_all(f, client));
	} else
		hub_rig_check_number(f, client, hub_rig_number(data, len));
}

/* Reads all events of a client; joins come where they were published. */
static struct presence_got
read_events(struct hub_rig *f, unsigned client)
{
	struct presence_got got = { 0 };
	uint8_t opcode;
	const char *data;
	size_t len;

	for (int round = 0; round < 400; round++) {
		rig_turn(&f->rig);
		client_receive(&f->clients[client]);
		while (client_take_frame(&f->clients[client], &opcode, &data,
		    &len))
			count_event(f, client, data, len, &got);
	}
	ck_assert(hub_rig_has_all(f, client));
	ck_assert(!hub_rig_lags(f, client));
	return got;
}

START_TEST(a_slow_reader_gets_presence_between_the_messages)
{
	struct hub_rig *f = hub_rig_create(4608);
	struct presence_got got;

	hub_rig_join(f, 0, 0);
	for (int i = 0; i < 20; i++) {
		publish_event(f, EVENT_ENTERED);
		publish_event(f, EVENT_TYPING);
		hub_rig_post(f, 0, -1, 1000);
		publish_event(f, EVENT_COUNT);
		hub_rig_post(f, 0, -1, 100);
	}
	ck_assert(hub_rig_lags(f, 0));
	got = read_events(f, 0);
	ck_assert_uint_eq(got.joins, 20);
	ck_assert_uint_eq(got.counts, 20);
	ck_assert_uint_lt(got.typing, 20);
	ck_assert_uint_eq(got.lists, 0);
	hub_rig_destroy(f);
}
END_TEST

START_TEST(a_slow_reader_gets_changes_between_the_messages)
{
	struct hub_rig *f = hub_rig_create(4608);
	struct presence_got got;

	hub_rig_join(f, 0, 0);
	for (int i = 0; i < 20; i++) {
		hub_rig_post(f, 0, -1, 1000);
		publish_event(f, EVENT_REDACTED);
		publish_event(f, EVENT_ENTERED);
	}
	ck_assert(hub_rig_lags(f, 0));
	got = read_events(f, 0);
	ck_assert_uint_eq(got.redactions, 20);
	ck_assert_uint_eq(got.joins, 20);
	hub_rig_destroy(f);
}
END_TEST

/* Too much presence came behind the change; with messages, and without. */
START_TEST(a_slow_reader_that_would_miss_a_change_is_closed)
{
	struct hub_rig *f = hub_rig_create(4608);
	char bye[256], wanted[64];

	hub_rig_join(f, 0, 0);
	while (!hub_rig_lags(f, 0)) {
		if (_i == 0)
			hub_rig_post(f, 0, -1, 1000);
		publish_event(f, EVENT_ENTERED);
	}
	publish_event(f, EVENT_REDACTED);
	for (int i = 0; i < 300; i++)
		publish_event(f, EVENT_ENTERED);
	ck_assert_uint_eq(hub_rig_read_bye(f, 0, bye, sizeof(bye)),
	    WS_CLOSE_SLOW_CONSUMER);
	snprintf(wanted, sizeof(wanted), "\"room\":\"room-0\",\"seq\":");
	ck_assert_msg(strstr(bye, wanted) != NULL, "%s: %s", bye, wanted);
	hub_rig_destroy(f);
}
END_TEST

static bool
has_encoded_pieces(const struct hub_rig *f)
{
	for (size_t i = 0; i < REPLAY_PIECES; i++)
		if (f->hub->replays.pieces[i].chunk != NULL)
			return true;
	return false;
}

/* Messages that were encoded for one reader are encoded again for the next. */
START_TEST(a_change_is_not_hidden_by_what_was_encoded)
{
	struct hub_rig *f = hub_rig_create(4608);

	hub_rig_join(f, 0, 0);
	while (!hub_rig_lags(f, 0))
		hub_rig_post(f, 0, -1, 1000);
	for (int i = 0; i < 10; i++)
		hub_rig_post(f, 0, -1, 1000);
	read_events(f, 0);
	ck_assert(has_encoded_pieces(f));
	publish_event(f, EVENT_ENTERED);
	ck_assert(has_encoded_pieces(f));
	publish_event(f, EVENT_REDACTED);
	ck_assert(!has_encoded_pieces(f));
	hub_rig_destroy(f);
}
END_TEST

/* With messages in between, and without. */
START_TEST(a_very_slow_reader_gets_presence_as_it_is_in_the_end)
{
	struct hub_rig *f = hub_rig_create(4608);
	struct presence_got got;

	hub_rig_join(f, 0, 0);
	for (int i = 0; i < 300; i++) {
		if (_i == 0)
			hub_rig_post(f, 0, -1, 6000);
		publish_event(f, EVENT_ENTERED);
	}
	ck_assert(hub_rig_lags(f, 0));
	got = read_events(f, 0);
	ck_assert_uint_lt(got.joins, 250);
	ck_assert_uint_eq(got.lists, 1);
	publish_event(f, EVENT_ENTERED);
	got = read_events(f, 0);
	ck_assert_uint_eq(got.joins, 1);
	ck_assert_uint_eq(got.lists, 0);
	hub_rig_destroy(f);
}
END_TEST

/* The lobby, where the frames themselves are kept. */
static void
join_lobby(struct hub_rig *f, unsigned client)
{
	char member[16];

	ck_assert_int_eq(publisher_enter(hub_publisher(f->hub),
			     hub_rig_member(f, client, member), 0, STR_ABSENT),
	    CHAT_OK);
}

static void
lobby_publish(struct hub_rig *f, unsigned clients, int except, size_t padding)
{
	char body[8192], member[16];
	unsigned number = ++f->message;
	struct event event =
	    hub_rig_event(EVENT_MESSAGE, number, padding, body, sizeof(body));
	struct audience audience = audience_lobby();

	if (except >= 0)
		hub_rig_except(f, (unsigned)except, &event, &audience, member);
	for (unsigned i = 0; i < clients; i++)
		if ((int)i != except)
			hub_rig_expect(f, i, 0, number);
	publisher_publish(hub_publisher(f->hub), &event, audience);
}

START_TEST(a_slow_reader_catches_up_in_the_lobby)
{
	struct hub_rig *f = hub_rig_create(4608);

	for (unsigned i = 0; i < 3; i++)
		join_lobby(f, i);
	for (int i = 0; i < 300; i++) {
		lobby_publish(f, 3, i % 5 == 0 ? 1 : -1, 1000);
		rig_turn(&f->rig);
		hub_rig_check(f, 2);
	}
	ck_assert(hub_rig_lags(f, 0));
	ck_assert(!hub_rig_lags(f, 2));
	/* Both lag: what is kept for them is kept once. */
	ck_assert_uint_lt(f->rig.worker.loop.pool.bytes, 400 * 1000);
	hub_rig_check_all(f);
	ck_assert(!hub_rig_lags(f, 0));
	hub_tidy(f->hub);
	ck_assert_uint_eq(f->rig.worker.loop.pool.bytes, 0);
	hub_rig_destroy(f);
}
END_TEST

START_TEST(a_reader_that_falls_behind_in_the_lobby_is_closed)
{
	struct hub_rig *f = hub_rig_create(4608);
	char bye[256] = "";

	f->rig.limits.lobby_bytes = 128 * 1024;
	join_lobby(f, 0);
	for (int i = 0; i < 300; i++) {
		lobby_publish(f, 1, -1, 1000);
		rig_turn(&f->rig);
	}
	ck_assert_uint_lt(f->rig.worker.loop.pool.bytes, 200 * 1000);
	ck_assert_uint_eq(hub_rig_read_bye(f, 0, bye, sizeof(bye)),
	    WS_CLOSE_SLOW_CONSUMER);
	ck_assert_ptr_nonnull(strstr(bye, "slow_consumer"));
	ck_assert_ptr_null(strstr(bye, "room"));
	hub_rig_destroy(f);
}
END_TEST

START_TEST(a_large_fan_out_to_the_lobby_waits_in_its_ring)
{
	struct hub_rig *f = hub_rig_create(0);
	unsigned sent = 2 * thread_pool_size(f->pool);

	f->rig.limits.turn_sends = 2;
	f->rig.limits.lobby_bytes = 1 << 20;
	for (unsigned i = 0; i < HUB_CLIENTS; i++)
		join_lobby(f, i);
	rig_turn(&f->rig);
	for (int i = 0; i < FRAMES_OF_A_FLUSH; i++)
		lobby_publish(f, HUB_CLIENTS, -1, 7000);
	ck_assert_uint_eq(hub_rig_lagging(f), HUB_CLIENTS - sent);
	hub_rig_check_all(f);
	ck_assert_uint_eq(hub_rig_lagging(f), 0);
	ck_assert_uint_eq(f->rig.worker.ws.open_count, HUB_CLIENTS);
	hub_rig_destroy(f);
}
END_TEST

/* The first one of a rest; the others have memory. */
START_TEST(without_memory_for_its_lag_a_reader_is_ended)
{
	struct hub_rig *f;
	const struct copy_totals *copies;
	unsigned ended = 0;

	if (!malloc_can_fail())
		return;
	f = hub_rig_create(0);
	copies = &f->hub->batch.copies;
	for (unsigned i = 0; i < HUB_CLIENTS; i++)
		hub_rig_join(f, i, 0);
	hub_rig_post(f, 0, -1, 0);
	rig_turn(&f->rig);
	f->rig.limits.turn_sends = 2;
	hub_rig_post(f, 0, -1, 0);
	hub_flush(f->hub);
	hub_rig_post(f, 0, -1, 0);
	malloc_fail_at(1);
	hub_flush(f->hub);
	ck_assert(malloc_has_failed());
	malloc_fail_at(0);
	for (unsigned i = 0; i < HUB_CLIENTS; i++)
		ended += f->clients[i].conn->output_closed;
	ck_assert_uint_eq(ended, 1);
	for (int i = 0; i < HUB_CLIENTS; i++)
		rig_turn(&f->rig);
	ck_assert_uint_eq(copies->waiting, 0);
	ck_assert_uint_eq(copies->aborted, 2);
	ck_assert_uint_eq(copies->delivered, 3 * HUB_CLIENTS - 2);
	hub_rig_destroy(f);
}
END_TEST

static void
replay_tests_add(TCase *tests)
{
	tcase_add_test(tests,
	    a_slow_reader_costs_next_to_nothing_and_catches_up);
	tcase_add_test(tests, a_large_fan_out_goes_on_in_later_turns);
	tcase_add_test(tests, a_large_fan_out_to_the_lobby_waits_in_its_ring);
	tcase_add_test(tests, readers_at_the_same_place_share_what_is_encoded);
	tcase_add_test(tests, a_reader_is_charged_for_what_is_encoded_for_it);
	tcase_add_test(tests, what_was_encoded_for_another_reader_is_free);
	tcase_add_loop_test(tests, a_reader_is_charged_for_compression, 0, 2);
	tcase_add_test(tests,
	    a_reader_that_falls_behind_is_closed_and_never_has_a_hole);
	tcase_add_test(tests, a_slow_reader_gets_presence_between_the_messages);
	tcase_add_test(tests, a_slow_reader_gets_changes_between_the_messages);
	tcase_add_loop_test(tests,
	    a_slow_reader_that_would_miss_a_change_is_closed, 0, 2);
	tcase_add_test(tests, a_change_is_not_hidden_by_what_was_encoded);
	tcase_add_loop_test(tests,
	    a_very_slow_reader_gets_presence_as_it_is_in_the_end, 0, 2);
	tcase_add_test(tests, a_slow_reader_catches_up_in_the_lobby);
	tcase_add_test(tests,
	    a_reader_that_falls_behind_in_the_lobby_is_closed);
}

SUITE(replay)
{
	replay_tests_add(tests);
	tcase_add_test(tests, without_memory_for_its_lag_a_reader_is_ended);
}

/* The same, with slices of channels that several threads send to. */
SUITE(replay_threads)
{
	tcase_add_checked_fixture(tests, hub_rig_begin_threads,
	    hub_rig_end_threads);
	replay_tests_add(tests);
}
