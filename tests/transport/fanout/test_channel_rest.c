#include "transport/fanout/channel_rest.h"

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/hub_rig.h"
#include "transport/fanout/hub_internal.h"
#include "transport/net/conn.h"
#include "transport/net/thread_pool.h"

/* All clients but the last ones are in the room 0. */
static struct hub_rig *
large_room_create(unsigned outside)
{
	struct hub_rig *f = hub_rig_create(0);

	f->rig.limits.turn_sends = 2;
	for (unsigned i = 0; i + outside < HUB_CLIENTS; i++)
		hub_rig_join(f, i, 0);
	rig_turn(&f->rig);
	return f;
}

/* So many are sent to in one turn. */
static unsigned
turn_sends(const struct hub_rig *f)
{
	return 2 * thread_pool_size(f->pool);
}

static void
post_in_turn(struct hub_rig *f)
{
	hub_rig_post(f, 0, -1, 0);
	hub_flush(f->hub);
}

/* Each client gets everything, and all copies are accounted for. */
static void
large_room_end(struct hub_rig *f)
{
	const struct copy_totals *copies = &f->hub->batch.copies;

	hub_rig_check_all(f);
	ck_assert_uint_eq(hub_rig_lagging(f), 0);
	ck_assert(list_is_empty(&f->hub->batch.rests));
	ck_assert_uint_eq(copies->waiting, 0);
	ck_assert_uint_eq(copies->accepted,
	    copies->delivered + copies->aborted + copies->skipped);
	ck_assert_uint_eq(f->rig.worker.ws.open_count, HUB_CLIENTS);
	hub_tidy(f->hub);
	ck_assert_uint_eq(f->rig.worker.loop.pool.bytes, 0);
	hub_rig_destroy(f);
}

START_TEST(the_rest_is_sent_the_same_in_later_turns)
{
	struct hub_rig *f = large_room_create(0);
	unsigned left = HUB_CLIENTS - turn_sends(f);

	post_in_turn(f);
	while (left > 0) {
		ck_assert_uint_eq(hub_rig_lagging(f), left);
		ck_assert_uint_gt(hub_pending(f->hub).sends, 0);
		ck_assert_uint_eq(f->hub->batch.copies.waiting, left);
		hub_flush(f->hub);
		left = left > turn_sends(f) ? left - turn_sends(f) : 0;
	}
	ck_assert_uint_eq(f->hub->batch.lags.used, 0);
	ck_assert_uint_eq(f->replays, 0);
	large_room_end(f);
}
END_TEST

START_TEST(the_rest_lags_when_more_is_published)
{
	struct hub_rig *f = large_room_create(0);

	post_in_turn(f);
	ck_assert(!list_is_empty(&f->hub->batch.rests));
	post_in_turn(f);
	ck_assert(list_is_empty(&f->hub->batch.rests));
	ck_assert_uint_gt(f->replays, 0);
	post_in_turn(f);
	large_room_end(f);
}
END_TEST

/* Of those that were sent to, or of the rest. */
START_TEST(a_subscriber_may_leave_meanwhile)
{
	struct hub_rig *f = large_room_create(0);

	post_in_turn(f);
	hub_rig_leave(f, (unsigned)_i, 0);
	ck_assert(list_is_empty(&f->hub->batch.rests));
	large_room_end(f);
}
END_TEST

START_TEST(a_new_subscriber_gets_nothing_of_it)
{
	struct hub_rig *f = large_room_create(1);

	post_in_turn(f);
	hub_rig_join(f, HUB_CLIENTS - 1, 0);
	ck_assert(!list_is_empty(&f->hub->batch.rests));
	hub_flush(f->hub);
	hub_rig_leave(f, HUB_CLIENTS - 1, 0);
	large_room_end(f);
}
END_TEST

/* Some are sent to individually in the first turn. */
START_TEST(each_subscriber_is_sent_to_once)
{
	struct hub_rig *f = large_room_create(0);

	hub_rig_answer(f, HUB_CLIENTS - 1);
	hub_rig_answer(f, 0);
	hub_rig_answer(f, HUB_CLIENTS - 3);
	post_in_turn(f);
	ck_assert_uint_eq(f->hub->batch.lags.used, 0);
	large_room_end(f);
}
END_TEST

