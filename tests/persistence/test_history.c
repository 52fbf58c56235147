/* What every history must do. */
#include <stdio.h>

#include "tests/persistence/store_contract.h"

#define NOW 1000000
#define RED STR("red")

/* No test stores more than this. */
static const struct history_limits generous = { .messages = 100000,
	.bytes = 100000000,
	.age_ms = INT64_C(1) << 40,
	.total_bytes = 1000000000 };

static struct history *
history_create(int kind, const struct history_limits *limits)
{
	struct history *history = store_kinds[kind].history(limits);

	ck_assert_ptr_nonnull(history);
	ck_assert_int_eq(history_open(history, RED, 0), CHAT_OK);
	return history;
}

/* After all rooms are closed, nothing is held. */
static void
destroy(struct history *history)
{
	history_close(history, RED);
	history_close(history, STR("blue"));
	ck_assert_uint_eq(history_bytes(history), 0);
	history_destroy(history);
}

static struct message
message_of(const char *body, int64_t at_ms)
{
	return (struct message){ .at_ms = at_ms,
		.author = STR("Alice"),
		.author_id = STR("a1"),
		.body = str_from(body) };
}

/* Returns the number that the message got. */
static uint64_t
say_at(struct history *history, struct str room, const char *body,
    int64_t at_ms)
{
	struct message message = message_of(body, at_ms);

	ck_assert_int_eq(history_append(history, room, &message), CHAT_OK);
	ck_assert_int_ge(message.at_ms, at_ms);
	return message.seq;
}

static uint64_t
say(struct history *history, const char *body)
{
	return say_at(history, RED, body, NOW);
}

static uint64_t
say_with_key(struct history *history, const char *body, const char *key,
    int64_t at_ms)
{
	struct message message = message_of(body, at_ms);

	message.key = str_from(key);
	ck_assert_int_eq(history_append(history, RED, &message), CHAT_OK);
	return message.seq;
}

/* Says "1", "2", … "n" in the red room. */
static void
count_to(struct history *history, int n)
{
	char body[16];

	for (int i = 1; i <= n; i++) {
		snprintf(body, sizeof(body), "%d", i);
		say(history, body);
	}
}

struct line {
	char text[1000];
	int most; /* visits; 0: any number */
};

static bool
append_message(const struct message *message, void *arg)
{
	struct line *line = arg;
	size_t len = strlen(line->text);

	ck_assert(str_equal(message->author, STR("Alice")));
	ck_assert(str_equal(message->author_id, STR("a1")));
	snprintf(line->text + len, sizeof(line->text) - len, "%d:%.*s ",
	    (int)message->seq, (int)message->body.len, message->body.data);
	return --line->most != 0;
}

/* What is shown from a number on: "1:hello 2:world ". */
static void
assert_each(struct history *history, struct str room, uint64_t from_seq,
    int64_t now_ms, const char *expected)
{
	struct line line = { "", 0 };

	history_each(history, room, from_seq, now_ms, append_message, &line);
	ck_assert_str_eq(line.text, expected);
}

static void
assert_span(struct history *history, struct str room, int64_t now_ms,
    uint64_t first, uint64_t last)
{
	struct history_span span;

	ck_assert_int_eq(history_span(history, room, now_ms, &span), CHAT_OK);
	ck_assert_uint_eq(span.first, first);
	ck_assert_uint_eq(span.last, last);
}

/* Under which number a key is found; 0: it is not. */
static uint64_t
find(struct history *history, const char *key, int64_t now_ms)
{
	struct message message;

	if (!history_find_key(history, RED, str_from(key), now_ms, &message))
		return 0;
	ck_assert(str_equal(message.key, str_from(key)));
	return message.seq;
}

START_TEST(a_room_begins_with_nothing_said)
{
	struct history *history = history_create(_i, &generous);

	assert_span(history, RED, NOW, 1, 0);
	assert_each(history, RED, 0, NOW, "");
	ck_assert_uint_eq(find(history, "k", NOW), 0);
	destroy(history);
}
END_TEST

START_TEST(a_room_that_is_not_open_has_no_history)
{
	struct history *history = history_create(_i, &generous);
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
	destroy(history);
}
END_TEST

