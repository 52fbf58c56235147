/* Encoding of the examples of every dialect. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/wire/examples.h"
#include "tests/support/wire/oracle.h"
#include "wire/common/wire_text.h"

static struct examples examples;

/* The part of the last example for a second channel; "": there is none. */
static char second_part[8192];

static void
second_part_take(struct wire_text *text)
{
	second_part[0] = '\0';
	if (!text->has_second)
		return;
	ck_assert_uint_lt(text->len - text->second_at, sizeof(second_part));
	snprintf(second_part, sizeof(second_part), "%.*s",
	    (int)(text->len - text->second_at), text->data + text->second_at);
	text->len = text->second_at;
}

static bool
example_encode(const struct dialect *dialect, const struct vector *vector,
    enum viewpoint viewpoint, struct wire_text *out)
{
	struct vector_event parsed;
	bool message;

	dialects_seed(VECTOR_SEED);
	vector_event_parse(&parsed, vector);
	message = dialect->encode(&parsed.event, viewpoint, out);
	vector_event_free(&parsed);
	return message;
}

/* The text, NUL-terminated and without the last newline; "": not sent. */
static char *
example_text(const struct dialect *dialect, const struct vector *vector,
    enum viewpoint viewpoint, char close[64])
{
	struct wire_text text;
	char *copy;

	wire_text_init(&text);
	ck_assert_int_eq(example_encode(dialect, vector, viewpoint, &text),
	    text.len > 0);
	ck_assert(!text.failed);
	second_part_take(&text);
	close[0] = '\0';
	if (text.close_code != 0)
		snprintf(close, 64, "%u %s", text.close_code,
		    text.close_reason);
	copy = text.len == 0 ? strdup("") : strndup(text.data, text.len);
	if (text.len > 0 && copy[text.len - 1] == '\n')
		copy[text.len - 1] = '\0';
	wire_text_fini(&text);
	return copy;
}

static void
example_check_encoding(const struct dialect *dialect,
    const struct vector *vector)
{
	char close[64];
	char *text = example_text(dialect, vector, vector->viewpoint, close);

	ck_assert_msg(strcmp(text, vector->message) == 0,
	    "%s:%zu: %s: is\n%s\nbut should be\n%s\n", vector->file,
	    vector->line, vector->title, text, vector->message);
	ck_assert_str_eq(close, vector->close == NULL ? "" : vector->close);
	ck_assert_str_eq(second_part,
	    vector->second == NULL ? "" : vector->second);
	free(text);
}

START_TEST(encodes_every_example)
{
	examples_check(&examples, _i, example_check_encoding);
}
END_TEST

static void
check_json(const struct dialect *dialect, const struct vector *vector)
{
	(void)dialect;
	ck_assert_int_eq(oracle_judge(str_from(vector->message)).is_object,
	    *vector->message != '\0');
	if (vector->second != NULL)
		ck_assert(oracle_judge(str_from(vector->second)).is_object);
}

START_TEST(writes_valid_json_without_duplicate_keys)
{
	examples_check(&examples, _i, check_json);
}
END_TEST

static void
check_viewpoints(const struct dialect *dialect, const struct vector *vector)
{
	char close[2][64];
	char *author = example_text(dialect, vector, VIEW_AUTHOR, close[0]);
	char *others = example_text(dialect, vector, VIEW_OTHERS, close[1]);
	struct vector_event parsed;

	vector_event_parse(&parsed, vector);
	/* Members leave a room before the event is published. */
	if (!(dialect->author_differs & 1ul << parsed.event.kind) &&
	    !event_has_trait(parsed.event.kind, EVENT_IS_ABOUT_MEMBER))
		ck_assert_str_eq(author, others);
	vector_event_free(&parsed);
	free(author);
	free(others);
}

START_TEST(authors_differ_only_in_dialects_with_that_trait)
{
	examples_check(&examples, _i, check_viewpoints);
}
END_TEST

/* Only the first allocation fails: test_wire_text.c tests the others. */
static void
example_check_without_memory(const struct dialect *dialect,
    const struct vector *vector)
{
	struct vector_event parsed;
	struct wire_text text;
	bool message;

	wire_text_init(&text);
	vector_event_parse(&parsed, vector);
	malloc_fail_at(1);
	message = dialect->encode(&parsed.event, vector->viewpoint, &text);
	malloc_fail_at(0);
	ck_assert_int_eq(message,
	    *vector->message != '\0' || vector->second != NULL);
	ck_assert_int_eq(text.failed, message);
	vector_event_free(&parsed);
	wire_text_fini(&text);
}

START_TEST(reports_a_lack_of_memory)
{
	if (malloc_can_fail())
		examples_check(&examples, _i, example_check_without_memory);
}
END_TEST

START_TEST(has_an_example_of_every_event)
{
	const struct vectors *vectors = &examples.vectors[_i];
	bool seen[EVENT_KINDS] = { false };

	for (size_t i = 0; i < vectors->count; i++) {
		struct vector_event parsed;

		vector_event_parse(&parsed, &vectors->items[i]);
		seen[parsed.event.kind] = true;
		vector_event_free(&parsed);
	}
	for (int kind = 0; kind < EVENT_KINDS; kind++)
		ck_assert_msg(seen[kind], "%s: none for event %d",
		    dialects()[_i]->name, kind);
}
END_TEST

SUITE(examples_encode)
{
	int count;

	examples = examples_load("encode.txt");
	count = (int)examples.dialects;
	tcase_add_loop_test(tests, has_an_example_of_every_event, 0, count);
	tcase_add_loop_test(tests, encodes_every_example, 0, count);
	tcase_add_loop_test(tests, writes_valid_json_without_duplicate_keys, 0,
	    count);
	tcase_add_loop_test(tests,
	    authors_differ_only_in_dialects_with_that_trait, 0, count);
	tcase_add_loop_test(tests, reports_a_lack_of_memory, 0, count);
}
