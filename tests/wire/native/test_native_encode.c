#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/wire/vectors.h"
#include "wire/native/dialect_native.h"

static struct vectors vectors;

START_TEST(ends_every_frame_with_a_newline)
{
	struct vector_event parsed;
	struct wire_text text;

	wire_text_init(&text);
	for (size_t i = 0; i < vectors.count; i++) {
		wire_text_reset(&text);
		vector_event_parse(&parsed, &vectors.items[i]);
		if (dialect_native.encode(&parsed.event, VIEW_OTHERS, &text))
			ck_assert_int_eq(text.data[text.len - 1], '\n');
		vector_event_free(&parsed);
	}
	wire_text_fini(&text);
}
END_TEST

START_TEST(authors_get_the_same_as_others)
{
	ck_assert_uint_eq(dialect_native.author_differs, 0);
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
	return dialect_native.encode(&event, VIEW_OTHERS, text);
}

START_TEST(reports_a_lack_of_memory_and_recovers)
{
	struct wire_text text;
	unsigned n = 0;
	bool message;

	if (!malloc_can_fail())
		return;
	do {
		wire_text_init(&text);
		malloc_fail_at(++n);
		message = encode_page(&text);
		malloc_fail_at(0);
		ck_assert(message);
		ck_assert_int_eq(text.failed, malloc_has_failed());
		wire_text_reset(&text);
		ck_assert(encode_page(&text) && !text.failed);
		wire_text_fini(&text);
	} while (malloc_has_failed());
	ck_assert_uint_gt(n, 3);
}
END_TEST

SUITE(native_encode)
{
	vectors = vectors_load("tests/wire/vectors/command/encode.txt");
	tcase_add_test(tests, ends_every_frame_with_a_newline);
	tcase_add_test(tests, authors_get_the_same_as_others);
	tcase_add_test(tests, reports_a_lack_of_memory_and_recovers);
}
