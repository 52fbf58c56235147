/* Which rooms lose messages when all of them take too much. */
#include <stdio.h>
#include <string.h>

#include "persistence/memory/memory_history.h"
#include "tests/suite.h"

#define NOW 1000000
#define TOTAL ((size_t)400 << 10)
#define BODY 1000

static struct history_limits limits;
static struct history *history;

static void
setup(void)
{
	limits = (struct history_limits){ .total_bytes = TOTAL,
		.key_age_ms = 60000 };
	history = memory_history_create(&limits);
	ck_assert_ptr_nonnull(history);
}

static void
teardown(void)
{
	history_destroy(history);
}

static struct str
room_id(char buffer[16], const char *kind, int number)
{
	int len = snprintf(buffer, 16, "%s%d", kind, number);

	return str_slice(buffer, (size_t)len);
}

static void
room_open_kind(const char *kind, int number)
{
	char buffer[16];
	struct str id = room_id(buffer, kind, number);

	ck_assert_int_eq(history_open(history, id, 0,
			     strcmp(kind, "kept") == 0),
	    CHAT_OK);
}

static void
room_fill_messages(const char *kind, int number, int messages)
{
	static char body[BODY];
	char buffer[16];
	struct message message = { .at_ms = NOW,
		.author = STR("Alice"),
		.author_id = STR("a1"),
		.body = { body, sizeof(body) } };

	memset(body, 'x', sizeof(body));
	for (int i = 0; i < messages; i++) {
		struct message next = message;

		ck_assert_int_eq(history_append(history,
				     room_id(buffer, kind, number), &next),
		    CHAT_OK);
		ck_assert_uint_le(history_bytes(history), TOTAL);
	}
}

static uint64_t
room_messages_held(const char *kind, int number)
{
	char buffer[16];
	struct history_span span;

	ck_assert_int_eq(history_span(history, room_id(buffer, kind, number),
			     NOW, &span),
	    CHAT_OK);
	return span.last + 1 - span.first;
}

START_TEST(a_newcomer_takes_nothing_from_rooms_below_their_share)
{
	const char *kind = _i == 0 ? "kept" : "once";

	for (int i = 0; i < 3; i++) {
		room_open_kind(kind, i);
		room_fill_messages(kind, i, 50);
	}
	room_open_kind(kind, 3);
	room_fill_messages(kind, 3, 5000);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(room_messages_held(kind, i), 50);
	ck_assert_uint_gt(room_messages_held(kind, 3), 150);
}
END_TEST

START_TEST(many_newcomers_share_what_is_left)
{
	room_open_kind("kept", 0);
	room_fill_messages("kept", 0, 200);
	for (int i = 0; i < 330; i++) {
		room_open_kind("once", i);
		room_fill_messages("once", i, 20);
	}
	ck_assert_uint_eq(room_messages_held("kept", 0), 200);
}
END_TEST

/* A quarter of the whole is theirs. */
START_TEST(persistent_rooms_do_not_take_all_from_the_others)
{
	room_open_kind("once", 0);
	room_fill_messages("once", 0, 80);
	for (int i = 0; i < 100; i++) {
		room_open_kind("kept", i);
		room_fill_messages("kept", i, 20);
	}
	ck_assert_uint_eq(room_messages_held("once", 0), 80);
}
END_TEST

START_TEST(rooms_alike_lose_alike)
{
	for (int i = 0; i < 10; i++)
		room_open_kind("kept", i);
	for (int round = 0; round < 100; round++)
		for (int i = 0; i < 10; i++)
			room_fill_messages("kept", i, 1);
	for (int i = 0; i < 10; i++)
		ck_assert_uint_ge(room_messages_held("kept", i),
		    TOTAL / BODY / 10 * 3 / 5);
}
END_TEST

/* --- keys ----------------------------------------------------------------- */

static void
room_append_keyed(int number)
{
	char buffer[16];
	struct message message = { .at_ms = NOW,
		.author = STR("Alice"),
		.author_id = STR("a1"),
		.body = STR("1"),
		.key = room_id(buffer, "key", number) };

	ck_assert_int_eq(history_append(history, STR("once0"), &message),
	    CHAT_OK);
}

static uint64_t
room_find_key(int number, int64_t now_ms)
{
	char buffer[16];
	struct message message = { 0 };

	return history_find_key(history, STR("once0"),
		   room_id(buffer, "key", number), now_ms, &message)
		   ? message.seq
		   : 0;
}

START_TEST(keys_take_an_eighth_of_the_whole_at_most)
{
	int known = 0;

	limits.messages = 1;
	room_open_kind("once", 0);
	for (int i = 1; i <= 10000; i++)
		room_append_keyed(i);
	for (int i = 1; i <= 10000; i++)
		known += room_find_key(i, NOW) == (uint64_t)i;
	ck_assert_uint_gt((size_t)known, TOTAL / 8 / 160);
	ck_assert_uint_lt((size_t)known, TOTAL / 8 / 80);
	/* The newest ones. */
	ck_assert_uint_eq(room_find_key(10001 - known, NOW),
	    10001 - (uint64_t)known);
}
END_TEST

START_TEST(no_byte_of_keys_is_left)
{
	size_t empty;

	limits.messages = 1;
	room_open_kind("once", 0);
	empty = history_bytes(history);
	for (int i = 1; i <= 100; i++)
		room_append_keyed(i);
	if (_i == 0) {
		limits.age_ms = 1;
		history_expire(history, NOW + limits.key_age_ms);
		ck_assert_uint_eq(history_bytes(history), empty);
	}
	history_close(history, STR("once0"));
	ck_assert_uint_eq(history_bytes(history), 0);
}
END_TEST

SUITE(memory_history_evict)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests,
	    a_newcomer_takes_nothing_from_rooms_below_their_share, 0, 2);
	tcase_add_test(tests, many_newcomers_share_what_is_left);
	tcase_add_test(tests, persistent_rooms_do_not_take_all_from_the_others);
	tcase_add_test(tests, rooms_alike_lose_alike);
	tcase_add_test(tests, keys_take_an_eighth_of_the_whole_at_most);
	tcase_add_loop_test(tests, no_byte_of_keys_is_left, 0, 2);
}
