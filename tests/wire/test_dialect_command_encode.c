#include <stdlib.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/wire/oracle.h"
#include "tests/support/wire/vectors.h"
#include "wire/dialect_command.h"

static struct vectors vectors;

/* The text with a NUL, or "" if nothing is said. */
static char *
encode(const struct vector *vector, enum viewpoint viewpoint)
{
	struct vector_event parsed;
	struct wire_text text;
	char *copy;

	wire_text_init(&text);
	vector_event_parse(&parsed, vector);
	ck_assert_int_eq(dialect_command.encode(&parsed.event, viewpoint,
			     &text),
	    text.len > 0);
	ck_assert(!text.failed);
	copy = text.len == 0 ? strdup("") : strndup(text.data, text.len);
	vector_event_free(&parsed);
	wire_text_fini(&text);
	return copy;
}

START_TEST(is_spelled_as_its_example_says)
{
	const struct vector *vector = &vectors.items[_i];
	char *text = encode(vector, VIEW_OTHERS);
	size_t len = strlen(text);

	if (len > 0) {
		ck_assert_int_eq(text[len - 1], '\n');
		text[len - 1] = '\0';
	}
	ck_assert_msg(strcmp(text, vector->said) == 0,
	    "%s:%zu: %s: is\n%s\nbut should be\n%s\n", vector->file,
	    vector->line, vector->title, text, vector->said);
	free(text);
}
END_TEST

START_TEST(is_sound_json_without_a_doubled_key)
{
	for (size_t i = 0; i < vectors.count; i++) {
		const char *said = vectors.items[i].said;

		ck_assert_int_eq(oracle_judge(str_from(said)).is_object,
		    *said != '\0');
	}
}
END_TEST

START_TEST(reads_the_same_to_author_and_others)
{
	ck_assert_uint_eq(dialect_command.author_apart, 0);
	for (size_t i = 0; i < vectors.count; i++) {
		char *author = encode(&vectors.items[i], VIEW_AUTHOR);
		char *others = encode(&vectors.items[i], VIEW_OTHERS);

		ck_assert_str_eq(author, others);
		free(author);
		free(others);
	}
}
END_TEST

/* A page of history that takes several allocations. */
static bool
encode_page(struct wire_text *text)
{
	struct message messages[100];
	struct event event = {
		.kind = EVENT_HISTORY,
		.room = STR("25a05739"),
		.epoch = STR("5d0c7a4411e09b3f"),
		.page = { .items = messages, .count = 100 },
	};

	for (size_t i = 0; i < event.page.count; i++)
		messages[i] = (struct message){
			.seq = i + 1,
			.author = STR("alice"),
			.author_id = STR("7f3a01bc"),
			.body = STR("\"hi\""),
		};
	return dialect_command.encode(&event, VIEW_OTHERS, text);
}

START_TEST(says_so_when_memory_runs_out)
{
	struct wire_text text;
	unsigned n = 0;
	bool said;

	if (!malloc_can_fail())
		return;
	do {
		wire_text_init(&text);
		malloc_fail_at(++n);
		said = encode_page(&text);
		malloc_fail_at(0);
		ck_assert(said);
		ck_assert_int_eq(text.failed, malloc_has_failed());
		wire_text_reset(&text);
		ck_assert(encode_page(&text) && !text.failed);
		wire_text_fini(&text);
	} while (malloc_has_failed());
	ck_assert_uint_gt(n, 3);
}
END_TEST

START_TEST(has_an_example_for_every_event)
{
	bool seen[EVENT_KINDS] = { false };

	for (size_t i = 0; i < vectors.count; i++) {
		struct vector_event parsed;

		vector_event_parse(&parsed, &vectors.items[i]);
		seen[parsed.event.kind] = true;
		vector_event_free(&parsed);
	}
	for (int kind = 0; kind < EVENT_KINDS; kind++)
		ck_assert_msg(seen[kind], "none for event %d", kind);
}
END_TEST

SUITE(dialect_command_encode)
{
	vectors = vectors_load("tests/wire/vectors/command/encode.txt");
	tcase_add_test(tests, has_an_example_for_every_event);
	tcase_add_loop_test(tests, is_spelled_as_its_example_says, 0,
	    (int)vectors.count);
	tcase_add_test(tests, is_sound_json_without_a_doubled_key);
	tcase_add_test(tests, reads_the_same_to_author_and_others);
	tcase_add_test(tests, says_so_when_memory_runs_out);
}
