/* What every history must do. */
#include "tests/support/persistence/history_rig.h"

START_TEST(a_room_begins_without_messages)
{
	struct history *history = history_rig_begin(_i, &history_rig_limits);

	assert_span(history, RED, NOW, 1, 0);
	assert_each(history, RED, 0, NOW, "");
	ck_assert_uint_eq(number_of_key(history, "k", NOW), 0);
	history_rig_end(history);
}
END_TEST

START_TEST(a_room_that_is_not_open_has_no_history)
{
	struct history *history = history_rig_begin(_i, &history_rig_limits);
	struct message message = message_of("hello", NOW);
	struct history_span span;

	ck_assert_int_eq(history_append(history, STR("blue"), &message),
	    CHAT_ROOM_NOT_FOUND);
	ck_assert_int_eq(history_span(history, STR("blue"), NOW, &span),
	    CHAT_ROOM_NOT_FOUND);
	ck_assert(!history_find_key(history, STR("blue"), STR("k"), NOW,
	    &message));
	assert_each(history, STR("blue"), 0, NOW, "");
	history_close(history, STR("blue"));
	history_rig_end(history);
}
END_TEST

START_TEST(a_room_is_opened_once_until_it_is_closed)
{
	struct history *history = history_rig_begin(_i, &history_rig_limits);

	post(history, "hello");
	ck_assert_int_eq(history_open(history, RED, 5000, false),
	    CHAT_ROOM_EXISTS);
	assert_span(history, RED, NOW, 1, 1);
	history_close(history, RED);
	ck_assert_int_eq(history_open(history, RED, 0, false), CHAT_OK);
	assert_span(history, RED, NOW, 1, 0);
	history_rig_end(history);
}
END_TEST

START_TEST(keeps_the_time_of_the_last_message_after_its_eviction)
{
	struct history *history = history_rig_begin(_i, &history_rig_limits);
	struct history_span span;

	ck_assert_int_eq(history_open(history, STR("blue"), 5000, false),
	    CHAT_OK);
	ck_assert_int_eq(history_span(history, STR("blue"), NOW, &span),
	    CHAT_OK);
	ck_assert_int_eq(span.last_at_ms, 0);
	post_at(history, STR("blue"), "hello", NOW);
	post_at(history, STR("blue"), "bye", NOW + 1);
	history_expire(history, NOW + 6000);
	ck_assert_int_eq(history_span(history, STR("blue"), NOW + 6000, &span),
	    CHAT_OK);
	ck_assert_uint_gt(span.first, span.last);
	ck_assert_int_eq(span.last_at_ms, NOW + 1);
	history_rig_end(history);
}
END_TEST

START_TEST(returns_a_message_unchanged)
{
	struct history *history = history_rig_begin(_i, &history_rig_limits);
	char body[] = "[\"a\0b\"]", key[] = "k1";
	struct message message = message_of("", NOW);
	struct message out;

	message.body = str_slice(body, sizeof(body) - 1);
	message.author = STR("");
	message.key = str_from(key);
	ck_assert_int_eq(history_append(history, RED, &message), CHAT_OK);
	memset(body, 'x', sizeof(body));
	memset(key, 'x', sizeof(key) - 1);
	ck_assert(history_find_key(history, RED, STR("k1"), NOW, &out));
	ck_assert_uint_eq(out.seq, 1);
	ck_assert_int_eq(out.at_ms, NOW);
	ck_assert(str_equal(out.body, STR("[\"a\0b\"]")));
	ck_assert(str_equal(out.author, STR("")));
	ck_assert(str_equal(out.author_id, STR("a1")));
	ck_assert(str_equal(out.key, STR("k1")));
	history_rig_end(history);
}
END_TEST

static bool
assert_has_no_key(const struct message *message, void *arg)
{
	(void)arg;
	ck_assert_ptr_null(message->key.data);
	ck_assert_uint_eq(message->key.len, 0);
	return true;
}

START_TEST(shows_an_absent_key_as_absent)
{
	struct history *history = history_rig_begin(_i, &history_rig_limits);

	post(history, "hello");
	history_each(history, RED, 1, NOW, assert_has_no_key, NULL);
	history_rig_end(history);
}
END_TEST

START_TEST(numbers_each_room_on_its_own)
{
	struct history *history = history_rig_begin(_i, &history_rig_limits);

	ck_assert_int_eq(history_open(history, STR("blue"), 0, false), CHAT_OK);
	ck_assert_uint_eq(post(history, "hello"), 1);
	ck_assert_uint_eq(post_at(history, STR("blue"), "hi", NOW), 1);
	ck_assert_uint_eq(post(history, "world"), 2);
	assert_each(history, RED, 1, NOW, "1:hello 2:world ");
	assert_each(history, STR("blue"), 1, NOW, "1:hi ");
	history_rig_end(history);
}
END_TEST

