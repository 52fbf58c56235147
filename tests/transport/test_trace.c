#include "transport/trace.h"

#include <stdio.h>
#include <string.h>

#include "domain/clock.h"
#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "wire/common/wire_text.h"

static int64_t
fixed_wall_ms(struct clock *clock)
{
	(void)clock;
	return 1000;
}

static const struct clock_ops fixed_clock_ops = { .wall_ms = fixed_wall_ms };
static struct clock fixed_clock = { &fixed_clock_ops };
static struct trace trace;
static struct trace_watch *watch;
static struct wire_text text;
static unsigned wakes;

static void
count_wake(void *arg)
{
	(void)arg;
	wakes++;
}

static void
setup(void)
{
	memset(&trace, 0, sizeof(trace));
	trace.clock = &fixed_clock;
	wire_text_init(&text);
	wakes = 0;
}

static void
teardown(void)
{
	if (watch != NULL)
		trace_watch_remove(&trace, watch);
	watch = NULL;
	ck_assert(!trace_is_on(&trace));
	wire_text_fini(&text);
}

static void
watch_add(struct trace_config config)
{
	config.wake = count_wake;
	watch = trace_watch_add(&trace, &config);
	ck_assert_ptr_nonnull(watch);
	ck_assert(trace_is_on(&trace));
}

/* What was written since the last call. */
static const char *
trace_taken(void)
{
	wire_text_reset(&text);
	trace_watch_take(watch, &text);
	wire_text_append(&text, STR("\0"));
	return text.data;
}

static void
entry_put(enum trace_kind kind, uint32_t connection, const char *member,
    const char *room)
{
	struct trace_entry entry = {
		.kind = kind,
		.connection = connection,
		.member = str_from(member),
		.room = str_from(room),
	};

	trace_put(&trace, &entry);
}

START_TEST(writes_a_line_for_an_entry)
{
	struct trace_entry entry = {
		.kind = TRACE_REFUSED,
		.connection = 7,
		.member = STR("ab"),
		.room = STR("t\"ea"),
		.what = STR("broadcast"),
		.why = STR("message_too_large"),
		.detail = STR("message"),
		.limit = 9,
	};

	watch_add((struct trace_config){ .connection = 7 });
	trace_put(&trace, &entry);
	ck_assert_uint_eq(wakes, 1);
	ck_assert_str_eq(trace_taken(),
	    "{\"at_ms\":1000,\"event\":\"refused\",\"connection\":7,"
	    "\"member\":\"ab\",\"room\":\"t\\\"ea\",\"what\":\"broadcast\","
	    "\"why\":\"message_too_large\",\"detail\":\"message\","
	    "\"limit\":9}\n");
	ck_assert_str_eq(trace_taken(), "");
}
END_TEST

START_TEST(a_count_of_none_is_written)
{
	struct trace_entry entry = {
		.kind = TRACE_PUBLISHED,
		.room = STR("tea"),
		.seq = 5,
		.behind = 2,
		.has_count = true,
	};

	watch_add((struct trace_config){ .room = STR("tea") });
	trace_put(&trace, &entry);
	ck_assert_str_eq(trace_taken(),
	    "{\"at_ms\":1000,\"event\":\"published\",\"room\":\"tea\","
	    "\"seq\":5,\"count\":0,\"behind\":2}\n");
}
END_TEST

static const struct {
	struct trace_config config;
	bool shown[6];
} filters[] = {
	{ { .room = { "tea", 3 } }, { true, false, false, true, false, true } },
	{ { .member = { "ab", 2 } },
	    { true, true, false, false, false, true } },
	{ { .connection = 2 }, { false, false, true, false, true, false } },
};

START_TEST(shows_what_concerns_a_watch)
{
	/* The last one has neither, but its connection was seen there. */
	static const struct {
		uint32_t connection;
		const char *member, *room;
	} entries[] = {
		{ 1, "ab", "tea" },
		{ 1, "ab", "den" },
		{ 2, "cd", "den" },
		{ 0, "", "tea" },
		{ 2, "", "" },
		{ 1, "", "" },
	};

	watch_add(filters[_i].config);
	for (size_t i = 0; i < COUNT_OF(entries); i++) {
		entry_put(TRACE_REFUSED, entries[i].connection,
		    entries[i].member, entries[i].room);
		ck_assert_msg((*trace_taken() != '\0') == filters[_i].shown[i],
		    "entry %zu", i);
	}
}
END_TEST