START_TEST(a_room_is_opened_once_until_it_is_closed)
{
	struct history *history = history_create(_i, &generous);

	say(history, "hello");
	ck_assert_int_eq(history_open(history, RED, 5000), CHAT_ROOM_EXISTS);
	assert_span(history, RED, NOW, 1, 1);
	history_close(history, RED);
	ck_assert_int_eq(history_open(history, RED, 0), CHAT_OK);
	assert_span(history, RED, NOW, 1, 0);
	destroy(history);
}
END_TEST

START_TEST(knows_when_the_last_was_said_even_if_it_is_gone)
{
	struct history *history = history_create(_i, &generous);
	struct history_span span;

	ck_assert_int_eq(history_open(history, STR("blue"), 5000), CHAT_OK);
	ck_assert_int_eq(history_span(history, STR("blue"), NOW, &span),
	    CHAT_OK);
	ck_assert_int_eq(span.last_at_ms, 0);
	say_at(history, STR("blue"), "hello", NOW);
	say_at(history, STR("blue"), "bye", NOW + 1);
	history_expire(history, NOW + 6000);
	ck_assert_int_eq(history_span(history, STR("blue"), NOW + 6000, &span),
	    CHAT_OK);
	ck_assert_uint_gt(span.first, span.last);
	ck_assert_int_eq(span.last_at_ms, NOW + 1);
	destroy(history);
}
END_TEST

START_TEST(gives_a_message_back_as_it_was_said)
{
	struct history *history = history_create(_i, &generous);
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
	destroy(history);
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
	struct history *history = history_create(_i, &generous);

	say(history, "hello");
	history_each(history, RED, 1, NOW, assert_has_no_key, NULL);
	destroy(history);
}
END_TEST

START_TEST(numbers_each_room_on_its_own)
{
	struct history *history = history_create(_i, &generous);

	ck_assert_int_eq(history_open(history, STR("blue"), 0), CHAT_OK);
	ck_assert_uint_eq(say(history, "hello"), 1);
	ck_assert_uint_eq(say_at(history, STR("blue"), "hi", NOW), 1);
	ck_assert_uint_eq(say(history, "world"), 2);
	assert_each(history, RED, 1, NOW, "1:hello 2:world ");
	assert_each(history, STR("blue"), 1, NOW, "1:hi ");
	destroy(history);
}
END_TEST

START_TEST(shows_what_follows_a_number)
{
	struct history *history = history_create(_i, &generous);
	struct line line = { "", 2 };

	count_to(history, 5);
	assert_each(history, RED, 0, NOW, "1:1 2:2 3:3 4:4 5:5 ");
	assert_each(history, RED, 4, NOW, "4:4 5:5 ");
	assert_each(history, RED, 6, NOW, "");
	assert_each(history, RED, UINT64_MAX, NOW, "");
	history_each(history, RED, 2, NOW, append_message, &line);
	ck_assert_str_eq(line.text, "2:2 3:3 ");
	destroy(history);
}
END_TEST

START_TEST(time_never_runs_back_in_a_room)
{
	struct history *history = history_create(_i, &generous);
	struct message message = message_of("later", NOW);

	ck_assert_int_eq(history_open(history, STR("blue"), 0), CHAT_OK);
	ck_assert_int_eq(history_append(history, RED, &message), CHAT_OK);
	message = message_of("earlier", NOW - 500);
	ck_assert_int_eq(history_append(history, RED, &message), CHAT_OK);
	ck_assert_int_eq(message.at_ms, NOW);
	message = message_of("elsewhere", NOW - 500);
	ck_assert_int_eq(history_append(history, STR("blue"), &message),
	    CHAT_OK);
	ck_assert_int_eq(message.at_ms, NOW - 500);
	destroy(history);
}
END_TEST

START_TEST(a_limit_of_messages_lets_the_oldest_go)
{
	struct history_limits limits = { .messages = 3 };
	struct history *history = history_create(_i, &limits);

	count_to(history, 3);
	assert_each(history, RED, 0, NOW, "1:1 2:2 3:3 ");
	say(history, "4");
	assert_each(history, RED, 0, NOW, "2:2 3:3 4:4 ");
	assert_span(history, RED, NOW, 2, 4);
	count_to(history, 100);
	assert_each(history, RED, 0, NOW, "102:98 103:99 104:100 ");
	destroy(history);
}
END_TEST

