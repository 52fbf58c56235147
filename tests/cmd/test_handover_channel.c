#include "cmd/parleyd/handover_channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/suite.h"

#define SOCKETS 300

static int ends[2];

static void
setup(void)
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert(handover_channel_init(ends[0], 5000));
	ck_assert(handover_channel_init(ends[1], 5000));
}

static void
teardown(void)
{
	close(ends[0]);
	close(ends[1]);
}

/* More bytes than the kernel keeps, and more sockets than one message takes. */
static void *
large_send(void *arg)
{
	static char bytes[5 << 20];
	int sockets[SOCKETS];

	for (size_t i = 0; i < SOCKETS; i++)
		sockets[i] = ends[0];
	memset(bytes, 'x', sizeof(bytes));
	bytes[sizeof(bytes) - 1] = 'y';
	*(bool *)arg = handover_send(ends[0], HANDOVER_STATE,
	    str_slice(bytes, sizeof(bytes)), sockets, SOCKETS);
	return NULL;
}

START_TEST(large_messages_arrive_as_they_are)
{
	struct handover_message message;
	bool is_sent = false;
	pthread_t thread;

	setup();
	ck_assert_int_eq(pthread_create(&thread, NULL, large_send, &is_sent),
	    0);
	ck_assert(handover_receive(ends[1], HANDOVER_STATE, &message));
	pthread_join(thread, NULL);
	ck_assert(is_sent);
	ck_assert_uint_eq(message.len, 5 << 20);
	ck_assert_int_eq(message.bytes[message.len - 1], 'y');
	ck_assert_uint_eq(message.socket_count, SOCKETS);
	for (size_t i = 0; i < SOCKETS; i++)
		ck_assert(fcntl(message.sockets[i], F_GETFD) & FD_CLOEXEC);
	handover_message_fini(&message);
	teardown();
}
END_TEST

static void *
ahead_receive(void *arg)
{
	bool is_ahead = false;

	ck_assert(handover_receive_either(ends[1], HANDOVER_STATE,
	    HANDOVER_AHEAD, arg, &is_ahead));
	ck_assert(is_ahead);
	return NULL;
}

START_TEST(a_message_can_be_sent_bit_by_bit)
{
	static char bytes[3 << 20];
	struct str all = str_slice(bytes, sizeof(bytes));
	struct pollfd writable = { .events = POLLOUT };
	struct handover_message message;
	size_t sent = 0;
	pthread_t thread;

	setup();
	writable.fd = ends[0];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31 >> 8);
	/* Nothing is read yet: the socket is full some time. */
	while (poll(&writable, 1, 0) == 1)
		ck_assert(handover_send_some(ends[0], HANDOVER_AHEAD, all,
		    &sent));
	ck_assert_uint_lt(sent, handover_bytes(all));
	ck_assert_int_eq(pthread_create(&thread, NULL, ahead_receive, &message),
	    0);
	while (sent < handover_bytes(all)) {
		ck_assert_int_eq(poll(&writable, 1, -1), 1);
		ck_assert(handover_send_some(ends[0], HANDOVER_AHEAD, all,
		    &sent));
	}
	pthread_join(thread, NULL);
	ck_assert(str_equal(str_slice(message.bytes, message.len), all));
	handover_message_fini(&message);
	teardown();
}
END_TEST

START_TEST(one_of_two_steps_is_awaited)
{
	struct handover_message message;
	bool is_ahead = true;

	setup();
	ck_assert(handover_send(ends[0], HANDOVER_STATE, STR("s"), NULL, 0));
	ck_assert(handover_receive_either(ends[1], HANDOVER_STATE,
	    HANDOVER_AHEAD, &message, &is_ahead));
	ck_assert(!is_ahead);
	handover_message_fini(&message);
	ck_assert(handover_send(ends[0], HANDOVER_GO, STR(""), NULL, 0));
	ck_assert(!handover_receive_either(ends[1], HANDOVER_STATE,
	    HANDOVER_AHEAD, &message, &is_ahead));
	ck_assert_int_eq(errno, EPROTO);
	teardown();
}
END_TEST

START_TEST(another_step_is_refused)
{
	setup();
	ck_assert(handover_send(ends[0], HANDOVER_GO, STR(""), NULL, 0));
	ck_assert(!handover_receive(ends[1], HANDOVER_STORES, NULL));
	ck_assert_int_eq(errno, EPROTO);
	teardown();
}
END_TEST

START_TEST(bytes_that_are_not_expected_are_refused)
{
	setup();
	ck_assert(handover_send(ends[0], HANDOVER_GO, STR("x"), NULL, 0));
	ck_assert(!handover_receive(ends[1], HANDOVER_GO, NULL));
	ck_assert_int_eq(write(ends[0], "this is something else, of 24", 29),
	    29);
	ck_assert(!handover_receive(ends[1], HANDOVER_GO, NULL));
	teardown();
}
END_TEST

START_TEST(the_end_of_the_other_side_is_noticed)
{
	struct handover_message message;

	setup();
	ck_assert(handover_send(ends[0], HANDOVER_STATE, STR("whole"), &ends[0],
	    1));
	shutdown(ends[0], SHUT_WR);
	ck_assert(handover_receive(ends[1], HANDOVER_STATE, &message));
	handover_message_fini(&message);
	ck_assert(!handover_receive(ends[1], HANDOVER_STATE, &message));
	ck_assert_int_eq(errno, 0);
	ck_assert(!handover_send(ends[0], HANDOVER_GO, STR(""), NULL, 0));
	teardown();
}
END_TEST

START_TEST(a_silent_side_is_given_up)
{
	setup();
	ck_assert(handover_channel_init(ends[1], 20));
	ck_assert(!handover_receive(ends[1], HANDOVER_GO, NULL));
	ck_assert_int_eq(errno, EAGAIN);
	teardown();
}
END_TEST

SUITE(handover_channel)
{
	tcase_add_test(tests, large_messages_arrive_as_they_are);
	tcase_add_test(tests, a_message_can_be_sent_bit_by_bit);
	tcase_add_test(tests, one_of_two_steps_is_awaited);
	tcase_add_test(tests, another_step_is_refused);
	tcase_add_test(tests, bytes_that_are_not_expected_are_refused);
	tcase_add_test(tests, the_end_of_the_other_side_is_noticed);
	tcase_add_test(tests, a_silent_side_is_given_up);
}