START_TEST(shows_what_follows_a_number)
{
	struct history *history = history_rig_begin(_i, &history_rig_limits);

	post_numbers(history, 5);
	assert_each(history, RED, 0, NOW, "1:1 2:2 3:3 4:4 5:5 ");
	assert_each(history, RED, 4, NOW, "4:4 5:5 ");
	assert_each(history, RED, 6, NOW, "");
	assert_each(history, RED, UINT64_MAX, NOW, "");
	assert_first(history, RED, 2, NOW, 2, "2:2 3:3 ");
	history_rig_end(history);
}
END_TEST

START_TEST(time_never_runs_back_in_a_room)
{
	struct history *history = history_rig_begin(_i, &history_rig_limits);
	struct message message = message_of("later", NOW);

	ck_assert_int_eq(history_open(history, STR("blue"), 0, false), CHAT_OK);
	ck_assert_int_eq(history_append(history, RED, &message), CHAT_OK);
	message = message_of("earlier", NOW - 500);
	ck_assert_int_eq(history_append(history, RED, &message), CHAT_OK);
	ck_assert_int_eq(message.at_ms, NOW);
	message = message_of("elsewhere", NOW - 500);
	ck_assert_int_eq(history_append(history, STR("blue"), &message),
	    CHAT_OK);
	ck_assert_int_eq(message.at_ms, NOW - 500);
	history_rig_end(history);
}
END_TEST

START_TEST(finds_a_message_by_its_key)
{
	struct history_limits limits = { .messages = 3 };
	struct history *history = history_rig_begin(_i, &limits);

	post_with_key(history, "one", "k1", NOW);
	post(history, "two");
	post_with_key(history, "three", "k3", NOW);
	ck_assert_uint_eq(number_of_key(history, "k1", NOW), 1);
	ck_assert_uint_eq(number_of_key(history, "k3", NOW), 3);
	ck_assert_uint_eq(number_of_key(history, "k2", NOW), 0);
	post(history, "four");
	ck_assert_uint_eq(number_of_key(history, "k1", NOW), 0);
	ck_assert_uint_eq(number_of_key(history, "k3", NOW), 3);
	history_rig_end(history);
}
END_TEST

START_TEST(a_key_that_comes_again_leads_to_the_later_message)
{
	struct history_limits limits = { .messages = 2, .age_ms = 1000 };
	struct history *history = history_rig_begin(_i, &limits);

	post_with_key(history, "one", "k", NOW);
	ck_assert_uint_eq(number_of_key(history, "k", NOW + 1000), 0);
	post_with_key(history, "two", "k", NOW + 1000);
	ck_assert_uint_eq(number_of_key(history, "k", NOW + 1000), 2);
	post(history, "three");
	ck_assert_uint_eq(number_of_key(history, "k", NOW + 1000), 2);
	post(history, "four");
	ck_assert_uint_eq(number_of_key(history, "k", NOW + 1000), 0);
	history_rig_end(history);
}
END_TEST

START_TEST(a_closed_room_frees_only_its_messages)
{
	struct history *history = history_rig_begin(_i, &history_rig_limits);
	size_t bytes;

	ck_assert_int_eq(history_open(history, STR("blue"), 60000, false),
	    CHAT_OK);
	bytes = history_bytes(history);
	post(history, "red 1");
	ck_assert_uint_gt(history_bytes(history), bytes);
	bytes = history_bytes(history);
	post_at(history, STR("blue"), "blue 1", NOW);
	post(history, "red 2");
	post_at(history, STR("blue"), "blue 2", NOW);
	history_close(history, STR("blue"));
	assert_each(history, RED, 0, NOW, "1:red 1 2:red 2 ");
	history_close(history, RED);
	ck_assert_uint_eq(history_bytes(history), 0);
	ck_assert_int_eq(history_open(history, RED, 0, false), CHAT_OK);
	ck_assert_int_eq(history_open(history, STR("blue"), 60000, false),
	    CHAT_OK);
	post(history, "red 1");
	ck_assert_uint_eq(history_bytes(history), bytes);
	history_rig_end(history);
}
END_TEST

START_TEST(an_edit_replaces_a_text)
{
	struct history *history = history_rig_begin(_i, &history_rig_limits);
	struct message out;

	post(history, "one");
	post_with_key(history, "two", "k", NOW);
	post(history, "three");
	ck_assert_int_eq(history_amend(history, RED, 2, STR("a longer two"),
			     NOW + 5),
	    CHAT_OK);
	assert_each(history, RED, 0, NOW, "1:one 2:a longer two 3:three ");
	ck_assert(history_get(history, RED, 2, NOW, &out));
	ck_assert_int_eq(out.at_ms, NOW);
	ck_assert_int_eq(out.edited_ms, NOW + 5);
	ck_assert(!out.is_redacted);
	ck_assert(str_equal(out.author, STR("Alice")));
	ck_assert(str_equal(out.key, STR("k")));
	ck_assert_uint_eq(number_of_key(history, "k", NOW), 2);
	ck_assert_int_eq(history_amend(history, RED, 2, STR("2"), NOW + 6),
	    CHAT_OK);
	ck_assert(history_get(history, RED, 2, NOW, &out));
	ck_assert_int_eq(out.edited_ms, NOW + 6);
	ck_assert(history_get(history, RED, 1, NOW, &out));
	ck_assert_int_eq(out.edited_ms, 0);
	history_rig_end(history);
}
END_TEST