START_TEST(a_limit_of_bytes_lets_the_oldest_go_but_never_the_newest)
{
	struct history_limits limits = { .bytes = 2000 };
	struct history *history = history_create(_i, &limits);
	static char large[3001];
	struct history_span span;

	count_to(history, 100);
	ck_assert_int_eq(history_span(history, RED, NOW, &span), CHAT_OK);
	ck_assert_uint_gt(span.first, 1);
	ck_assert_uint_lt(span.first, 100);
	memset(large, 'x', sizeof(large) - 1);
	say(history, large);
	assert_span(history, RED, NOW, 101, 101);
	say(history, "small");
	assert_each(history, RED, 0, NOW, "102:small ");
	destroy(history);
}
END_TEST

START_TEST(a_limit_over_all_rooms_lets_the_oldest_of_all_go)
{
	struct history_limits limits = { .total_bytes = 10000 };
	struct history *history = history_create(_i, &limits);
	struct history_span span;

	ck_assert_int_eq(history_open(history, STR("blue"), 0), CHAT_OK);
	count_to(history, 10);
	for (int i = 1; i <= 1000; i++) {
		say_at(history, STR("blue"), "twenty-four more bytes..", NOW);
		ck_assert_uint_le(history_bytes(history), 10000);
	}
	assert_span(history, RED, NOW, 11, 10);
	ck_assert_int_eq(history_span(history, STR("blue"), NOW, &span),
	    CHAT_OK);
	ck_assert_uint_gt(span.first, 800);
	ck_assert_uint_eq(span.last, 1000);
	ck_assert_uint_eq(say(history, "still here"), 11);
	assert_each(history, RED, 0, NOW, "11:still here ");
	destroy(history);
}
END_TEST

START_TEST(even_the_narrowest_limits_keep_the_newest)
{
	struct history_limits limits = { 1, 1, 1, 1 };
	struct history *history = history_create(_i, &limits);

	for (uint64_t seq = 1; seq <= 20; seq++) {
		ck_assert_uint_eq(say_with_key(history, "hello", "k", NOW),
		    seq);
		assert_span(history, RED, NOW, seq, seq);
		ck_assert_uint_eq(find(history, "k", NOW), seq);
	}
	destroy(history);
}
END_TEST

START_TEST(no_limits_let_nothing_go)
{
	struct history_limits limits = { 0 };
	struct history *history = history_create(_i, &limits);

	count_to(history, 3000);
	history_expire(history, INT64_MAX);
	assert_span(history, RED, INT64_MAX, 1, 3000);
	assert_each(history, RED, 2999, INT64_MAX, "2999:2999 3000:3000 ");
	destroy(history);
}
END_TEST

START_TEST(changed_limits_hold_from_the_next_message_on)
{
	struct history_limits limits = generous;
	struct history *history = history_create(_i, &limits);

	count_to(history, 20);
	limits.messages = 2;
	assert_span(history, RED, NOW, 1, 20);
	say(history, "new");
	assert_each(history, RED, 0, NOW, "20:20 21:new ");
	limits.messages = 3;
	say(history, "newer");
	assert_each(history, RED, 0, NOW, "20:20 21:new 22:newer ");
	destroy(history);
}
END_TEST

/* The life of a message, however it is given. */
static const struct {
	int64_t age_ms;
	int64_t ttl_ms;
} lives[] = { { 1000, 0 }, { 0, 1000 }, { 1000, 5000 }, { 5000, 1000 } };

