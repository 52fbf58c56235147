#include <stdlib.h>

#include "tests/suite.h"
#include "tests/support/wire/decoded.h"
#include "tests/support/wire/oracle.h"
#include "tests/support/wire/vectors.h"
#include "wire/native/dialect_native.h"

static struct vectors vectors;
static const struct wire_context context = { .json_depth = 32 };

static struct decoded
native_decode_text(const char *text, size_t len)
{
	return decode_watched(&dialect_native, &context, str_slice(text, len));
}

static void
native_cut_everywhere(const char *text)
{
	size_t whole = strlen(text);

	for (size_t len = 0; len < whole; len++) {
		enum chat_error error = native_decode_text(text, len).error;
		struct verdict verdict = oracle_judge(str_slice(text, len));

		ck_assert_int_eq(error != CHAT_BAD_JSON, verdict.is_object);
	}
}

START_TEST(accepts_a_prefix_only_if_jansson_does)
{
	for (size_t i = 0; i < vectors.count; i++)
		native_cut_everywhere(vectors.items[i].sent);
}
END_TEST

/* A command with one string of the given length. */
static struct decoded
native_decode_long(const char *before, const char *unit, size_t times)
{
	size_t head = strlen(before), step = strlen(unit), len;
	char *text = malloc(head + step * times + 2);
	struct decoded out;

	memcpy(text, before, head);
	for (size_t i = 0; i < times; i++)
		memcpy(text + head + i * step, unit, step);
	len = head + step * times;
	memcpy(text + len, "\"}", 2);
	out = native_decode_text(text, len + 2);
	free(text);
	return out;
}

static const struct {
	const char *before, *field;
	size_t most;
} texts[] = {
	{ "{\"command\":\"leave\",\"room\":\"", "room", 1024 },
	{ "{\"command\":\"create\",\"name\":\"", "name", 1024 },
	{ "{\"command\":\"dm\",\"message\":\"x\",\"recipient\":\"", "recipient",
	    1024 },
	{ "{\"command\":\"ping\",\"ref\":\"", "ref", 64 },
	{ "{\"command\":\"broadcast\",\"message\":1,\"room\":\"r\",\"key\":\"",
	    "key", 64 },
};

START_TEST(accepts_texts_up_to_their_limit_with_any_escapes)
{
	static const char *const units[] = { "a", "\\u0061" };

	for (size_t i = 0; i < COUNT_OF(units); i++) {
		const char *before = texts[_i].before;
		size_t most = texts[_i].most;
		struct decoded beyond =
		    native_decode_long(before, units[i], most + 1);

		ck_assert_int_eq(native_decode_long(before, units[i], most)
				     .error,
		    CHAT_OK);
		ck_assert_int_eq(beyond.error, CHAT_BAD_FIELD);
		ck_assert(str_equal(beyond.why.field,
		    str_from(texts[_i].field)));
	}
}
END_TEST

START_TEST(does_not_echo_a_long_command_word)
{
	struct decoded out = native_decode_long("{\"command\":\"", "a", 64);

	ck_assert_int_eq(out.error, CHAT_UNKNOWN_COMMAND);
	ck_assert_uint_eq(out.why.command.len, 64);
	out = native_decode_long("{\"command\":\"", "a", 65);
	ck_assert_int_eq(out.error, CHAT_UNKNOWN_COMMAND);
	ck_assert_ptr_null(out.why.command.data);
}
END_TEST

START_TEST(limits_the_depth)
{
	static const struct wire_context shallow = { .json_depth = 2 };
	struct decoded out = decode_watched(&dialect_native, &shallow,
	    STR("{\"command\":\"ping\",\"x\":[1]}"));

	ck_assert_int_eq(out.error, CHAT_OK);
	out = decode_watched(&dialect_native, &shallow,
	    STR("{\"command\":\"ping\",\"x\":[[]]}"));
	ck_assert_int_eq(out.error, CHAT_BAD_JSON);
	ck_assert_uint_eq(out.why.offset, 23);
}
END_TEST

SUITE(native_decode)
{
	vectors = vectors_load("tests/wire/vectors/command/decode.txt");
	tcase_add_test(tests, accepts_a_prefix_only_if_jansson_does);
	tcase_add_loop_test(tests,
	    accepts_texts_up_to_their_limit_with_any_escapes, 0,
	    COUNT_OF(texts));
	tcase_add_test(tests, does_not_echo_a_long_command_word);
	tcase_add_test(tests, limits_the_depth);
}
