/* What every history evicts: messages beyond the limits or too old. */
#include <stdio.h>

#include "domain/base/count_of.h"
#include "tests/support/persistence/history_rig.h"

START_TEST(a_limit_of_messages_lets_the_oldest_go)
{
	struct history_limits limits = { .messages = 3 };
	struct history *history = history_rig_begin(_i, &limits);

	post_numbers(history, 3);
	assert_each(history, RED, 0, NOW, "1:1 2:2 3:3 ");
	post(history, "4");
	assert_each(history, RED, 0, NOW, "2:2 3:3 4:4 ");
	assert_span(history, RED, NOW, 2, 4);
	post_numbers(history, 100);
	assert_each(history, RED, 0, NOW, "102:98 103:99 104:100 ");
	history_rig_end(history);
}
END_TEST

START_TEST(a_limit_of_bytes_lets_the_oldest_go_but_never_the_newest)
{
	struct history_limits limits = { .bytes = 2000 };
	struct history *history = history_rig_begin(_i, &limits);
	static char large[3001];
	struct history_span span;

	post_numbers(history, 100);
	ck_assert_int_eq(history_span(history, RED, NOW, &span), CHAT_OK);
	ck_assert_uint_gt(span.first, 1);
	ck_assert_uint_lt(span.first, 100);
	memset(large, 'x', sizeof(large) - 1);
	post(history, large);
	assert_span(history, RED, NOW, 101, 101);
	post(history, "small");
	assert_each(history, RED, 0, NOW, "102:small ");
	history_rig_end(history);
}
END_TEST

START_TEST(a_limit_over_all_rooms_takes_from_the_largest)
{
	struct history_limits limits = { .total_bytes = 10000 };
	struct history *history = history_rig_begin(_i, &limits);
	struct history_span span;

	ck_assert_int_eq(history_open(history, STR("blue"), 0, false), CHAT_OK);
	post_numbers(history, 10);
	for (int i = 1; i <= 1000; i++) {
		post_at(history, STR("blue"), "twenty-four more bytes..", NOW);
		ck_assert_uint_le(history_bytes(history), 10000);
	}
	assert_span(history, RED, NOW, 1, 10);
	ck_assert_int_eq(history_span(history, STR("blue"), NOW, &span),
	    CHAT_OK);
	ck_assert_uint_gt(span.first, 800);
	ck_assert_uint_eq(span.last, 1000);
	ck_assert_uint_eq(post(history, "still here"), 11);
	assert_span(history, RED, NOW, 1, 11);
	history_rig_end(history);
}
END_TEST

START_TEST(a_retry_is_known_when_its_message_is_gone)
{
	struct history_limits limits = { .messages = 2, .key_age_ms = 1000 };
	struct history *history = history_rig_begin(_i, &limits);
	struct message found = { 0 };

	post_with_key(history, "hello", "k", NOW);
	post_numbers(history, 5);
	assert_span(history, RED, NOW, 5, 6);
	ck_assert(history_find_key(history, RED, STR("k"), NOW, &found));
	ck_assert_uint_eq(found.seq, 1);
	ck_assert_int_eq(found.at_ms, NOW);
	ck_assert_uint_eq(number_of_key(history, "k", NOW + 999), 1);
	ck_assert_uint_eq(number_of_key(history, "k", NOW + 1000), 0);
	history_expire(history, NOW + 1000);
	ck_assert_uint_eq(number_of_key(history, "k", NOW), 0);
	/* The key can be used again, and evicted again. */
	ck_assert_uint_eq(post_with_key(history, "again", "k", NOW), 7);
	ck_assert_uint_eq(number_of_key(history, "k", NOW), 7);
	post_numbers(history, 5);
	ck_assert_uint_eq(number_of_key(history, "k", NOW), 7);
	history_rig_end(history);
}
END_TEST

START_TEST(even_the_narrowest_limits_keep_the_newest)
{
	struct history_limits limits = { 1, 1, 1, 1, 1 };
	struct history *history = history_rig_begin(_i, &limits);

	for (uint64_t seq = 1; seq <= 20; seq++) {
		ck_assert_uint_eq(post_with_key(history, "hello", "k", NOW),
		    seq);
		assert_span(history, RED, NOW, seq, seq);
		ck_assert_uint_eq(number_of_key(history, "k", NOW), seq);
	}
	history_rig_end(history);
}
END_TEST

