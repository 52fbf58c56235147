#include "auth/hook_cache.h"

#include <stdio.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

static struct hook_cache cache;

static struct hook_key
cache_key_of(int number)
{
	struct hook_key key;
	char text[16];

	snprintf(text, sizeof(text), "%d", number);
	hook_key_make(str_from(text), &key);
	return key;
}

static void
answer_add(int number, int64_t ttl_s, int64_t now_ms)
{
	struct hook_answer answer = { .rights = (unsigned)number,
		.ttl_s = ttl_s };
	struct hook_key key;

	malloc_spare(true);
	key = cache_key_of(number);
	malloc_spare(false);
	hook_cache_add(&cache, &key, &answer, now_ms);
}

static bool
cache_has(int number, int64_t now_ms)
{
	struct hook_key key = cache_key_of(number);
	const struct hook_answer *answer =
	    hook_cache_find(&cache, &key, now_ms);

	if (answer != NULL)
		ck_assert_uint_eq(answer->rights, (unsigned)number);
	return answer != NULL;
}

START_TEST(an_answer_holds_for_its_time)
{
	hook_cache_init(&cache);
	answer_add(1, 2, 1000);
	ck_assert(cache_has(1, 1000));
	ck_assert(cache_has(1, 2999));
	ck_assert(!cache_has(1, 3000));
	ck_assert(!cache_has(1, 1000));
	answer_add(1, 0, 1000);
	ck_assert(!cache_has(1, 1000));
	ck_assert(!cache_has(2, 1000));
	/* A newer answer replaces it. */
	answer_add(1, 1, 1000);
	answer_add(1, 9, 1000);
	ck_assert(cache_has(1, 5000));
	answer_add(1, 0, 5000);
	ck_assert(!cache_has(1, 5000));
	hook_cache_fini(&cache);
}
END_TEST

START_TEST(the_oldest_gives_way)
{
	hook_cache_init(&cache);
	for (int i = 0; i < HOOK_CACHE_MAX + 10; i++)
		answer_add(i, 60, i);
	ck_assert_uint_eq(id_map_count(&cache.by_key), HOOK_CACHE_MAX);
	ck_assert(!cache_has(9, HOOK_CACHE_MAX));
	ck_assert(cache_has(10, HOOK_CACHE_MAX));
	ck_assert(cache_has(HOOK_CACHE_MAX + 9, HOOK_CACHE_MAX));
	hook_cache_clear(&cache);
	ck_assert_uint_eq(id_map_count(&cache.by_key), 0);
	ck_assert(!cache_has(10, 0));
	hook_cache_fini(&cache);
}
END_TEST

START_TEST(without_memory_nothing_is_kept)
{
	if (!malloc_can_fail())
		return;
	hook_cache_init(&cache);
	malloc_fail_at((unsigned)_i + 1);
	answer_add(1, 60, 0);
	malloc_fail_at(0);
	ck_assert(!cache_has(1, 0));
	answer_add(1, 60, 0);
	ck_assert(cache_has(1, 0));
	hook_cache_fini(&cache);
}
END_TEST

SUITE(hook_cache)
{
	tcase_add_test(tests, an_answer_holds_for_its_time);
	tcase_add_test(tests, the_oldest_gives_way);
	tcase_add_loop_test(tests, without_memory_nothing_is_kept, 0, 2);
}
