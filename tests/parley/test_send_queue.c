#include "cmd/parley/send_queue.h"

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

static struct client_queue queue;

static void
setup(void)
{
	client_queue_init(&queue, 0xabc);
}

static void
teardown(void)
{
	client_queue_fini(&queue);
}

START_TEST(preserves_order_and_copies_texts)
{
	char text[] = "one";

	ck_assert(client_queue_add(&queue, STR("tea"), str_from(text), true));
	ck_assert(client_queue_add(&queue, (struct str){ 0 }, STR("two"),
	    false));
	text[0] = 'x';
	ck_assert_uint_eq(queue.count, 2);
	ck_assert(str_equal(queue.first->text, STR("one")));
	ck_assert(str_equal(queue.first->room, STR("tea")));
	client_queue_drop(&queue);
	ck_assert(str_equal(queue.first->text, STR("two")));
	ck_assert_ptr_null(queue.first->room.data);
	client_queue_drop(&queue);
	ck_assert_ptr_null(queue.first);
	ck_assert(client_queue_add(&queue, STR("tea"), STR("three"), false));
	ck_assert(str_equal(queue.first->text, STR("three")));
}
END_TEST

START_TEST(assigns_unique_keys)
{
	ck_assert(client_queue_add(&queue, STR("a"), STR("x"), true));
	ck_assert(client_queue_add(&queue, STR("a"), STR("x"), true));
	ck_assert(client_queue_add(&queue, STR("a"), STR("x"), false));
	ck_assert_str_eq(queue.first->key, "0000000000000abc-1");
	ck_assert_str_eq(queue.first->next->key, "0000000000000abc-2");
	ck_assert_str_eq(queue.first->next->next->key, "");
	ck_assert_uint_eq(client_queue_ref(&queue), 4);
}
END_TEST

START_TEST(reports_lack_of_memory)
{
	if (!malloc_can_fail())
		return;
	malloc_fail_at(1);
	ck_assert(!client_queue_add(&queue, STR("a"), STR("x"), true));
	malloc_fail_at(0);
	ck_assert_uint_eq(queue.count, 0);
	ck_assert(client_queue_add(&queue, STR("a"), STR("x"), true));
}
END_TEST

SUITE(queue)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, preserves_order_and_copies_texts);
	tcase_add_test(tests, assigns_unique_keys);
	tcase_add_test(tests, reports_lack_of_memory);
}
