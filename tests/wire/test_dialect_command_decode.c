#include <stdlib.h>

#include "tests/suite.h"
#include "tests/support/wire/oracle.h"
#include "tests/support/wire/vectors.h"
#include "wire/dialect_command.h"

static struct vectors vectors;
static const struct wire_context context = { .json_depth = 32 };
static struct keep keep;

/* Called very often, so libcheck is only told of failures. */
static void
assert_within(struct str text, struct str message)
{
	bool in_message = text.data >= message.data &&
			  text.data + text.len <= message.data + message.len;
	bool in_keep = text.data >= keep.data &&
		       text.data + text.len <= keep.data + keep.used;

	if (text.data != NULL && !in_message && !in_keep)
		ck_abort_msg("a text of the command is from elsewhere");
}

static void
assert_texts_within(const struct command *command, struct str message)
{
	assert_within(command->ref, message);
	assert_within(command->word, message);
	assert_within(command->room, message);
	assert_within(command->name, message);
	assert_within(command->recipient, message);
	assert_within(command->body, message);
	assert_within(command->key, message);
	assert_within(command->since_epoch, message);
}

/* From a block of its own, so that reading beyond the end is noticed. */
static enum chat_error
decode(const char *text, size_t len, struct command *out, struct failure *why)
{
	char *exact = malloc(len == 0 ? 1 : len);
	struct str message = str_slice(exact, len);
	enum chat_error error;

	memcpy(exact, text, len);
	error = dialect_command.decode(message, &context, out, why, &keep);
	if (error != why->error || error > CHAT_UNKNOWN_COMMAND ||
	    (error == CHAT_BAD_FIELD) != (why->field.data != NULL) ||
	    why->offset > len)
		ck_abort_msg("not an answer that may be given");
	assert_texts_within(out, message);
	assert_within(why->command, message);
	free(exact);
	return error;
}

START_TEST(means_what_its_example_says)
{
	const struct vector *vector = &vectors.items[_i];
	struct command command;
	struct failure why;
	enum chat_error error = dialect_command.decode(str_from(vector->sent),
	    &context, &command, &why, &keep);
	char *means = error == CHAT_OK ? vector_of_command(&command)
				       : vector_of_failure(&command, &why);

	ck_assert_msg(strcmp(means, vector->means) == 0,
	    "%s:%zu: %s: is\n%sbut should be\n%s", vector->file, vector->line,
	    vector->title, means, vector->means);
	free(means);
}
END_TEST

static void
cut_everywhere(const char *text)
{
	size_t whole = strlen(text);
	struct command command;
	struct failure why;

	for (size_t len = 0; len < whole; len++) {
		enum chat_error error = decode(text, len, &command, &why);
		struct verdict verdict = oracle_judge(str_slice(text, len));

		ck_assert_int_eq(error != CHAT_BAD_JSON, verdict.is_object);
	}
}

START_TEST(is_json_when_cut_only_if_the_oracle_agrees)
{
	for (size_t i = 0; i < vectors.count; i++)
		cut_everywhere(vectors.items[i].sent);
}
END_TEST

static void
change_everywhere(const char *original)
{
	static const char others[] = "\0\x01\"\\{}[]:,0-eaZu \x7f\x80\xc3\xed"
				     "\xf4\xff";
	size_t len = strlen(original);
	char *text = strdup(original);
	struct command command;
	struct failure why;

	for (size_t at = 0; at < len; at++) {
		for (size_t i = 0; i < sizeof(others) - 1; i++) {
			text[at] = others[i];
			decode(text, len, &command, &why);
		}
		text[at] = original[at];
	}
	free(text);
}

START_TEST(answers_soundly_whatever_byte_is_another)
{
	for (size_t i = 0; i < vectors.count; i++)
		change_everywhere(vectors.items[i].sent);
}
END_TEST

/* A command with one string that is as long as asked for. */
static enum chat_error
decode_long(const char *before, const char *unit, size_t times,
    struct command *out, struct failure *why)
{
	size_t head = strlen(before), step = strlen(unit), len;
	char *text = malloc(head + step * times + 2);
	enum chat_error error;

	memcpy(text, before, head);
	for (size_t i = 0; i < times; i++)
		memcpy(text + head + i * step, unit, step);
	len = head + step * times;
	memcpy(text + len, "\"}", 2);
	error = decode(text, len + 2, out, why);
	free(text);
	return error;
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

START_TEST(takes_texts_up_to_their_bound_however_spelled)
{
	static const char *const units[] = { "a", "\\u0061" };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct command command;
		struct failure why;

		ck_assert_int_eq(decode_long(texts[_i].before, units[i],
				     texts[_i].most, &command, &why),
		    CHAT_OK);
		ck_assert_int_eq(decode_long(texts[_i].before, units[i],
				     texts[_i].most + 1, &command, &why),
		    CHAT_BAD_FIELD);
		ck_assert(str_equal(why.field, str_from(texts[_i].field)));
	}
}
END_TEST

START_TEST(does_not_echo_a_long_command_word)
{
	struct command command;
	struct failure why;

	ck_assert_int_eq(decode_long("{\"command\":\"", "a", 64, &command,
			     &why),
	    CHAT_UNKNOWN_COMMAND);
	ck_assert_uint_eq(why.command.len, 64);
	ck_assert_int_eq(decode_long("{\"command\":\"", "a", 65, &command,
			     &why),
	    CHAT_UNKNOWN_COMMAND);
	ck_assert_ptr_null(why.command.data);
}
END_TEST

START_TEST(keeps_to_the_depth_that_is_allowed)
{
	static const struct wire_context shallow = { .json_depth = 2 };
	struct command command;
	struct failure why;

	ck_assert_int_eq(dialect_command
			     .decode(STR("{\"command\":\"ping\",\"x\":[1]}"),
				 &shallow, &command, &why, &keep),
	    CHAT_OK);
	ck_assert_int_eq(dialect_command
			     .decode(STR("{\"command\":\"ping\",\"x\":[[]]}"),
				 &shallow, &command, &why, &keep),
	    CHAT_BAD_JSON);
	ck_assert_uint_eq(why.offset, 23);
}
END_TEST

SUITE(dialect_command_decode)
{
	vectors = vectors_load("tests/wire/vectors/command/decode.txt");
	tcase_add_loop_test(tests, means_what_its_example_says, 0,
	    (int)vectors.count);
	tcase_add_test(tests, is_json_when_cut_only_if_the_oracle_agrees);
	tcase_add_test(tests, answers_soundly_whatever_byte_is_another);
	tcase_add_loop_test(tests,
	    takes_texts_up_to_their_bound_however_spelled, 0,
	    sizeof(texts) / sizeof(texts[0]));
	tcase_add_test(tests, does_not_echo_a_long_command_word);
	tcase_add_test(tests, keeps_to_the_depth_that_is_allowed);
}
