/* The input of many connections, which is read in batches. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/suite.h"
#include "tests/support/transport/recorder.h"
#include "transport/net/conn.h"

/* More than a batch has. */
#define MANY (3 * LOOP_BATCH_COUNT)
#define SENT_MOST (2 * LOOP_INPUT_SIZE)

struct end {
	struct conn *conn;
	int peer;
	size_t sent;
	size_t got; /* bytes, all of its own */
	unsigned calls;
};

static struct recorder recorder;
static struct end ends[MANY];
static unsigned closes;
/* What the first connection that gets something does with all others. */
static void (*act)(struct conn *);

static char
letter_of(const struct end *end)
{
	return (char)('0' + (end - ends));
}

static size_t
end_on_bytes(struct conn *conn, char *data, size_t len)
{
	struct end *end = conn->protocol_state;
	void (*first)(struct conn *) = act;
	size_t foreign = 0;

	act = NULL;
	end->calls++;
	for (size_t i = 0; i < len; i++)
		foreign += data[i] != letter_of(end);
	ck_assert_uint_eq(foreign, 0);
	end->got += len;
	for (size_t i = 0; first != NULL && i < MANY; i++)
		if (&ends[i] != end)
			first(ends[i].conn);
	return len;
}

static uint32_t
end_next_deadline(const struct conn *conn)
{
	(void)conn;
	return 0;
}

static void
end_on_drained(struct conn *conn)
{
	(void)conn;
}

static void
end_on_close(struct conn *conn, void *state)
{
	(void)conn;
	(void)state;
	closes++;
}

static const struct protocol_ops end_protocol = {
	.on_bytes = end_on_bytes,
	.on_eof = conn_abort,
	.on_drained = end_on_drained,
	.next_deadline = end_next_deadline,
	.on_close = end_on_close,
};

static void
setup(void)
{
	recorder_init(&recorder);
	closes = 0;
	act = NULL;
	for (size_t i = 0; i < MANY; i++) {
		int fds[2];

		ck_assert_int_eq(socketpair(AF_UNIX,
				     SOCK_STREAM | SOCK_NONBLOCK, 0, fds),
		    0);
		ends[i] = (struct end){ .peer = fds[1] };
		ends[i].conn = conn_create(&recorder.rig.worker.loop, fds[0],
		    NULL, &end_protocol, &ends[i]);
		ck_assert_ptr_nonnull(ends[i].conn);
	}
}

static void
teardown(void)
{
	recorder_fini(&recorder);
	ck_assert_uint_eq(closes, MANY);
	for (size_t i = 0; i < MANY; i++)
		close(ends[i].peer);
}

static void
end_send(struct end *end, size_t len)
{
	char bytes[SENT_MOST];

	memset(bytes, letter_of(end), len);
	ck_assert_int_eq(send(end->peer, bytes, len, 0), (ssize_t)len);
	end->sent += len;
}

static void
all_send(size_t len)
{
	for (size_t i = 0; i < MANY; i++)
		end_send(&ends[i], len);
}

static void
check_all_arrived(void)
{
	for (size_t i = 0; i < MANY; i++)
		ck_assert_uint_eq(ends[i].got, ends[i].sent);
	ck_assert_uint_eq(recorder.rig.worker.loop.input_bytes, 0);
}

/* The number of connections that got something. */
static size_t
ends_reached(void)
{
	size_t reached = 0;

	for (size_t i = 0; i < MANY; i++)
		reached += ends[i].got > 0;
	return reached;
}

START_TEST(each_gets_its_own_bytes)
{
	static const size_t sizes[] = { 1, 100, LOOP_INPUT_SIZE - 1,
		LOOP_INPUT_SIZE, LOOP_INPUT_SIZE + 1, SENT_MOST };

	setup();
	for (size_t i = 0; i < MANY; i++)
		end_send(&ends[i], sizes[(i + (size_t)_i) % 6]);
	rig_turn(&recorder.rig);
	check_all_arrived();
	teardown();
}
END_TEST

START_TEST(all_is_used_in_the_turn_that_reads_it)
{
	setup();
	all_send(10);
	/* The kernel reports some of them at a time. */
	while (ends_reached() < MANY) {
		conns_poll(&recorder.rig.worker.loop, false);
		ck_assert_uint_eq(recorder.rig.worker.loop.batch.count, 0);
	}
	check_all_arrived();
	for (size_t i = 0; i < MANY; i++)
		ck_assert_uint_eq(ends[i].calls, 1);
	teardown();
}
END_TEST

static void
act_abort(struct conn *conn)
{
	conn_abort(conn);
}

static void
act_close(struct conn *conn)
{
	conn_close(conn);
}

START_TEST(one_that_another_ends_gets_nothing_more)
{
	setup();
	act = _i == 0 ? act_abort : act_close;
	all_send(100);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(ends_reached(), 1);
	ck_assert_uint_eq(recorder.rig.worker.loop.input_bytes, 0);
	teardown();
}
END_TEST

static void
act_pause(struct conn *conn)
{
	conn_pause(conn, PAUSED_BY_STORE);
}

static void
act_lag(struct conn *conn)
{
	conn_set_lags(conn, true);
}

START_TEST(one_that_another_pauses_gets_it_later)
{
	setup();
	act = _i == 0 ? act_pause : act_lag;
	all_send(100);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(ends_reached(), 1);
	ck_assert_uint_gt(recorder.rig.worker.loop.input_bytes, 0);
	all_send(50);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(ends_reached(), 1);
	for (size_t i = 0; i < MANY; i++) {
		if (_i == 0)
			conn_resume(ends[i].conn, PAUSED_BY_STORE);
		else if (ends[i].conn->lags)
			conn_set_lags(ends[i].conn, false);
	}
	rig_turn(&recorder.rig);
	check_all_arrived();
	teardown();
}
END_TEST

/* Both have one event. */
START_TEST(input_goes_on_although_output_begins_to_wait)
{
	setup();
	act = act_pause;
	all_send(100);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(ends_reached(), 1);
	for (size_t i = 0; i < MANY; i++) {
		conn_resume(ends[i].conn, PAUSED_BY_STORE);
		conn_await_drained(ends[i].conn);
	}
	rig_turn(&recorder.rig);
	check_all_arrived();
	teardown();
}
END_TEST

SUITE(conn_input)
{
	tcase_add_loop_test(tests, each_gets_its_own_bytes, 0, 6);
	tcase_add_test(tests, all_is_used_in_the_turn_that_reads_it);
	tcase_add_loop_test(tests, one_that_another_ends_gets_nothing_more, 0,
	    2);
	tcase_add_loop_test(tests, one_that_another_pauses_gets_it_later, 0, 2);
	tcase_add_test(tests, input_goes_on_although_output_begins_to_wait);
}
