/* Decoding of the examples of every dialect, valid and damaged. */
#include <stdlib.h>

#include "tests/suite.h"
#include "tests/support/wire/decoded.h"
#include "tests/support/wire/examples.h"
#include "wire/json/json_reader.h"

static struct examples examples;

static struct decoded
example_decode(const struct dialect *dialect, const struct vector *vector,
    const char *text, size_t len)
{
	struct wire_context context = vector_context(vector);

	return decode_watched(dialect, &context, str_slice(text, len));
}

static void
check_meaning(const struct dialect *dialect, const struct vector *vector)
{
	struct decoded is =
	    example_decode(dialect, vector, vector->sent, strlen(vector->sent));
	char *means = is.error == CHAT_OK
			  ? vector_of_command(&is.command)
			  : vector_of_failure(&is.command, &is.why);

	ck_assert_msg(strcmp(means, vector->means) == 0,
	    "%s:%zu: %s: is\n%sbut should be\n%s", vector->file, vector->line,
	    vector->title, means, vector->means);
	free(means);
}

START_TEST(decodes_every_example)
{
	examples_check(&examples, _i, check_meaning);
}
END_TEST

/* The FastAPI server has one command that is not JSON: /list. */
static void
example_cut_everywhere(const struct dialect *dialect,
    const struct vector *vector)
{
	size_t whole = strlen(vector->sent);

	for (size_t len = 0; len < whole; len++) {
		struct str text = str_slice(vector->sent, len);

		if (example_decode(dialect, vector, text.data, len).error ==
			CHAT_OK &&
		    !json_is_value(text, VECTOR_JSON_DEPTH, NULL) &&
		    text.data[0] != '/')
			ck_abort_msg("is content with %.*s", (int)len,
			    text.data);
	}
}

START_TEST(refuses_every_prefix_of_an_example)
{
	examples_check(&examples, _i, example_cut_everywhere);
}
END_TEST

static void
change_everywhere(const struct dialect *dialect, const struct vector *vector)
{
	static const char others[] = "\0\x01\"\\{}[]:,0-eaZu \x7f\x80\xc3\xed"
				     "\xf4\xff";
	size_t len = strlen(vector->sent);
	char *text = strdup(vector->sent);

	for (size_t at = 0; at < len; at++) {
		for (size_t i = 0; i < sizeof(others) - 1; i++) {
			text[at] = others[i];
			example_decode(dialect, vector, text, len);
		}
		text[at] = vector->sent[at];
	}
	free(text);
}

START_TEST(answers_validly_with_any_byte_changed)
{
	examples_check(&examples, _i, change_everywhere);
}
END_TEST

SUITE(examples_decode)
{
	int count;

	examples = examples_load("decode.txt");
	count = (int)examples.dialects;
	tcase_add_loop_test(tests, decodes_every_example, 0, count);
	tcase_add_loop_test(tests, refuses_every_prefix_of_an_example, 0,
	    count);
	tcase_add_loop_test(tests, answers_validly_with_any_byte_changed, 0,
	    count);
}
