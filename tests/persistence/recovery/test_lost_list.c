#include "persistence/recovery/lost_list.h"

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

#define MOST 4

/* Ranges until one whose first is 0. */
static const struct {
	struct lost_range found[MOST], reported[MOST], news[MOST];
} cases[] = {
	{ { { 5, 9, 5, 0 } }, { { 0 } }, { { 5, 9, 5, 0 } } },
	{ { { 5, 9, 5, 0 } }, { { 5, 9, 5, 0 } }, { { 0 } } },
	/* in part: its beginning, its end, its middle */
	{ { { 5, 9, 5, 0 } }, { { 3, 6, 4, 0 } }, { { 7, 9, 3, 0 } } },
	{ { { 5, 9, 5, 0 } }, { { 8, 20, 13, 0 } }, { { 5, 7, 3, 0 } } },
	{ { { 5, 9, 5, 0 } }, { { 6, 7, 2, 0 } },
	    { { 5, 5, 1, 0 }, { 8, 9, 2, 0 } } },
	/* out of order, overlapping, one that covers two */
	{ { { 5, 9, 5, 0 }, { 12, 14, 3, 0 } },
	    { { 13, 13, 1, 0 }, { 5, 8, 4, 0 }, { 7, 9, 3, 0 } },
	    { { 12, 12, 1, 0 }, { 14, 14, 1, 0 } } },
	{ { { 5, 9, 5, 0 }, { 12, 14, 3, 0 } }, { { 1, 99, 99, 0 } },
	    { { 0 } } },
	{ { { 5, 9, 5, 0 }, { 12, 14, 3, 0 } }, { { 8, 12, 5, 0 } },
	    { { 5, 7, 3, 0 }, { 13, 14, 2, 0 } } },
	/* of a snapshot: the number that is missing is that of all ranges */
	{ { { 5, 9, 2, 50 } }, { { 0 } }, { { 5, 9, 2, 50 } } },
	{ { { 5, 9, 4, 50 }, { 12, 30, 0, 50 } }, { { 0 } },
	    { { 5, 9, 3, 50 }, { 12, 30, 1, 50 } } },
	{ { { 5, 9, 4, 50 }, { 12, 30, 0, 50 } }, { { 5, 9, 3, 50 } },
	    { { 12, 30, 1, 50 } } },
	{ { { 5, 9, 4, 50 }, { 12, 30, 0, 50 } },
	    { { 5, 9, 3, 50 }, { 12, 30, 1, 50 } }, { { 0 } } },
	{ { { 5, 9, 1, 50 }, { 12, 30, 0, 50 } }, { { 0 } },
	    { { 5, 9, 1, 50 }, { 12, 30, 0, 50 } } },
	/* what is known of one snapshot or of the journal is not of another */
	{ { { 5, 9, 2, 50 } }, { { 5, 9, 5, 0 }, { 5, 9, 5, 40 } },
	    { { 5, 9, 2, 50 } } },
	{ { { 5, 9, 2, 50 }, { 60, 61, 2, 0 } }, { { 5, 9, 2, 50 } },
	    { { 60, 61, 2, 0 } } },
};

static void
lost_list_put(struct lost_list *list, const struct lost_range *ranges)
{
	for (size_t i = 0; i < MOST && ranges[i].first > 0; i++)
		ck_assert(lost_list_add(list, &ranges[i]));
}

START_TEST(what_was_reported_is_no_news)
{
	struct lost_list found = { 0 }, reported = { 0 }, news = { 0 };
	const struct lost_range *expected = cases[_i].news;

	lost_list_put(&found, cases[_i].found);
	lost_list_put(&reported, cases[_i].reported);
	ck_assert(lost_list_find_unreported(&found, &reported, &news));
	for (size_t i = 0; i < news.count; i++) {
		ck_assert_uint_eq(news.ranges[i].first, expected[i].first);
		ck_assert_uint_eq(news.ranges[i].last, expected[i].last);
		ck_assert_uint_eq(news.ranges[i].records, expected[i].records);
		ck_assert_uint_eq(news.ranges[i].snapshot,
		    expected[i].snapshot);
	}
	ck_assert_uint_eq(expected[news.count].first, 0);
	lost_list_fini(&found);
	lost_list_fini(&reported);
	lost_list_fini(&news);
}
END_TEST

START_TEST(grows_until_there_is_no_memory)
{
	struct lost_list list = { 0 };
	struct lost_range range = { 1, 1, 1, 0 };
	bool is_added;

	for (range.first = 1; range.first <= 1000; range.first++)
		ck_assert(lost_list_add(&list, &range));
	ck_assert_uint_eq(list.ranges[999].first, 1000);
	while (list.count < list.capacity)
		ck_assert(lost_list_add(&list, &range));
	if (malloc_can_fail()) {
		malloc_fail_at(1);
		is_added = lost_list_add(&list, &range);
		malloc_fail_at(0);
		ck_assert(!is_added);
		ck_assert_uint_eq(list.count, list.capacity);
	}
	lost_list_fini(&list);
}
END_TEST

SUITE(lost_list)
{
	tcase_add_loop_test(tests, what_was_reported_is_no_news, 0,
	    COUNT_OF(cases));
	tcase_add_test(tests, grows_until_there_is_no_memory);
}