START_TEST(what_is_too_old_is_not_shown_and_goes)
{
	for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
		struct history_limits limits = { .age_ms = lives[i].age_ms };
		struct history *history = history_create(_i, &limits);
		size_t bytes;

		history_close(history, RED);
		ck_assert_int_eq(history_open(history, RED, lives[i].ttl_ms),
		    CHAT_OK);
		bytes = history_bytes(history);
		say_with_key(history, "old", "k1", NOW);
		say_with_key(history, "new", "k2", NOW + 500);
		assert_each(history, RED, 0, NOW + 999, "1:old 2:new ");
		ck_assert_uint_eq(find(history, "k1", NOW + 999), 1);

		assert_each(history, RED, 0, NOW + 1000, "2:new ");
		assert_each(history, RED, 1, NOW + 1000, "2:new ");
		assert_span(history, RED, NOW + 1000, 2, 2);
		ck_assert_uint_eq(find(history, "k1", NOW + 1000), 0);
		ck_assert_uint_eq(find(history, "k2", NOW + 1000), 2);

		history_expire(history, NOW + 1000);
		assert_each(history, RED, 0, NOW, "2:new ");
		assert_span(history, RED, NOW + 1500, 3, 2);
		history_expire(history, NOW + 1500);
		ck_assert_uint_eq(history_bytes(history), bytes);
		ck_assert_uint_eq(say_at(history, RED, "next", NOW), 3);
		assert_each(history, RED, 0, NOW + 1499, "3:next ");
		destroy(history);
	}
}
END_TEST

START_TEST(every_message_is_shown_until_its_own_time_is_up)
{
	struct history_limits limits = { .age_ms = 100 };
	struct history *history = history_create(_i, &limits);

	for (int i = 0; i < 50; i++)
		say_at(history, RED, "x", NOW + i / 2);
	for (int i = 0; i < 30; i++)
		assert_span(history, RED, NOW + 100 + i,
		    i < 25 ? 2 * (uint64_t)i + 3 : 51, 50);
	destroy(history);
}
END_TEST

START_TEST(what_has_lived_its_life_leaves_no_byte_behind)
{
	struct history *history = history_create(_i, &generous);
	size_t empty;
	char key[16];

	ck_assert_int_eq(history_open(history, STR("blue"), 30000), CHAT_OK);
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
	destroy(history);
}
END_TEST

/* Were each message looked at every time, this would take minutes. */
START_TEST(looks_only_at_what_is_too_old)
{
	struct history *history = history_create(_i, &generous);

	ck_assert_int_eq(history_open(history, STR("blue"), 30000), CHAT_OK);
	for (int i = 0; i < 50000; i++) {
		say(history, "x");
		say_at(history, STR("blue"), "x", NOW + i % 2);
	}
	for (int tick = 0; tick < 50000; tick++)
		history_expire(history, NOW + 29999 - tick % 1000);
	assert_span(history, STR("blue"), NOW, 1, 50000);
	destroy(history);
}
END_TEST

START_TEST(the_clock_of_one_room_does_not_touch_another)
{
	struct history_limits limits = { .age_ms = 1000 };
	struct history *history = history_create(_i, &limits);

	ck_assert_int_eq(history_open(history, STR("blue"), 0), CHAT_OK);
	say_at(history, RED, "ahead", NOW + 60000);
	say_at(history, STR("blue"), "in time", NOW);
	history_expire(history, NOW + 1000);
	assert_each(history, STR("blue"), 0, NOW + 1000, "");
	assert_each(history, RED, 0, NOW + 1000, "1:ahead ");
	destroy(history);
}
END_TEST

START_TEST(finds_a_message_by_its_key)
{
	struct history_limits limits = { .messages = 3 };
	struct history *history = history_create(_i, &limits);

	say_with_key(history, "one", "k1", NOW);
	say(history, "two");
	say_with_key(history, "three", "k3", NOW);
	ck_assert_uint_eq(find(history, "k1", NOW), 1);
	ck_assert_uint_eq(find(history, "k3", NOW), 3);
	ck_assert_uint_eq(find(history, "k2", NOW), 0);
	say(history, "four");
	ck_assert_uint_eq(find(history, "k1", NOW), 0);
	ck_assert_uint_eq(find(history, "k3", NOW), 3);
	destroy(history);
}
END_TEST

START_TEST(a_key_that_comes_again_leads_to_the_later_message)
{
	struct history_limits limits = { .messages = 2, .age_ms = 1000 };
	struct history *history = history_create(_i, &limits);

	say_with_key(history, "one", "k", NOW);
	ck_assert_uint_eq(find(history, "k", NOW + 1000), 0);
	say_with_key(history, "two", "k", NOW + 1000);
	ck_assert_uint_eq(find(history, "k", NOW + 1000), 2);
	say(history, "three");
	ck_assert_uint_eq(find(history, "k", NOW + 1000), 2);
	say(history, "four");
	ck_assert_uint_eq(find(history, "k", NOW + 1000), 0);
	destroy(history);
}
END_TEST

