#include <stdlib.h>

#include "tests/suite.h"
#include "tests/support/wire/decoded.h"
#include "wire/action/dialect_action.h"

START_TEST(has_one_room_and_the_id_as_name)
{
	const struct dialect *dialect = dialect_find(STR("action"));

	ck_assert_ptr_eq(dialect, &dialect_action);
	ck_assert_ptr_null(dialect->subprotocol);
	ck_assert_int_eq(dialect->ids, ID_HEX8);
	ck_assert_uint_eq(dialect->connect_flags,
	    COMMAND_NO_LOBBY | COMMAND_NAMED_BY_ID | COMMAND_NO_DM);
	ck_assert(dialect->every_path);
	ck_assert_uint_eq(dialect->burst_limit.messages, 0);
	ck_assert_int_eq(dialect->idle_ms, 0);
}
END_TEST

/* {"action":"…","body":"aaa…"} */
static struct decoded
action_decode_long(const char *action, const char *unit, size_t times,
    size_t frame_bytes)
{
	struct wire_context context = {
		.json_depth = 32,
		.frame_bytes = frame_bytes,
	};
	size_t step = strlen(unit), len;
	char *text = malloc(64 + step * times);
	struct decoded out;

	ck_assert_ptr_nonnull(text);
	strcpy(text, "{\"action\":\"");
	strcat(text, action);
	strcat(text, "\",\"body\":\"");
	len = strlen(text);
	for (size_t i = 0; i < times; i++)
		memcpy(text + len + i * step, unit, step);
	len += step * times;
	memcpy(text + len, "\"}", 2);
	out =
	    decode_watched(&dialect_action, &context, str_slice(text, len + 2));
	free(text);
	return out;
}

/* The quotes count. */
START_TEST(leaves_space_for_the_envelope_of_other_dialects)
{
	struct decoded out =
	    action_decode_long("message", "a", 4096 - 512 - 2, 4096);

	ck_assert_int_eq(out.error, CHAT_OK);
	ck_assert_uint_eq(out.command.body.len, 4096 - 512);
	out = action_decode_long("message", "a", 4096 - 512 - 1, 4096);
	ck_assert_int_eq(out.error, CHAT_MESSAGE_TOO_LARGE);
	ck_assert_int_eq(out.why.limit, 4096 - 512);
}
END_TEST

static const char *const units[] = { "a", "\\u0061", "\xc3\xb6", "\\u00f6",
	"\xf0\x9d\x84\x9e" };

START_TEST(cuts_long_names_and_ids)
{
	struct decoded create =
	    action_decode_long("create", units[_i], 100000, 1024 * 1024);
	struct decoded join =
	    action_decode_long("join", units[_i], 100000, 1024 * 1024);

	ck_assert_int_eq(create.error, CHAT_OK);
	ck_assert_uint_eq(create.command.name.len, 1024);
	ck_assert_int_eq(join.error, CHAT_OK);
	ck_assert_uint_eq(join.command.room.len, 1024);
}
END_TEST

START_TEST(refuses_a_very_long_action)
{
	struct wire_context context = { .json_depth = 32 };
	char text[128] = "{\"action\":\"";
	struct decoded out;

	memset(text + strlen(text), 'a', 65);
	strcat(text, "\"}");
	out = decode_watched(&dialect_action, &context, str_from(text));
	ck_assert_int_eq(out.error, CHAT_UNKNOWN_COMMAND);
	ck_assert_ptr_null(out.why.command.data);
}
END_TEST

SUITE(dialect_action)
{
	tcase_add_test(tests, has_one_room_and_the_id_as_name);
	tcase_add_test(tests, leaves_space_for_the_envelope_of_other_dialects);
	tcase_add_loop_test(tests, cuts_long_names_and_ids, 0, COUNT_OF(units));
	tcase_add_test(tests, refuses_a_very_long_action);
}
