#include "transport/hooks/hook_queue.h"

#include "domain/base/count_of.h"
#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

static struct hook_queue queue;

static void
setup(void)
{
	hook_queue_init(&queue, 10 * (sizeof(struct hook_event) + 3));
}

static void
teardown(void)
{
	hook_queue_fini(&queue);
	ck_assert_uint_eq(queue.bytes, 0);
}

START_TEST(takes_as_much_as_its_memory)
{
	for (int i = 0; i < 10; i++)
		ck_assert(hook_queue_add(&queue, STR("abc"), STR(""), 0, 0));
	ck_assert(!hook_queue_add(&queue, STR("d"), STR(""), 0, 0));
	ck_assert(!hook_queue_has_space(&queue, 0));
	hook_queue_remove(&queue, 1);
	ck_assert(hook_queue_add(&queue, STR("d"), STR(""), 0, 0));
	ck_assert_uint_eq(queue.count, 10);
}
END_TEST

START_TEST(a_longer_event_than_its_memory_is_refused)
{
	ck_assert(!hook_queue_has_space(&queue, SIZE_MAX / 2));
	ck_assert(!hook_queue_has_space(&queue, queue.most));
}
END_TEST

START_TEST(keeps_the_order_and_knows_the_highest_lsn)
{
	const struct hook_event *at;

	hook_queue_add(&queue, STR("a"), STR(""), 5, 100);
	hook_queue_add(&queue, STR("b"), STR(""), 0, 200);
	hook_queue_add(&queue, STR("c"), STR(""), 7, 300);
	at = hook_queue_first(&queue);
	ck_assert_int_eq(at->text[0], 'a');
	ck_assert_int_eq(at->at_ms, 100);
	at = hook_queue_next(&queue, hook_queue_next(&queue, at));
	ck_assert_int_eq(at->text[0], 'c');
	ck_assert_ptr_null(hook_queue_next(&queue, at));
	ck_assert_uint_eq(hook_queue_remove(&queue, 2), 5);
	ck_assert_uint_eq(hook_queue_remove(&queue, 1), 7);
	ck_assert_ptr_null(hook_queue_first(&queue));
}
END_TEST

START_TEST(removes_those_of_a_room_behind_the_first_ones)
{
	static const struct str rooms[] = { STR("r"), STR("r"), STR(""),
		STR("rr"), STR("r"), STR("s") };
	char rest[COUNT_OF(rooms) + 1] = "";
	size_t len = 0;

	for (size_t i = 0; i < COUNT_OF(rooms); i++)
		ck_assert(hook_queue_add(&queue, str_slice(&"abcdef"[i], 1),
		    rooms[i], 0, 0));
	hook_queue_remove_room(&queue, 1, STR("r"));
	hook_queue_remove_room(&queue, 4, STR("s"));
	for (const struct hook_event *at = hook_queue_first(&queue); at != NULL;
	     at = hook_queue_next(&queue, at))
		rest[len++] = at->text[0];
	ck_assert_str_eq(rest, "acdf");
	ck_assert_uint_eq(queue.count, 4);
	hook_queue_remove(&queue, 4);
}
END_TEST

START_TEST(counts_what_is_lost)
{
	hook_queue_lose(&queue, 1, 9);
	hook_queue_lose(&queue, 5, 0);
	ck_assert_uint_eq(queue.lost, 6);
	ck_assert_uint_eq(queue.lost_lsn, 9);
}
END_TEST

START_TEST(without_memory_an_event_is_refused)
{
	if (!malloc_can_fail())
		return;
	malloc_fail_at(1);
	ck_assert(!hook_queue_add(&queue, STR("a"), STR(""), 0, 0));
	malloc_fail_at(0);
	ck_assert_uint_eq(queue.bytes, 0);
}
END_TEST

SUITE(hook_queue)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, takes_as_much_as_its_memory);
	tcase_add_test(tests, a_longer_event_than_its_memory_is_refused);
	tcase_add_test(tests, keeps_the_order_and_knows_the_highest_lsn);
	tcase_add_test(tests, removes_those_of_a_room_behind_the_first_ones);
	tcase_add_test(tests, counts_what_is_lost);
	tcase_add_test(tests, without_memory_an_event_is_refused);
}
