/* The functions of the history in memory for a persistent store. */
#include "persistence/memory/memory_history.h"

#include <stdio.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

#define NOW 1000000
#define RED STR("red")
#define BLUE STR("blue")

static struct history_limits limits;
static struct history *history;

static void
setup(void)
{
	limits = (struct history_limits){ .messages = 100 };
	history = memory_history_create(&limits);
	ck_assert_ptr_nonnull(history);
	ck_assert_int_eq(history_open(history, RED, 0, false), CHAT_OK);
	ck_assert_int_eq(history_open(history, BLUE, 0, false), CHAT_OK);
}

/* The bytes are counted correctly in all tests. */
static void
teardown(void)
{
	history_close(history, RED);
	history_close(history, BLUE);
	ck_assert_uint_eq(history_bytes(history), 0);
	history_destroy(history);
}

static struct message
message_numbered(uint64_t seq, const char *key)
{
	return (struct message){ .seq = seq,
		.at_ms = NOW + (int64_t)seq,
		.author = STR("Alice"),
		.author_id = STR("a1"),
		.body = STR("1"),
		.key = key != NULL ? str_from(key) : STR_ABSENT };
}

static void
history_put_seq(uint64_t seq)
{
	struct message message = message_numbered(seq, NULL);

	ck_assert_int_eq(memory_history_put(history, RED, &message), CHAT_OK);
}

static uint64_t
history_add_message(const char *key)
{
	struct message message = message_numbered(0, key);

	ck_assert_int_eq(history_append(history, RED, &message), CHAT_OK);
	return message.seq;
}

static bool
add_seq(const struct message *message, void *arg)
{
	char *line = arg;

	sprintf(line + strlen(line), "%d ", (int)message->seq);
	return true;
}

/* The numbers that are there from one on, and the span. */
static void
assert_holds(uint64_t from, const char *expected, uint64_t first, uint64_t last)
{
	char line[1000] = "";
	struct history_span span;

	history_each(history, RED, from, NOW, add_seq, line);
	ck_assert_str_eq(line, expected);
	ck_assert_int_eq(history_span(history, RED, NOW, &span), CHAT_OK);
	ck_assert_uint_eq(span.first, first);
	ck_assert_uint_eq(span.last, last);
}

START_TEST(puts_messages_where_they_belong)
{
	history_put_seq(4);
	history_put_seq(5);
	history_put_seq(9);
	assert_holds(1, "4 5 9 ", 4, 9);
	assert_holds(6, "9 ", 4, 9);
	ck_assert_uint_eq(history_add_message(NULL), 10);
	assert_holds(5, "5 9 10 ", 4, 10);
}
END_TEST

START_TEST(puts_nothing_twice)
{
	history_put_seq(4);
	history_put_seq(4);
	history_put_seq(3);
	assert_holds(1, "4 ", 4, 4);
}
END_TEST

START_TEST(puts_no_more_than_is_kept)
{
	limits.messages = 2;
	history_put_seq(4);
	history_put_seq(5);
	history_put_seq(9);
	assert_holds(1, "5 9 ", 5, 9);
}
END_TEST

START_TEST(puts_nothing_into_a_room_that_is_not_there)
{
	struct message message = message_numbered(1, NULL);

	ck_assert_int_eq(memory_history_put(history, STR("green"), &message),
	    CHAT_ROOM_NOT_FOUND);
	memory_history_trim(history, STR("green"), 1, NOW);
}
END_TEST

static struct kept_message *
history_prepare(const char *key, uint64_t expected)
{
	struct message message = message_numbered(0, key);
	struct kept_message *kept;

	ck_assert_int_eq(memory_history_prepare(history, RED, &message, &kept),
	    CHAT_OK);
	ck_assert_uint_eq(message.seq, expected);
	return kept;
}

static uint64_t
history_seq_of_key(const char *key)
{
	struct message found;

	return history_find_key(history, RED, str_from(key), NOW, &found)
		   ? found.seq
		   : 0;
}

START_TEST(shows_what_was_prepared_when_it_is_kept)
{
	struct kept_message *b, *c;
	struct message message;

	history_add_message("a");
	b = history_prepare("b", 2);
	c = history_prepare("c", 3);
	assert_holds(1, "1 ", 1, 1);
	ck_assert_uint_eq(history_seq_of_key("c"), 3);
	memory_history_commit(history, b, &message);
	ck_assert_uint_eq(message.seq, 2);
	ck_assert(str_equal(message.key, STR("b")));
	assert_holds(1, "1 2 ", 1, 2);
	memory_history_commit(history, c, NULL);
	assert_holds(1, "1 2 3 ", 1, 3);
	ck_assert_uint_eq(history_add_message("d"), 4);
}
END_TEST

