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
	.file = {
	    .id = { "file", 4 },
	    .key = { "secret", 6 },
	    .name = { "a.png", 5 },
	    .type = { "image/png", 9 },
	    .size = 10,
	    .at = 11,
	},
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

	ck_assert_uint_eq(size, 117);
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

/* Where the texts of a command are. */
#define TEXTS 18
#define FILE_TEXTS 4
static const struct str *
command_text(const struct command *command, size_t i)
{
	return i < TEXTS ? &command->author + i : &command->file.id + i - TEXTS;
}

/* To be freed. */
static char *
command_repack(const struct command *command, bool with_content,
    struct command *out)
{
	struct command_pack pack = command_pack_plan(command, with_content);
	char *packed = malloc(pack.bytes);

	command_pack(command, pack, packed);
	memset(out, 0xa5, sizeof(*out));
	command_unpack(pack, packed, out);
	return packed;
}

START_TEST(unpacks_what_was_packed)
{
	struct command copy;
	char *packed = command_repack(&full, true, &copy);
	struct command texts_apart = full;

	for (size_t i = 0; i < TEXTS + FILE_TEXTS; i++) {
		const struct str *text = command_text(&full, i);
		const struct str *copied = command_text(&copy, i);

		ck_assert_uint_gt(text->len, 0);
		ck_assert(str_equal(*copied, *text));
		ck_assert_ptr_ne(copied->data, text->data);
		*(struct str *)(uintptr_t)command_text(&texts_apart, i) =
		    *copied;
	}
	ck_assert_mem_eq(&copy, &texts_apart, sizeof(copy));
	free(packed);
}
END_TEST

/* Each word alone is kept: none is mistaken for another. */
START_TEST(packs_each_word)
{
	for (size_t i = 0; i < sizeof(struct command) / 8; i++) {
		struct command command = { .kind = COMMAND_CONNECT }, copy;
		char *packed;

		if (i * 8 >= offsetof(struct command, author) &&
		    i * 8 < offsetof(struct command, since_seq))
			continue;
		if (i * 8 >= offsetof(struct command, file) &&
		    i * 8 < offsetof(struct command, file.size))
			continue;
		memset((char *)&command + i * 8, 0x77, 8);
		ck_assert_uint_eq(command_pack_plan(&command, true).bytes,
		    i == 0 ? 8 : 16);
		packed = command_repack(&command, true, &copy);
		ck_assert_mem_eq(&copy, &command, sizeof(copy));
		free(packed);
	}
}
END_TEST

START_TEST(packs_absent_and_empty_texts)
{
	struct command command = { .kind = COMMAND_PING, .ref = { "", 0 } };
	struct command copy;
	char *packed = command_repack(&command, true, &copy);

	ck_assert_int_eq(copy.kind, COMMAND_PING);
	ck_assert_ptr_null(copy.room.data);
	ck_assert_ptr_nonnull(copy.ref.data);
	ck_assert_uint_eq(copy.ref.len, 0);
	free(packed);
}
END_TEST

START_TEST(packs_without_what_the_entry_has)
{
	struct command copy;
	char *packed = command_repack(&full, false, &copy);

	ck_assert_ptr_null(copy.room.data);
	ck_assert_ptr_null(copy.scope.data);
	ck_assert_ptr_null(copy.body.data);
	ck_assert_uint_eq(copy.body.len, 0);
	ck_assert(str_equal(copy.key, full.key));
	ck_assert(str_equal(copy.author, full.author));
	free(packed);
}
END_TEST

SUITE(command_copy)
{
	tcase_add_test(tests, copies_every_text);
	tcase_add_test(tests, keeps_absent_texts_apart_from_empty_ones);
	tcase_add_test(tests, unpacks_what_was_packed);
	tcase_add_test(tests, packs_each_word);
	tcase_add_test(tests, packs_absent_and_empty_texts);
	tcase_add_test(tests, packs_without_what_the_entry_has);
}
