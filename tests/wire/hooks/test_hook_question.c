#include "wire/hooks/hook_question.h"

#include <stdio.h>

#include "tests/suite.h"
#include "wire/common/wire_text.h"
#include "wire/json/json_reader.h"

static struct wire_text out;

static void
setup(void)
{
	wire_text_init(&out);
}

static void
teardown(void)
{
	wire_text_fini(&out);
}

static void
question_expect(const char *expected)
{
	struct str text = str_slice(out.data, out.len);

	ck_assert_msg(str_equal(text, str_from(expected)), "%.*s",
	    (int)text.len, text.data);
	ck_assert(json_is_value(text, 8, NULL));
	wire_text_reset(&out);
}

START_TEST(describes_a_client)
{
	struct hook_candidate candidate = {
		.user = STR("ada@example.com"),
		.address = STR("::1"),
		.path = STR("/ws"),
		.query = STR("\xff"),
		.dialect = STR("command"),
	};

	hook_put_candidate(&out, &candidate);
	question_expect("{\"question\":\"connect\","
			"\"user\":\"ada@example.com\",\"address\":\"::1\","
			"\"path\":\"/ws\",\"dialect\":\"command\"}");
}
END_TEST

START_TEST(describes_a_command)
{
	const struct member ada = {
		.id = "id1", .name = "Ada", .is_user = true
	};
	struct command command = { .kind = COMMAND_ROOM_JOIN,
		.room = STR("tea"),
		.flags = COMMAND_MAY_CREATE };

	hook_put_command(&out, &command, &ada);
	question_expect("{\"question\":\"join\",\"command\":\"room_join\","
			"\"member\":\"Ada\",\"member_id\":\"id1\","
			"\"user\":true,\"room\":\"tea\",\"create\":true}");
	command = (struct command){ .kind = COMMAND_EDIT,
		.room = STR("tea"),
		.from_seq = 7,
		.body = STR("[1]") };
	hook_put_command(&out, &command, &ada);
	question_expect("{\"question\":\"publish\",\"command\":\"edit\","
			"\"member\":\"Ada\",\"member_id\":\"id1\","
			"\"user\":true,\"room\":\"tea\",\"seq\":7,"
			"\"message\":[1]}");
	command = (struct command){ .kind = COMMAND_DM,
		.recipient = STR("Bob"),
		.body = STR("\"x\"") };
	hook_put_command(&out, &command, &ada);
	question_expect("{\"question\":\"publish\",\"command\":\"dm\","
			"\"member\":\"Ada\",\"member_id\":\"id1\","
			"\"user\":true,\"to\":\"Bob\",\"message\":\"x\"}");
}
END_TEST

static const struct {
	const char *json;
	bool allows;
	const char *text;
	const char *message; /* NULL: absent */
} decisions[] = {
	{ "{\"allow\":true}", true, "", NULL },
	{ "{\"allow\":false,\"text\":\"N\\u00f6\"}", false, "N\xc3\xb6", NULL },
	{ "{\"allow\":false,\"text\":null,\"x\":[{}]}", false, "", NULL },
	{ "{\"message\":{\"a\":[1]},\"allow\":true}", true, "", "{\"a\":[1]}" },
	{ "{\"allow\":true,\"message\":null}", true, "", NULL },
	{ " { \"allow\" : true , \"message\" : 0 } ", true, "", "0" },
};

START_TEST(reads_a_decision)
{
	struct hook_decision decision;
	const char *message = decisions[_i].message;

	ck_assert_ptr_null(hook_read_decision(str_from(decisions[_i].json),
	    &decision));
	ck_assert_int_eq(decision.allows, decisions[_i].allows);
	ck_assert_str_eq(decision.text, decisions[_i].text);
	ck_assert_int_eq(decision.message.data != NULL, message != NULL);
	if (message != NULL)
		ck_assert(str_equal(decision.message, str_from(message)));
}
END_TEST

/* Every beginning of a decision is none. */
START_TEST(refuses_a_part_of_a_decision)
{
	struct hook_decision decision;
	struct str json = str_from(decisions[_i].json);
	const char *end = strrchr(json.data, '}');

	for (size_t len = 0; json.data + len <= end; len++)
		ck_assert_ptr_nonnull(hook_read_decision(str_slice(json.data,
							     len),
		    &decision));
}
END_TEST

static const char *const bad[] = {
	"",
	"{}",
	"[]",
	"null",
	"{\"allow\":1}",
	"{\"allow\":\"true\"}",
	"{\"allow\":null}",
	"{\"allow\":true}x",
	"{\"allow\":true,\"allow\":false}",
	"{\"allow\":false,\"text\":1}",
	"{\"allow\":false,\"text\":\"a\\nb\"}",
	"{\"allow\":false,\"text\":\"\\u007f\"}",
	"{\"allow\":true,\"message\":\"\"}",
	"{\"allow\":true,\"message\":}",
	"{\"allow\":true,\"message\":\"\xff\"}",
};

START_TEST(refuses_what_is_no_decision)
{
	struct hook_decision decision;

	ck_assert_ptr_nonnull(hook_read_decision(str_from(bad[_i]), &decision));
}
END_TEST

START_TEST(a_text_has_a_bounded_length)
{
	struct hook_decision decision;
	char json[256];

	for (int len = 199; len <= 201; len++) {
		int size = snprintf(json, sizeof(json),
		    "{\"allow\":false,\"text\":\"%0*d\"}", len, 0);
		const char *why =
		    hook_read_decision(str_slice(json, (size_t)size),
			&decision);

		ck_assert_int_eq(why == NULL, len <= 200);
	}
}
END_TEST

SUITE(hook_question)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, describes_a_client);
	tcase_add_test(tests, describes_a_command);
	tcase_add_loop_test(tests, reads_a_decision, 0, COUNT_OF(decisions));
	tcase_add_loop_test(tests, refuses_a_part_of_a_decision, 0,
	    COUNT_OF(decisions));
	tcase_add_loop_test(tests, refuses_what_is_no_decision, 0,
	    COUNT_OF(bad));
	tcase_add_test(tests, a_text_has_a_bounded_length);
}
