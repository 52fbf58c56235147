#include "domain/command_copy.h"

#include <stdlib.h>

#include "tests/suite.h"

/* Every text of a command, so that the copy must have all of them. */
static const struct command full = {
	.kind = COMMAND_ROOM_JOIN,
	.flags = COMMAND_MAY_CREATE,
	.author = { "author", 6 },
	.scope = { "scope", 5 },
	.ref = { "ref", 3 },
	.word = { "word", 4 },
	.room = { "room", 4 },
	.name = { "name", 4 },
	.recipient = { "recipient", 9 },
	.body = { "body", 4 },
	.key = { "key", 3 },
	.fields = { "fields", 6 },
	.after = { "after", 5 },
	.reaction = { "reaction", 8 },
	.reason = { "reason", 6 },
	.topic = { "topic", 5 },
	.role = { "role", 4 },
	.since_epoch = { "epoch", 5 },
	.as_id = { "as_id", 5 },
	.as_name = { "as_name", 7 },
	.since_seq = 7,
	.limit = 8,
	.ttl_ms = 9,
};

static bool
is_within(struct str text, const char *texts, size_t size)
{
	return text.data >= texts && text.data + text.len <= texts + size;
}

START_TEST(copies_every_text)
{
	size_t size = command_text_bytes(&full);
	char *texts = malloc(size);
	struct command copy;
	const struct str *of_full = &full.author, *of_copy = &copy.author;
	size_t count = (offsetof(struct command, since_seq) -
			   offsetof(struct command, author)) /
		       sizeof(struct str);

	ck_assert_uint_eq(size, 93);
	command_copy(&full, &copy, texts);
	ck_assert_int_eq(copy.kind, full.kind);
	ck_assert_uint_eq(copy.flags, full.flags);
	ck_assert_uint_eq(copy.since_seq, 7);
	ck_assert_uint_eq(copy.limit, 8);
	ck_assert_int_eq(copy.ttl_ms, 9);
	ck_assert_uint_eq(count, 18);
	for (size_t i = 0; i < count; i++) {
		ck_assert(str_equal(of_copy[i], of_full[i]));
		ck_assert(is_within(of_copy[i], texts, size));
	}
	free(texts);
}
END_TEST

START_TEST(keeps_absent_texts_apart_from_empty_ones)
{
	struct command command = { .kind = COMMAND_PING, .ref = { "", 0 } };
	struct command copy;
	char texts[1];

	ck_assert_uint_eq(command_text_bytes(&command), 0);
	command_copy(&command, &copy, texts);
	ck_assert_ptr_null(copy.room.data);
	ck_assert_ptr_nonnull(copy.ref.data);
	ck_assert_uint_eq(copy.ref.len, 0);
}
END_TEST

SUITE(command_copy)
{
	tcase_add_test(tests, copies_every_text);
	tcase_add_test(tests, keeps_absent_texts_apart_from_empty_ones);
}
