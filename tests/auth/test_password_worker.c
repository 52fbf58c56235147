#include "auth/password_worker.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/suite.h"

#define WITHIN_MS 20000

static struct password_worker *worker;
static struct password_check checks[PASSWORD_CHECKS_MAX + 1];
static int event_fd;

/* Little work, so that the tests are quick. */
static void
check_init(struct password_check *check, const char *password)
{
	memset(check, 0, sizeof(*check));
	check->hash = (struct password_hash){ .log_n = 10, .r = 1, .p = 1 };
	check->len = strlen(password);
	memcpy(check->password, password, check->len);
}

static struct password_check *
check_await(void)
{
	struct pollfd watched = { .fd = event_fd, .events = POLLIN };
	struct password_check *check;
	uint64_t events;

	while ((check = password_worker_take(worker)) == NULL) {
		ck_assert_int_eq(poll(&watched, 1, WITHIN_MS), 1);
		ck_assert_int_eq(read(event_fd, &events, sizeof(events)),
		    sizeof(events));
	}
	return check;
}

static void
setup(void)
{
	event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	worker = password_worker_create(event_fd);
	ck_assert_ptr_nonnull(worker);
}

static void
teardown(void)
{
	password_worker_destroy(worker);
	close(event_fd);
}

START_TEST(compares_in_order)
{
	static const char erased[PASSWORD_BYTES_MAX];

	setup();
	for (int i = 0; i < 3; i++) {
		check_init(&checks[i], "secret");
		ck_assert(password_worker_submit(worker, &checks[i]));
	}
	for (int i = 0; i < 3; i++) {
		ck_assert_ptr_eq(check_await(), &checks[i]);
		ck_assert_int_eq(checks[i].result, PASSWORD_DIFFERS);
		ck_assert_mem_eq(checks[i].password, erased, sizeof(erased));
	}
	ck_assert_ptr_null(password_worker_take(worker));
	teardown();
}
END_TEST

START_TEST(its_queue_is_bounded)
{
	setup();
	for (int i = 0; i <= PASSWORD_CHECKS_MAX; i++) {
		check_init(&checks[i], "x");
		ck_assert(password_worker_submit(worker, &checks[i]) ==
			  (i < PASSWORD_CHECKS_MAX));
	}
	/* There is room when one was taken. */
	ck_assert_ptr_eq(check_await(), &checks[0]);
	ck_assert(password_worker_submit(worker, &checks[0]));
	teardown();
}
END_TEST

START_TEST(ends_with_checks_that_wait)
{
	setup();
	for (int i = 0; i < 10; i++) {
		check_init(&checks[i], "x");
		checks[i].hash = password_hash_dummy();
		ck_assert(password_worker_submit(worker, &checks[i]));
	}
	teardown();
}
END_TEST

SUITE(password_worker)
{
	tcase_add_test(tests, compares_in_order);
	tcase_add_test(tests, its_queue_is_bounded);
	tcase_add_test(tests, ends_with_checks_that_wait);
}