START_TEST(no_limits_let_nothing_go)
{
	struct history_limits limits = { 0 };
	struct history *history = history_rig_begin(_i, &limits);

	post_numbers(history, 3000);
	history_expire(history, INT64_MAX);
	assert_span(history, RED, INT64_MAX, 1, 3000);
	assert_each(history, RED, 2999, INT64_MAX, "2999:2999 3000:3000 ");
	history_rig_end(history);
}
END_TEST

START_TEST(changed_limits_hold_from_the_next_message_on)
{
	struct history_limits limits = history_rig_limits;
	struct history *history = history_rig_begin(_i, &limits);

	post_numbers(history, 20);
	limits.messages = 2;
	assert_span(history, RED, NOW, 1, 20);
	post(history, "new");
	assert_each(history, RED, 0, NOW, "20:20 21:new ");
	limits.messages = 3;
	post(history, "newer");
	assert_each(history, RED, 0, NOW, "20:20 21:new 22:newer ");
	history_rig_end(history);
}
END_TEST

/* The lifetime of a message, by age_ms or by ttl_ms. */
static const struct {
	int64_t age_ms;
	int64_t ttl_ms;
} lifetimes[] = { { 1000, 0 }, { 0, 1000 }, { 1000, 5000 }, { 5000, 1000 } };

START_TEST(what_is_too_old_is_not_shown_and_goes)
{
	for (size_t i = 0; i < COUNT_OF(lifetimes); i++) {
		struct history_limits limits = { .age_ms =
						     lifetimes[i].age_ms };
		struct history *history = history_rig_begin(_i, &limits);
		size_t bytes;

		history_close(history, RED);
		ck_assert_int_eq(history_open(history, RED, lifetimes[i].ttl_ms,
				     false),
		    CHAT_OK);
		bytes = history_bytes(history);
		post_with_key(history, "old", "k1", NOW);
		post_with_key(history, "new", "k2", NOW + 500);
		assert_each(history, RED, 0, NOW + 999, "1:old 2:new ");
		ck_assert_uint_eq(number_of_key(history, "k1", NOW + 999), 1);

		assert_each(history, RED, 0, NOW + 1000, "2:new ");
		assert_each(history, RED, 1, NOW + 1000, "2:new ");
		assert_span(history, RED, NOW + 1000, 2, 2);
		ck_assert_uint_eq(number_of_key(history, "k1", NOW + 1000), 0);
		ck_assert_uint_eq(number_of_key(history, "k2", NOW + 1000), 2);

		history_expire(history, NOW + 1000);
		assert_each(history, RED, 0, NOW, "2:new ");
		assert_span(history, RED, NOW + 1500, 3, 2);
		history_expire(history, NOW + 1500);
		ck_assert_uint_eq(history_bytes(history), bytes);
		ck_assert_uint_eq(post_at(history, RED, "next", NOW), 3);
		assert_each(history, RED, 0, NOW + 1499, "3:next ");
		history_rig_end(history);
	}
}
END_TEST

static uint64_t
history_evicted(struct history *history, struct str room, int64_t now_ms)
{
	struct history_span span;

	ck_assert_int_eq(history_span(history, room, now_ms, &span), CHAT_OK);
	return span.evicted;
}

START_TEST(reports_what_was_evicted_before_its_age)
{
	struct history_limits limits = { .messages = 2, .age_ms = 100 };
	struct history *history = history_rig_begin(_i, &limits);

	post_at(history, RED, "1", NOW);
	post_at(history, RED, "2", NOW);
	ck_assert_uint_eq(history_evicted(history, RED, NOW), 0);
	history_expire(history, NOW + 100);
	ck_assert_uint_eq(history_evicted(history, RED, NOW + 100), 0);
	post_at(history, RED, "3", NOW + 100);
	post_at(history, RED, "4", NOW + 100);
	post_at(history, RED, "5", NOW + 101);
	ck_assert_uint_eq(history_evicted(history, RED, NOW + 101), 3);
	post_at(history, RED, "6", NOW + 200);
	ck_assert_uint_eq(history_evicted(history, RED, NOW + 200), 3);
	ck_assert_int_eq(history_open(history, STR("blue"), 0, false), CHAT_OK);
	limits.total_bytes = 1;
	post_at(history, STR("blue"), "1", NOW + 200);
	ck_assert_uint_eq(history_evicted(history, RED, NOW + 200), 6);
	ck_assert_uint_eq(history_evicted(history, STR("blue"), NOW + 200), 0);
	history_rig_end(history);
}
END_TEST

