#include "persistence/file/fifo_arena.h"

#include <stdalign.h>
#include <stdint.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

#define WINDOW 200

static struct fifo_arena belt;

static void
setup(void)
{
	fifo_arena_init(&belt);
}

static void
teardown(void)
{
	malloc_fail_at(0);
	fifo_arena_fini(&belt);
}

static char *
put(size_t size, char c)
{
	char *thing = fifo_arena_put(&belt, size);

	ck_assert_ptr_nonnull(thing);
	ck_assert_uint_eq((uintptr_t)thing % alignof(max_align_t), 0);
	memset(thing, c, size);
	return thing;
}

static void
take_off(char *thing, size_t size, char c)
{
	size_t same = 0;

	while (same < size && thing[same] == c)
		same++;
	ck_assert_uint_eq(same, size);
	fifo_arena_remove(&belt, thing);
}

static size_t
size_of(int i)
{
	return (size_t)(i * 37 % 1500);
}

START_TEST(carries_things_past_one_another)
{
	char *things[WINDOW] = { NULL };

	for (int i = 0; i < 20 * WINDOW; i++) {
		int at = i % WINDOW;

		if (things[at] != NULL)
			take_off(things[at], size_of(i - WINDOW),
			    (char)(i - WINDOW));
		things[at] = put(size_of(i), (char)i);
	}
	for (int i = 20 * WINDOW; i < 21 * WINDOW; i++)
		take_off(things[i % WINDOW], size_of(i - WINDOW),
		    (char)(i - WINDOW));
}
END_TEST

START_TEST(lets_things_go_in_any_order)
{
	char *things[WINDOW];

	for (int i = 0; i < WINDOW; i++)
		things[i] = put(1000, (char)i);
	for (int i = 0; i < WINDOW; i++)
		take_off(things[i * 7 % WINDOW], 1000, (char)(i * 7 % WINDOW));
	take_off(put(1000, 'x'), 1000, 'x');
}
END_TEST

START_TEST(carries_what_is_larger_than_a_piece)
{
	char *small = put(10, 'a'), *large, *after;

	for (int i = 0; i < 3; i++) {
		large = put(200000, 'b');
		after = put(10, 'c');
		take_off(small, 10, i == 0 ? 'a' : 'c');
		take_off(large, 200000, 'b');
		small = after;
	}
	take_off(small, 10, 'c');
	take_off(put(200000, 'd'), 200000, 'd');
}
END_TEST

START_TEST(asks_for_memory_once_for_many)
{
	void *things[WINDOW];
	size_t asked;

	if (!malloc_can_fail())
		return;
	malloc_fail_at(4); /* two in use at most, and a spare one */
	for (int i = 0; i < 10000; i++) {
		if (i >= WINDOW)
			fifo_arena_remove(&belt, things[i % WINDOW]);
		things[i % WINDOW] = fifo_arena_put(&belt, 300);
	}
	for (int i = 0; i < WINDOW; i++)
		fifo_arena_remove(&belt, things[i]);
	asked = malloc_asked();
	malloc_fail_at(0);
	ck_assert(!malloc_has_failed());
	ck_assert_uint_gt(asked, WINDOW * 300);
}
END_TEST

START_TEST(goes_on_after_a_lack_of_memory)
{
	char *first, *second;

	if (!malloc_can_fail())
		return;
	malloc_fail_at(1);
	ck_assert_ptr_null(fifo_arena_put(&belt, 10));
	first = put(10, 'a');
	malloc_fail_at(1);
	ck_assert_ptr_null(fifo_arena_put(&belt, 200000));
	second = put(10, 'b');
	take_off(first, 10, 'a');
	take_off(second, 10, 'b');
}
END_TEST

SUITE(fifo_arena)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, carries_things_past_one_another);
	tcase_add_test(tests, lets_things_go_in_any_order);
	tcase_add_test(tests, carries_what_is_larger_than_a_piece);
	tcase_add_test(tests, asks_for_memory_once_for_many);
	tcase_add_test(tests, goes_on_after_a_lack_of_memory);
}