START_TEST(a_closed_room_frees_only_what_was_said_in_it)
{
	struct history *history = history_create(_i, &generous);
	size_t bytes;

	ck_assert_int_eq(history_open(history, STR("blue"), 60000), CHAT_OK);
	bytes = history_bytes(history);
	say(history, "red 1");
	ck_assert_uint_gt(history_bytes(history), bytes);
	bytes = history_bytes(history);
	say_at(history, STR("blue"), "blue 1", NOW);
	say(history, "red 2");
	say_at(history, STR("blue"), "blue 2", NOW);
	history_close(history, STR("blue"));
	assert_each(history, RED, 0, NOW, "1:red 1 2:red 2 ");
	history_close(history, RED);
	ck_assert_uint_eq(history_bytes(history), 0);
	ck_assert_int_eq(history_open(history, RED, 0), CHAT_OK);
	ck_assert_int_eq(history_open(history, STR("blue"), 60000), CHAT_OK);
	say(history, "red 1");
	ck_assert_uint_eq(history_bytes(history), bytes);
	destroy(history);
}
END_TEST

START_TEST(can_be_destroyed_with_rooms_open)
{
	struct history *history = history_create(_i, &generous);

	ck_assert_int_eq(history_open(history, STR("blue"), 60000), CHAT_OK);
	say_with_key(history, "hello", "k", NOW);
	say_at(history, STR("blue"), "hi", NOW);
	history_destroy(history);
}
END_TEST

SUITE(history)
{
	ADD_FOR_EACH_KIND(tests, a_room_begins_with_nothing_said);
	ADD_FOR_EACH_KIND(tests, a_room_that_is_not_open_has_no_history);
	ADD_FOR_EACH_KIND(tests, a_room_is_opened_once_until_it_is_closed);
	ADD_FOR_EACH_KIND(tests,
	    knows_when_the_last_was_said_even_if_it_is_gone);
	ADD_FOR_EACH_KIND(tests, gives_a_message_back_as_it_was_said);
	ADD_FOR_EACH_KIND(tests, shows_an_absent_key_as_absent);
	ADD_FOR_EACH_KIND(tests, numbers_each_room_on_its_own);
	ADD_FOR_EACH_KIND(tests, shows_what_follows_a_number);
	ADD_FOR_EACH_KIND(tests, time_never_runs_back_in_a_room);
	ADD_FOR_EACH_KIND(tests, a_limit_of_messages_lets_the_oldest_go);
	ADD_FOR_EACH_KIND(tests,
	    a_limit_of_bytes_lets_the_oldest_go_but_never_the_newest);
	ADD_FOR_EACH_KIND(tests,
	    a_limit_over_all_rooms_lets_the_oldest_of_all_go);
	ADD_FOR_EACH_KIND(tests, even_the_narrowest_limits_keep_the_newest);
	ADD_FOR_EACH_KIND(tests, no_limits_let_nothing_go);
	ADD_FOR_EACH_KIND(tests, changed_limits_hold_from_the_next_message_on);
	ADD_FOR_EACH_KIND(tests, what_is_too_old_is_not_shown_and_goes);
	ADD_FOR_EACH_KIND(tests,
	    every_message_is_shown_until_its_own_time_is_up);
	ADD_FOR_EACH_KIND(tests, what_has_lived_its_life_leaves_no_byte_behind);
	ADD_FOR_EACH_KIND(tests, looks_only_at_what_is_too_old);
	ADD_FOR_EACH_KIND(tests, the_clock_of_one_room_does_not_touch_another);
	ADD_FOR_EACH_KIND(tests, finds_a_message_by_its_key);
	ADD_FOR_EACH_KIND(tests,
	    a_key_that_comes_again_leads_to_the_later_message);
	ADD_FOR_EACH_KIND(tests, a_closed_room_frees_only_what_was_said_in_it);
	ADD_FOR_EACH_KIND(tests, can_be_destroyed_with_rooms_open);
}