START_TEST(gives_the_number_of_what_was_abandoned_again)
{
	struct kept_message *b, *c;

	history_add_message("a");
	b = history_prepare("b", 2);
	c = history_prepare("c", 3);
	memory_history_abandon(history, c);
	c = history_prepare("d", 3);
	memory_history_abandon(history, c);
	memory_history_abandon(history, b);
	assert_holds(1, "1 ", 1, 1);
	ck_assert_uint_eq(history_seq_of_key("b"), 0);
	ck_assert_uint_eq(history_seq_of_key("c"), 0);
	ck_assert_uint_eq(history_seq_of_key("a"), 1);
	ck_assert_uint_eq(history_add_message("b"), 2);
	ck_assert_uint_eq(history_seq_of_key("b"), 2);
}
END_TEST

/* Times do not decrease between them when the clock runs back. */
START_TEST(orders_what_was_prepared_in_time)
{
	struct message early = message_numbered(0, NULL), late = early;
	struct kept_message *first, *second;

	late.at_ms += 1000;
	memory_history_prepare(history, RED, &late, &first);
	memory_history_prepare(history, RED, &early, &second);
	ck_assert_int_eq(early.at_ms, late.at_ms);
	memory_history_abandon(history, second);
	memory_history_abandon(history, first);
	early.at_ms = NOW;
	memory_history_prepare(history, RED, &early, &first);
	ck_assert_int_eq(early.at_ms, NOW);
	memory_history_commit(history, first, NULL);
}
END_TEST

/* Its place is reserved, although the ring shrinks meanwhile. */
START_TEST(needs_no_memory_to_keep_what_was_prepared)
{
	struct kept_message *prepared[40];

	for (uint64_t i = 0; i < 40; i++)
		prepared[i] = history_prepare(NULL, i + 1);
	malloc_fail_at(malloc_can_fail() ? 1 : 0);
	for (size_t i = 0; i < 40; i++) {
		limits.messages = i % 2 == 0 ? 1 : 100;
		memory_history_commit(history, prepared[i], NULL);
	}
	malloc_fail_at(0);
	assert_holds(1, "39 40 ", 39, 40);
}
END_TEST

START_TEST(goes_on_behind_what_was_trimmed)
{
	struct message message = message_numbered(0, NULL);

	history_put_seq(1);
	history_put_seq(2);
	history_put_seq(5);
	memory_history_trim(history, RED, 2, NOW);
	assert_holds(1, "5 ", 5, 5);
	memory_history_trim(history, RED, 20, NOW + 1000);
	assert_holds(1, "", 21, 20);
	ck_assert_int_eq(history_append(history, RED, &message), CHAT_OK);
	ck_assert_uint_eq(message.seq, 21);
	ck_assert_int_eq(message.at_ms, NOW + 1000);
	memory_history_trim(history, RED, 3, NOW);
	assert_holds(1, "21 ", 21, 21);
}
END_TEST

/* Whether the key was there before or not. */
START_TEST(abandons_what_was_prepared)
{
	struct message message = message_numbered(0, "k");
	struct message found;
	struct kept_message *kept;

	if (_i > 0)
		history_add_message("k");
	ck_assert_int_eq(memory_history_prepare(history, RED, &message, &kept),
	    CHAT_OK);
	memory_history_abandon(history, kept);
	ck_assert_uint_eq(history_find_key(history, RED, STR("k"), NOW, &found),
	    _i > 0);
	ck_assert_uint_eq(history_add_message("k"), (uint64_t)_i + 1);
}
END_TEST

START_TEST(puts_nothing_without_memory)
{
	struct message message = message_numbered(3, "k");
	enum chat_error error = CHAT_UNAVAILABLE;
	unsigned n = 0;

	if (!malloc_can_fail())
		return;
	while (error != CHAT_OK) {
		malloc_fail_at(++n);
		error = memory_history_put(history, RED, &message);
		malloc_fail_at(0);
		ck_assert_int_eq(malloc_has_failed(), error != CHAT_OK);
		if (error != CHAT_OK)
			assert_holds(1, "", 1, 0);
	}
	/* The message, the ring, the keys. */
	ck_assert_uint_eq(n, 4);
	assert_holds(1, "3 ", 3, 3);
}
END_TEST

SUITE(memory_history)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, puts_messages_where_they_belong);
	tcase_add_test(tests, puts_nothing_twice);
	tcase_add_test(tests, puts_no_more_than_is_kept);
	tcase_add_test(tests, puts_nothing_into_a_room_that_is_not_there);
	tcase_add_test(tests, shows_what_was_prepared_when_it_is_kept);
	tcase_add_test(tests, gives_the_number_of_what_was_abandoned_again);
	tcase_add_test(tests, orders_what_was_prepared_in_time);
	tcase_add_test(tests, needs_no_memory_to_keep_what_was_prepared);
	tcase_add_test(tests, goes_on_behind_what_was_trimmed);
	tcase_add_loop_test(tests, abandons_what_was_prepared, 0, 2);
	tcase_add_test(tests, puts_nothing_without_memory);
}