START_TEST(commands_without_the_room_are_not_of_it)
{
	watch_add((struct trace_config){ .room = STR("tea") });
	entry_put(TRACE_ACCEPTED, 1, "ab", "tea");
	trace_taken();
	entry_put(TRACE_ACCEPTED, 1, "ab", "");
	ck_assert_str_eq(trace_taken(), "");
}
END_TEST

START_TEST(forgets_the_oldest_connection)
{
	watch_add((struct trace_config){ .room = STR("tea") });
	for (uint32_t i = 1; i <= 65; i++)
		entry_put(TRACE_ACCEPTED, i, "", "tea");
	trace_taken();
	entry_put(TRACE_CLOSED, 1, "", "");
	ck_assert_str_eq(trace_taken(), "");
	entry_put(TRACE_CLOSED, 2, "", "");
	ck_assert_str_ne(trace_taken(), "");
}
END_TEST

START_TEST(a_sample_has_all_that_went_wrong)
{
	unsigned lines = 0;

	watch_add((struct trace_config){ .room = STR("tea"), .sample = 10 });
	for (int i = 0; i < 100; i++)
		entry_put(TRACE_ACCEPTED, 1, "", "tea");
	for (const char *at = trace_taken(); *at != '\0'; at++)
		lines += *at == '\n';
	ck_assert_uint_eq(lines, 10);
	entry_put(TRACE_REFUSED, 1, "", "tea");
	ck_assert_str_ne(trace_taken(), "");
	entry_put(TRACE_DROPPED, 1, "", "tea");
	ck_assert_str_ne(trace_taken(), "");
}
END_TEST

START_TEST(counts_what_a_slow_reader_misses)
{
	watch_add((struct trace_config){ .room = STR("tea") });
	for (int i = 0; i < 2000; i++)
		entry_put(TRACE_ACCEPTED, 1, "ab", "tea");
	trace_taken();
	ck_assert_uint_le(text.len, TRACE_BYTES_MOST + 256);
	entry_put(TRACE_ACCEPTED, 1, "ab", "tea");
	ck_assert_ptr_nonnull(strstr(trace_taken(), ",\"dropped\":"));
	entry_put(TRACE_ACCEPTED, 1, "ab", "tea");
	ck_assert_ptr_null(strstr(trace_taken(), "dropped"));
}
END_TEST

START_TEST(without_memory_lines_are_missing)
{
	struct trace_config config = { .room = STR("tea"), .wake = count_wake };

	if (!malloc_can_fail())
		return;
	malloc_fail_at(1);
	ck_assert_ptr_null(trace_watch_add(&trace, &config));
	ck_assert(malloc_has_failed());
	watch_add(config);
	malloc_fail_at(1);
	entry_put(TRACE_ACCEPTED, 1, "", "tea");
	ck_assert(malloc_has_failed());
	entry_put(TRACE_ACCEPTED, 1, "", "tea");
	ck_assert_str_eq(trace_taken(), "");
	entry_put(TRACE_ACCEPTED, 1, "", "tea");
	ck_assert_ptr_nonnull(strstr(trace_taken(), ",\"dropped\":2}"));
}
END_TEST

START_TEST(watches_are_independent)
{
	struct trace_config config = { .room = STR("den"), .wake = count_wake };
	struct trace_watch *other = trace_watch_add(&trace, &config);

	watch_add((struct trace_config){ .room = STR("tea") });
	entry_put(TRACE_ACCEPTED, 1, "", "den");
	ck_assert_str_eq(trace_taken(), "");
	trace_watch_remove(&trace, other);
	entry_put(TRACE_ACCEPTED, 1, "", "tea");
	ck_assert_str_ne(trace_taken(), "");
}
END_TEST

SUITE(trace)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, writes_a_line_for_an_entry);
	tcase_add_test(tests, a_count_of_none_is_written);
	tcase_add_loop_test(tests, shows_what_concerns_a_watch, 0,
	    COUNT_OF(filters));
	tcase_add_test(tests, commands_without_the_room_are_not_of_it);
	tcase_add_test(tests, forgets_the_oldest_connection);
	tcase_add_test(tests, a_sample_has_all_that_went_wrong);
	tcase_add_test(tests, counts_what_a_slow_reader_misses);
	tcase_add_test(tests, without_memory_lines_are_missing);
	tcase_add_test(tests, watches_are_independent);
}
