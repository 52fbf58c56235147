#include "transport/session_stream.h"

#include <string.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "wire/common/scratch.h"
#include "wire/common/wire_text.h"

#define OPEN                                   \
	"\x2f\xdf\x1d\x50"                     \
	"0123456789abcdef"                     \
	"\x00\x00\x00\x00\x01\x00\x08messages" \
	"\x00\x00\x00\x00\x03\x00\x05"         \
	"files"
#define LINE "\x02\x00\x00\x00\x01\x00\x09{\"Type\":\""

static struct session_stream *stream;
static struct wire_text answer;
static size_t held;

static void
setup(void)
{
	held = 0;
	wire_text_init(&answer);
	stream = session_stream_create(dialect_find(STR("dotnet"))->stream,
	    NULL, &held);
	ck_assert_ptr_nonnull(stream);
}

static void
teardown(void)
{
	session_stream_destroy(stream);
	ck_assert_uint_eq(held, 0);
	wire_text_fini(&answer);
}

static enum stream_step
stream_step(struct stream_input *input)
{
	static struct scratch scratch;
	const struct wire_context context = {
		.json_depth = 8,
		.frame_bytes = 1000,
	};
	struct command command;
	struct failure failure;

	return session_stream_read(stream, input, &context, &command, &failure,
	    &scratch, &answer);
}

static struct stream_input
stream_bytes(const char *bytes, size_t len)
{
	return (struct stream_input){ .bytes = str_slice(bytes, len) };
}

START_TEST(counts_what_has_begun_to_arrive)
{
	struct stream_input input =
	    stream_bytes(OPEN LINE, sizeof(OPEN LINE) - 1);

	ck_assert_int_eq(stream_step(&input), STREAM_CONNECTS);
	ck_assert_uint_eq(held, 0);
	ck_assert_int_eq(stream_step(&input), STREAM_WAITS);
	ck_assert_uint_gt(held, 0);
	ck_assert_uint_eq(session_stream_held(stream), held);
	input = stream_bytes("\x02\x00\x00\x00\x01\x00\x03"
			     "\"}\n",
	    10);
	ck_assert_int_eq(stream_step(&input), STREAM_COMMAND);
	ck_assert_int_eq(stream_step(&input), STREAM_WAITS);
	ck_assert_uint_eq(held, 0);
}
END_TEST

START_TEST(what_a_pause_leaves_is_read_afterwards)
{
	struct stream_input input = stream_bytes(OPEN, sizeof(OPEN) - 1);

	ck_assert(session_stream_keep(stream, &input));
	ck_assert_uint_ge(held, sizeof(OPEN) - 1);
	input = session_stream_rest(stream);
	ck_assert_uint_eq(input.bytes.len, sizeof(OPEN) - 1);
	ck_assert_int_eq(stream_step(&input), STREAM_CONNECTS);
	ck_assert_uint_eq(input.bytes.len, 0);
	session_stream_advance(stream, &input);
	ck_assert_uint_eq(held, 0);
}
END_TEST

START_TEST(without_memory_there_is_no_stream)
{
	size_t counted = 0;

	if (!malloc_can_fail())
		return;
	malloc_fail_at(1);
	ck_assert_ptr_null(session_stream_create(stream->ops, NULL, &counted));
	malloc_fail_at(0);
	ck_assert_uint_eq(counted, 0);
}
END_TEST

START_TEST(without_memory_nothing_is_kept)
{
	struct stream_input input = stream_bytes(OPEN, sizeof(OPEN) - 1);

	if (!malloc_can_fail())
		return;
	malloc_fail_at(1);
	ck_assert(!session_stream_keep(stream, &input));
	malloc_fail_at(0);
	ck_assert_uint_eq(held, 0);
}
END_TEST

/* Each allocation fails: the answer, or the line that is not whole. */
START_TEST(without_memory_a_connection_ends)
{
	struct stream_input input =
	    stream_bytes(OPEN LINE, sizeof(OPEN LINE) - 1);
	enum stream_step step = STREAM_WAITS;
	bool has_failed = false;

	if (!malloc_can_fail())
		return;
	malloc_fail_at((unsigned)_i);
	while (input.bytes.len > 0 && step != STREAM_ENDS && !has_failed) {
		step = stream_step(&input);
		has_failed = answer.failed;
	}
	malloc_fail_at(0);
	ck_assert(has_failed || step == STREAM_ENDS);
	ck_assert(has_failed || answer.close_code == 1011);
}
END_TEST

SUITE(session_stream)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, counts_what_has_begun_to_arrive);
	tcase_add_test(tests, what_a_pause_leaves_is_read_afterwards);
	tcase_add_test(tests, without_memory_there_is_no_stream);
	tcase_add_test(tests, without_memory_nothing_is_kept);
	tcase_add_loop_test(tests, without_memory_a_connection_ends, 1, 3);
}