START_TEST(an_answer_does_not_wait_for_the_rest)
{
	struct hub_rig *f = large_room_create(0);

	post_in_turn(f);
	hub_rig_answer(f, HUB_CLIENTS - 1);
	hub_flush(f->hub);
	hub_rig_check(f, HUB_CLIENTS - 1);
	ck_assert_uint_gt(hub_rig_received(f, HUB_CLIENTS - 1), 0);
	large_room_end(f);
}
END_TEST

/* Else it would be faster than its readers. */
START_TEST(the_author_waits_for_the_rest)
{
	struct hub_rig *f = large_room_create(0);
	const struct conn *author = f->clients[0].conn;
	char member[16];

	hub_rig_post_by(f, hub_rig_member(f, 0, member), 0, -1, 0);
	hub_flush(f->hub);
	ck_assert(conn_is_paused(author));
	while (hub_rig_lagging(f) > 0) {
		ck_assert(conn_is_paused(author));
		hub_flush(f->hub);
	}
	hub_flush(f->hub);
	ck_assert(!conn_is_paused(author));
	large_room_end(f);
}
END_TEST

/* The author waits only when the turn has ended. */
START_TEST(messages_of_one_turn_have_one_rest)
{
	struct hub_rig *f = large_room_create(0);
	const struct conn *author = f->clients[0].conn;
	char member[16];

	for (int i = 0; i < 3; i++) {
		ck_assert(!conn_is_paused(author));
		hub_rig_post_by(f, hub_rig_member(f, 0, member), 0, -1, 0);
	}
	hub_flush(f->hub);
	ck_assert(conn_is_paused(author));
	ck_assert_uint_eq(f->hub->batch.copies.waiting,
	    3 * (HUB_CLIENTS - turn_sends(f)));
	while (hub_rig_lagging(f) > 0)
		hub_flush(f->hub);
	ck_assert_uint_eq(f->replays, 0);
	hub_flush(f->hub);
	ck_assert(!conn_is_paused(author));
	large_room_end(f);
}
END_TEST

START_TEST(another_process_goes_on_with_sessions_that_lag)
{
	struct hub_rig *f = large_room_create(0);
	unsigned left = HUB_CLIENTS - turn_sends(f);

	post_in_turn(f);
	hub_begin_pack(f->hub);
	ck_assert(list_is_empty(&f->hub->batch.rests));
	ck_assert_uint_eq(f->hub->batch.lags.used, left);
	ck_assert_uint_eq(hub_rig_lagging(f), left);
	large_room_end(f);
}
END_TEST

START_TEST(without_memory_the_rest_lags)
{
	struct hub_rig *f;

	if (!malloc_can_fail())
		return;
	f = large_room_create(0);
	post_in_turn(f);
	rig_turn(&f->rig);
	hub_rig_post(f, 0, -1, 0);
	malloc_fail_at(1);
	hub_flush(f->hub);
	ck_assert(malloc_has_failed());
	malloc_fail_at(0);
	ck_assert(list_is_empty(&f->hub->batch.rests));
	large_room_end(f);
}
END_TEST

static void
channel_rest_tests_add(TCase *tests)
{
	tcase_add_test(tests, the_rest_is_sent_the_same_in_later_turns);
	tcase_add_test(tests, the_rest_lags_when_more_is_published);
	tcase_add_loop_test(tests, a_subscriber_may_leave_meanwhile, 0,
	    HUB_CLIENTS);
	tcase_add_test(tests, a_new_subscriber_gets_nothing_of_it);
	tcase_add_test(tests, each_subscriber_is_sent_to_once);
	tcase_add_test(tests, an_answer_does_not_wait_for_the_rest);
	tcase_add_test(tests, the_author_waits_for_the_rest);
	tcase_add_test(tests, messages_of_one_turn_have_one_rest);
	tcase_add_test(tests, another_process_goes_on_with_sessions_that_lag);
}

SUITE(channel_rest)
{
	channel_rest_tests_add(tests);
	tcase_add_test(tests, without_memory_the_rest_lags);
}

SUITE(channel_rest_threads)
{
	tcase_add_checked_fixture(tests, hub_rig_begin_threads,
	    hub_rig_end_threads);
	channel_rest_tests_add(tests);
}
