#include "transport/fanout/subscriptions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "transport/fanout/send_batch.h"
#include "transport/session.h"
#include "transport/ws/ws_conn.h"

#define SESSIONS 100

/* Sessions to which nothing is sent: only the subscriptions count. */
static struct subscriptions subscriptions;
static struct send_batch batch;
static struct chunk_pool pool;
static struct session *sessions[SESSIONS];
static struct conn conns[SESSIONS];
static struct loop loop;

static void
setup(void)
{
	memset(&pool, 0, sizeof(pool));
	ck_assert(send_batch_init(&batch));
	batch.pool = &pool;
	subscriptions_init(&subscriptions, &batch);
	memset(conns, 0, sizeof(conns));
	for (int i = 0; i < SESSIONS; i++) {
		sessions[i] = calloc(1, sizeof(*sessions[i]) + 16);
		ck_assert_ptr_nonnull(sessions[i]);
		sessions[i]->conn = &conns[i];
		conns[i].loop = &loop;
		conns[i].state = CONN_OPEN;
		conns[i].output_closed = true;
	}
}

static void
teardown(void)
{
	send_batch_flush(&batch);
	subscriptions_fini(&subscriptions);
	send_batch_fini(&batch);
	chunk_pool_fini(&pool);
	for (int i = 0; i < SESSIONS; i++) {
		ck_assert_uint_eq(sessions[i]->subscription_count, 0);
		free(sessions[i]->more);
		free(sessions[i]);
	}
}

static struct str
test_room_id(int number)
{
	static char id[24];

	snprintf(id, sizeof(id), "room-%d", number);
	return str_from(id);
}

static void
session_enter(int i, int number)
{
	ck_assert(subscriptions_enter(&subscriptions, sessions[i],
	    test_room_id(number)));
}

static void
session_leave(int i, int number)
{
	subscriptions_leave(&subscriptions, sessions[i], test_room_id(number));
}

static struct channel *
channel_of(int number)
{
	struct room_channels *seats =
	    subscriptions_find(&subscriptions, test_room_id(number));

	return seats == NULL ? NULL : seats->channels;
}

static void
batch_publish(int number)
{
	struct frame frame = {
		.head = "h", .head_len = 1, .body = "body", .body_len = 4
	};

	send_batch_next(&batch);
	ck_assert(send_batch_add(&batch, channel_of(number), &frame, NULL,
	    FRAME_MESSAGE, 0));
}

START_TEST(each_session_has_its_subscriptions)
{
	setup();
	for (int i = 0; i < SESSIONS; i++)
		for (int number = i % 7; number < 40; number += i % 5 + 1)
			session_enter(i, number);
	for (int i = 0; i < SESSIONS; i += 3)
		for (int number = i % 7; number < 40; number += i % 5 + 1)
			session_leave(i, number);
	for (int number = 0; number < 40; number++) {
		const struct channel *channel = channel_of(number);

		for (uint32_t i = 0; i < channel->count; i++)
			ck_assert_uint_eq(session_find_subscription(
					      channel->subscribers[i].session,
					      channel)
					      ->index,
			    i);
	}
	for (int i = 0; i < SESSIONS; i++)
		for (int number = 0; number < 40; number++)
			session_leave(i, number);
	ck_assert_ptr_null(channel_of(0));
	teardown();
}
END_TEST

START_TEST(entering_or_leaving_ends_a_segment)
{
	setup();
	session_enter(0, 0);
	session_enter(1, 0);
	batch_publish(0);
	ck_assert(send_batch_is_pending(&batch));
	session_enter(2, 0);
	ck_assert(!send_batch_is_pending(&batch));
	batch_publish(0);
	session_leave(2, 0);
	ck_assert(!send_batch_is_pending(&batch));
	/* Another room has nothing to do with it. */
	batch_publish(0);
	session_enter(2, 1);
	session_leave(2, 1);
	ck_assert(send_batch_is_pending(&batch));
	session_leave(0, 0);
	session_leave(1, 0);
	teardown();
}
END_TEST

START_TEST(a_hundred_leaves_at_once_are_sent_in_one_flush)
{
	setup();
	for (int i = 0; i < SESSIONS; i++)
		session_enter(i, 0);
	batch_publish(0);
	for (int i = 1; i < SESSIONS; i++) {
		conns[i].has_ended = true;
		session_leave(i, 0);
		ck_assert(send_batch_is_pending(&batch));
		batch_publish(0);
	}
	conns[0].has_ended = true;
	session_leave(0, 0);
	ck_assert_ptr_null(channel_of(0));
	ck_assert(!send_batch_is_pending(&batch));
	teardown();
}
END_TEST

/* A backlog keeps a chunk of each room; rooms go in any order. */
START_TEST(rooms_that_keep_a_chunk_go_in_any_order)
{
	struct chunk *kept[20];

	setup();
	for (int i = 0; i < 20; i++) {
		session_enter(i, i);
		batch_publish(i);
		kept[i] = channel_of(i)->chunk;
		kept[i]->refs++;
	}
	send_batch_flush(&batch);
	for (int i = 0; i < 20; i++)
		ck_assert_ptr_eq(channel_of(i)->chunk, kept[i]);
	for (int i = 0; i < 20; i++)
		session_leave(i * 7 % 20, i * 7 % 20);
	send_batch_tidy(&batch);
	ck_assert_ptr_null(batch.held);
	for (int i = 0; i < 20; i++)
		chunk_unref(kept[i]);
	teardown();
}
END_TEST

START_TEST(a_chunk_is_kept_only_as_long_as_a_backlog_needs_it)
{
	struct chunk *kept[3];

	setup();
	for (int i = 0; i < 3; i++) {
		session_enter(i, i);
		batch_publish(i);
		kept[i] = channel_of(i)->chunk;
		kept[i]->refs++;
	}
	send_batch_flush(&batch);
	send_batch_tidy(&batch);
	ck_assert_uint_eq(pool.bytes, 3 * CHUNK_SIZE);
	chunk_unref(kept[1]);
	send_batch_tidy(&batch);
	ck_assert_uint_eq(pool.bytes, 2 * CHUNK_SIZE);
	ck_assert_ptr_null(channel_of(1)->chunk);
	chunk_unref(kept[0]);
	chunk_unref(kept[2]);
	send_batch_tidy(&batch);
	ck_assert_uint_eq(pool.bytes, 0);
	for (int i = 0; i < 3; i++)
		session_leave(i, i);
	teardown();
}
END_TEST

SUITE(subscriptions)
{
	tcase_add_test(tests, each_session_has_its_subscriptions);
	tcase_add_test(tests, entering_or_leaving_ends_a_segment);
	tcase_add_test(tests, a_hundred_leaves_at_once_are_sent_in_one_flush);
	tcase_add_test(tests, rooms_that_keep_a_chunk_go_in_any_order);
	tcase_add_test(tests,
	    a_chunk_is_kept_only_as_long_as_a_backlog_needs_it);
}