START_TEST(every_message_is_shown_until_its_own_time_is_up)
{
	struct history_limits limits = { .age_ms = 100 };
	struct history *history = history_rig_begin(_i, &limits);

	for (int i = 0; i < 50; i++)
		post_at(history, RED, "x", NOW + i / 2);
	for (int i = 0; i < 30; i++)
		assert_span(history, RED, NOW + 100 + i,
		    i < 25 ? 2 * (uint64_t)i + 3 : 51, 50);
	history_rig_end(history);
}
END_TEST

START_TEST(expired_messages_leave_no_byte_behind)
{
	struct history *history = history_rig_begin(_i, &history_rig_limits);
	size_t empty;
	char key[16];

	ck_assert_int_eq(history_open(history, STR("blue"), 30000, false),
	    CHAT_OK);
	empty = history_bytes(history);
	for (int i = 0; i < 1000; i++) {
		struct message message = message_of("hello", NOW + i);

		snprintf(key, sizeof(key), "k%d", i);
		message.key = str_from(key);
		ck_assert_int_eq(history_append(history, STR("blue"), &message),
		    CHAT_OK);
	}
	history_expire(history, NOW + 30000 + 998);
	assert_span(history, STR("blue"), NOW + 30000 + 998, 1000, 1000);
	ck_assert_uint_gt(history_bytes(history), empty);
	history_expire(history, NOW + 30000 + 999);
	ck_assert_uint_eq(history_bytes(history), empty);
	history_rig_end(history);
}
END_TEST

/* Were each message looked at every time, this would take minutes. */
START_TEST(looks_only_at_what_is_too_old)
{
	struct history *history = history_rig_begin(_i, &history_rig_limits);

	ck_assert_int_eq(history_open(history, STR("blue"), 30000, false),
	    CHAT_OK);
	for (int i = 0; i < 50000; i++) {
		post(history, "x");
		post_at(history, STR("blue"), "x", NOW + i % 2);
	}
	for (int tick = 0; tick < 50000; tick++)
		history_expire(history, NOW + 29999 - tick % 1000);
	assert_span(history, STR("blue"), NOW, 1, 50000);
	history_rig_end(history);
}
END_TEST

START_TEST(the_clock_of_one_room_does_not_touch_another)
{
	struct history_limits limits = { .age_ms = 1000 };
	struct history *history = history_rig_begin(_i, &limits);

	ck_assert_int_eq(history_open(history, STR("blue"), 0, false), CHAT_OK);
	post_at(history, RED, "ahead", NOW + 60000);
	post_at(history, STR("blue"), "in time", NOW);
	history_expire(history, NOW + 1000);
	assert_each(history, STR("blue"), 0, NOW + 1000, "");
	assert_each(history, RED, 0, NOW + 1000, "1:ahead ");
	history_rig_end(history);
}
END_TEST

SUITE(history_limits)
{
	ADD_FOR_EACH_KIND(tests, a_limit_of_messages_lets_the_oldest_go);
	ADD_FOR_EACH_KIND(tests,
	    a_limit_of_bytes_lets_the_oldest_go_but_never_the_newest);
	ADD_FOR_EACH_KIND(tests, a_limit_over_all_rooms_takes_from_the_largest);
	ADD_FOR_EACH_KIND(tests, a_retry_is_known_when_its_message_is_gone);
	ADD_FOR_EACH_KIND(tests, even_the_narrowest_limits_keep_the_newest);
	ADD_FOR_EACH_KIND(tests, no_limits_let_nothing_go);
	ADD_FOR_EACH_KIND(tests, changed_limits_hold_from_the_next_message_on);
	ADD_FOR_EACH_KIND(tests, what_is_too_old_is_not_shown_and_goes);
	ADD_FOR_EACH_KIND(tests, reports_what_was_evicted_before_its_age);
	ADD_FOR_EACH_KIND(tests,
	    every_message_is_shown_until_its_own_time_is_up);
	ADD_FOR_EACH_KIND(tests, expired_messages_leave_no_byte_behind);
	ADD_FOR_EACH_KIND(tests, looks_only_at_what_is_too_old);
	ADD_FOR_EACH_KIND(tests, the_clock_of_one_room_does_not_touch_another);
}