START_TEST(a_redacted_message_stays_without_its_text)
{
	struct history *history = history_rig_begin(_i, &history_rig_limits);
	size_t bytes;
	struct message out;

	post(history, "one");
	post_with_key(history, "two", "k", NOW);
	bytes = history_bytes(history);
	if (_i > 0)
		ck_assert_int_eq(history_amend(history, RED, 2, STR("edited"),
				     NOW),
		    CHAT_OK);
	ck_assert_int_eq(history_amend(history, RED, 2, STR_ABSENT, NOW),
	    CHAT_OK);
	ck_assert_uint_eq(history_bytes(history), bytes - 3);
	assert_each(history, RED, 0, NOW, "1:one 2: ");
	ck_assert(history_get(history, RED, 2, NOW, &out));
	ck_assert(out.is_redacted);
	ck_assert_int_eq(out.edited_ms, 0);
	ck_assert(str_equal(out.author, STR("Alice")));
	ck_assert_uint_eq(number_of_key(history, "k", NOW + 1000), 2);
	ck_assert_int_eq(history_amend(history, RED, 2, STR("again"), NOW),
	    CHAT_MESSAGE_NOT_FOUND);
	ck_assert_int_eq(history_amend(history, RED, 2, STR_ABSENT, NOW),
	    CHAT_MESSAGE_NOT_FOUND);
	ck_assert_uint_eq(post(history, "three"), 3);
	history_rig_end(history);
}
END_TEST

START_TEST(what_is_not_there_is_not_changed)
{
	struct history *history = history_rig_begin(_i, &history_rig_limits);
	struct message out;

	post(history, "one");
	ck_assert_int_eq(history_amend(history, RED, 2, STR("two"), NOW),
	    CHAT_MESSAGE_NOT_FOUND);
	ck_assert_int_eq(history_amend(history, STR("blue"), 1, STR("two"),
			     NOW),
	    CHAT_MESSAGE_NOT_FOUND);
	ck_assert(!history_get(history, RED, 2, NOW, &out));
	ck_assert(!history_get(history, STR("blue"), 1, NOW, &out));
	history_rig_end(history);
}
END_TEST

START_TEST(an_edit_keeps_the_limits)
{
	static const struct history_limits limits = { .bytes = 1000 };
	struct history *history = history_rig_begin(_i, &limits);
	static char text[900];

	memset(text, 'x', sizeof(text));
	post_numbers(history, 5);
	ck_assert_int_eq(history_amend(history, RED, 4,
			     str_slice(text, sizeof(text)), NOW),
	    CHAT_OK);
	assert_span(history, RED, NOW, 5, 5);
	history_rig_end(history);
}
END_TEST

START_TEST(can_be_destroyed_with_rooms_open)
{
	struct history *history = history_rig_begin(_i, &history_rig_limits);

	ck_assert_int_eq(history_open(history, STR("blue"), 60000, false),
	    CHAT_OK);
	post_with_key(history, "hello", "k", NOW);
	post_at(history, STR("blue"), "hi", NOW);
	history_destroy(history);
}
END_TEST

SUITE(history)
{
	ADD_FOR_EACH_KIND(tests, a_room_begins_without_messages);
	ADD_FOR_EACH_KIND(tests, a_room_that_is_not_open_has_no_history);
	ADD_FOR_EACH_KIND(tests, a_room_is_opened_once_until_it_is_closed);
	ADD_FOR_EACH_KIND(tests,
	    keeps_the_time_of_the_last_message_after_its_eviction);
	ADD_FOR_EACH_KIND(tests, returns_a_message_unchanged);
	ADD_FOR_EACH_KIND(tests, shows_an_absent_key_as_absent);
	ADD_FOR_EACH_KIND(tests, numbers_each_room_on_its_own);
	ADD_FOR_EACH_KIND(tests, shows_what_follows_a_number);
	ADD_FOR_EACH_KIND(tests, time_never_runs_back_in_a_room);
	ADD_FOR_EACH_KIND(tests, finds_a_message_by_its_key);
	ADD_FOR_EACH_KIND(tests,
	    a_key_that_comes_again_leads_to_the_later_message);
	ADD_FOR_EACH_KIND(tests, a_closed_room_frees_only_its_messages);
	ADD_FOR_EACH_KIND(tests, an_edit_replaces_a_text);
	ADD_FOR_EACH_KIND(tests, a_redacted_message_stays_without_its_text);
	ADD_FOR_EACH_KIND(tests, what_is_not_there_is_not_changed);
	ADD_FOR_EACH_KIND(tests, an_edit_keeps_the_limits);
	ADD_FOR_EACH_KIND(tests, can_be_destroyed_with_rooms_open);
}
