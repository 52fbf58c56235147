#include "tests/support/persistence/history_rig.h"

#include <stdio.h>

const struct history_limits history_rig_limits = { .messages = 100000,
	.bytes = 100000000,
	.age_ms = INT64_C(1) << 40,
	.total_bytes = 1000000000 };

struct history *
history_rig_begin(int kind, const struct history_limits *limits)
{
	struct history *history = store_kinds[kind].history(limits);

	ck_assert_ptr_nonnull(history);
	ck_assert_int_eq(history_open(history, RED, 0, false), CHAT_OK);
	return history;
}

void
history_rig_end(struct history *history)
{
	history_close(history, RED);
	history_close(history, STR("blue"));
	ck_assert_uint_eq(history_bytes(history), 0);
	history_destroy(history);
}

struct message
message_of(const char *body, int64_t at_ms)
{
	return (struct message){ .at_ms = at_ms,
		.author = STR("Alice"),
		.author_id = STR("a1"),
		.body = str_from(body) };
}

uint64_t
post_at(struct history *history, struct str room, const char *body,
    int64_t at_ms)
{
	struct message message = message_of(body, at_ms);

	ck_assert_int_eq(history_append(history, room, &message), CHAT_OK);
	ck_assert_int_ge(message.at_ms, at_ms);
	return message.seq;
}

uint64_t
post(struct history *history, const char *body)
{
	return post_at(history, RED, body, NOW);
}

uint64_t
post_with_key(struct history *history, const char *body, const char *key,
    int64_t at_ms)
{
	struct message message = message_of(body, at_ms);

	message.key = str_from(key);
	ck_assert_int_eq(history_append(history, RED, &message), CHAT_OK);
	return message.seq;
}

void
post_numbers(struct history *history, int n)
{
	char body[16];

	for (int i = 1; i <= n; i++) {
		snprintf(body, sizeof(body), "%d", i);
		post(history, body);
	}
}

struct line {
	char text[1000];
	int most; /* visits; 0: any number */
};

static bool
line_append_message(const struct message *message, void *arg)
{
	struct line *line = arg;
	size_t len = strlen(line->text);

	ck_assert(str_equal(message->author, STR("Alice")));
	ck_assert(str_equal(message->author_id, STR("a1")));
	snprintf(line->text + len, sizeof(line->text) - len, "%d:%.*s ",
	    (int)message->seq, (int)message->body.len, message->body.data);
	return --line->most != 0;
}

void
assert_first(struct history *history, struct str room, uint64_t from_seq,
    int64_t now_ms, int most, const char *expected)
{
	struct line line = { "", most };

	history_each(history, room, from_seq, now_ms, line_append_message,
	    &line);
	ck_assert_str_eq(line.text, expected);
}

void
assert_each(struct history *history, struct str room, uint64_t from_seq,
    int64_t now_ms, const char *expected)
{
	assert_first(history, room, from_seq, now_ms, 0, expected);
}

void
assert_span(struct history *history, struct str room, int64_t now_ms,
    uint64_t first, uint64_t last)
{
	struct history_span span;

	ck_assert_int_eq(history_span(history, room, now_ms, &span), CHAT_OK);
	ck_assert_uint_eq(span.first, first);
	ck_assert_uint_eq(span.last, last);
}

uint64_t
number_of_key(struct history *history, const char *key, int64_t now_ms)
{
	struct message message;

	if (!history_find_key(history, RED, str_from(key), now_ms, &message))
		return 0;
	ck_assert(str_equal(message.key, str_from(key)));
	return message.seq;
}
