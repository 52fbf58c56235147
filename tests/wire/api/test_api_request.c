#include "wire/api/api_request.h"

#include <stdlib.h>

#include "tests/suite.h"
#include "wire/common/scratch.h"

static struct scratch scratch;

static struct api_body
body_of(const char *text)
{
	return (struct api_body){ str_from(text), 32, &scratch };
}

static void
field_check_text(struct str text, const char *expected)
{
	if (expected == NULL)
		ck_assert_ptr_null(text.data);
	else
		ck_assert(str_equal(text, str_from(expected)));
}

/* --- messages ------------------------------------------------------------- */

static const struct {
	const char *body;
	bool has_room;
	const char *message, *key, *as_id, *as_name, *room;
	unsigned flags;
} messages[] = {
	{ "{\"message\":\"hi\"}", false, "\"hi\"", NULL, NULL, NULL, NULL, 0 },
	{ "{\"message\":{\"a\":[1,null]},\"room\":7}", false,
	    "{\"a\":[1,null]}", NULL, NULL, NULL, NULL, 0 },
	{ " {\"key\":\"k\\u0031\",\"create\":true,\"message\":0}", false, "0",
	    "k1", NULL, NULL, NULL, COMMAND_MAY_CREATE },
	{ "{\"message\":1,\"create\":false,\"key\":null,\"as\":null}", false,
	    "1", NULL, NULL, NULL, NULL, 0 },
	{ "{\"message\":1,\"as\":{\"id\":\"u1\",\"name\":\"A\\nB\"},\"x\":[]}",
	    false, "1", NULL, "u1", "A\nB", NULL, 0 },
	{ "{\"message\":1,\"as\":{}}", false, "1", NULL, NULL, NULL, NULL, 0 },
	{ "{\"message\":1,\"room\":\"r\"}", true, "1", NULL, NULL, NULL, "r",
	    0 },
};

START_TEST(decodes_a_message)
{
	struct api_body body = body_of(messages[_i].body);
	struct command command;
	struct failure why;

	ck_assert_int_eq(api_decode_message(&body, messages[_i].has_room,
			     &command, &why),
	    CHAT_OK);
	ck_assert_int_eq(command.kind, COMMAND_BROADCAST);
	ck_assert_uint_eq(command.flags, messages[_i].flags);
	field_check_text(command.body, messages[_i].message);
	field_check_text(command.key, messages[_i].key);
	field_check_text(command.as_id, messages[_i].as_id);
	field_check_text(command.as_name, messages[_i].as_name);
	field_check_text(command.room, messages[_i].room);
}
END_TEST

static const struct {
	const char *body;
	const char *field; /* NULL: bad_json */
	size_t offset;
} bad_messages[] = {
	{ "", NULL, 0 },
	{ "[]", NULL, 0 },
	{ "{\"message\":1", NULL, 12 },
	{ "{\"message\":1}x", NULL, 13 },
	{ "{\"message\":1,\"message\":2}", NULL, 13 },
	{ "{}", "message", 0 },
	{ "{\"message\":null}", "message", 0 },
	{ "{\"message\":\"\"}", "message", 0 },
	{ "{\"message\":1,\"key\":1}", "key", 0 },
	{ "{\"message\":1,\"key\":\"\"}", "key", 0 },
	{ "{\"message\":1,\"create\":1}", "create", 0 },
	{ "{\"message\":1,\"as\":\"x\"}", "as", 0 },
	{ "{\"message\":1,\"as\":{\"id\":1}}", "as.id", 0 },
	{ "{\"message\":1,\"as\":{\"name\":[]}}", "as.name", 0 },
	{ "{\"message\":1,\"as\":{\"name\":\"\"}}", "as.name", 0 },
	{ "{\"message\":1}", "room", 0 },
	{ "{\"message\":1,\"room\":\"\"}", "room", 0 },
	{ "{\"message\":1,\"room\":1}", "room", 0 },
};

START_TEST(names_what_is_wrong_with_a_message)
{
	struct api_body body = body_of(bad_messages[_i].body);
	const char *field = bad_messages[_i].field;
	struct command command;
	struct failure why;
	enum chat_error error = api_decode_message(&body, true, &command, &why);

	ck_assert_int_eq(error, field == NULL ? CHAT_BAD_JSON : CHAT_BAD_FIELD);
	ck_assert_int_eq(why.error, error);
	if (field == NULL)
		ck_assert_uint_eq(why.offset, bad_messages[_i].offset);
	else
		field_check_text(why.field, field);
}
END_TEST

/* As the Go server has it. */
START_TEST(takes_a_string_for_the_lobby)
{
	struct api_body body = body_of("{\"message\":\"hi\",\"key\":1}");
	struct command command;
	struct failure why;

	ck_assert_int_eq(api_decode_broadcast(&body, &command, &why), CHAT_OK);
	field_check_text(command.body, "\"hi\"");
	body = body_of("{\"message\":{}}");
	ck_assert_int_eq(api_decode_broadcast(&body, &command, &why),
	    CHAT_BAD_FIELD);
	field_check_text(why.field, "message");
}
END_TEST

/* --- batches -------------------------------------------------------------- */

static const struct {
	const char *body;
	size_t count; /* 0: refused */
} batches[] = {
	{ "{\"messages\":[{}]}", 1 },
	{ "{\"messages\":[{},{\"a\":[{}]} , {}]}", 3 },
	{ "{\"messages\":[]}", 0 },
	{ "{\"messages\":[{},1]}", 0 },
	{ "{\"messages\":{}}", 0 },
	{ "{}", 0 },
	{ "{\"messages\":[{}]", 0 },
};

START_TEST(counts_a_batch)
{
	struct api_body body = body_of(batches[_i].body);
	struct failure why;
	struct str list;
	size_t count;
	enum chat_error error = api_decode_batch(&body, &list, &count, &why);

	ck_assert_int_eq(error == CHAT_OK, batches[_i].count > 0);
	if (error == CHAT_OK)
		ck_assert_uint_eq(count, batches[_i].count);
	else if (error == CHAT_BAD_FIELD)
		field_check_text(why.field, "messages");
}
END_TEST

START_TEST(refuses_a_batch_that_is_too_long)
{
	static char text[32 + 3 * (API_BATCH_MOST + 1)];
	struct api_body body;
	struct failure why;
	struct str list;
	size_t count;

	strcpy(text, "{\"messages\":[{}");
	for (int i = 0; i < API_BATCH_MOST; i++)
		strcat(text, ",{}");
	strcat(text, "]}");
	body = body_of(text);
	ck_assert_int_eq(api_decode_batch(&body, &list, &count, &why),
	    CHAT_BAD_FIELD);
	ck_assert_int_eq(why.limit, API_BATCH_MOST);
}
END_TEST

/* --- rooms ---------------------------------------------------------------- */

static const struct {
	const char *body, *path;
	const char *room, *name;
	unsigned flags;
	int64_t ttl_ms;
	uint32_t max_members;
} rooms[] = {
	{ "", "r", "r", "r", COMMAND_PERSISTENT, 0, 0 },
	{ "{\"room\":\"other\",\"name\":\"N\"}", "r", "r", "N",
	    COMMAND_PERSISTENT, 0, 0 },
	{ "{\"name\":\"N\",\"persistent\":false}", NULL, NULL, "N", 0, 0, 0 },
	{ "{\"room\":\"r\",\"ttl_ms\":5000,\"max_members\":7}", NULL, "r", "r",
	    COMMAND_PERSISTENT, 5000, 7 },
};

START_TEST(decodes_a_room)
{
	struct api_body body = body_of(rooms[_i].body);
	struct str path = STR_ABSENT;
	struct command command;
	struct failure why;

	if (rooms[_i].path != NULL)
		path = str_from(rooms[_i].path);
	ck_assert_int_eq(api_decode_room(&body, path, &command, &why), CHAT_OK);
	ck_assert_int_eq(command.kind, COMMAND_ROOM_CREATE);
	ck_assert_uint_eq(command.flags, rooms[_i].flags);
	field_check_text(command.room, rooms[_i].room);
	field_check_text(command.name, rooms[_i].name);
	ck_assert_int_eq(command.ttl_ms, rooms[_i].ttl_ms);
	ck_assert_uint_eq(command.max_members, rooms[_i].max_members);
}
END_TEST

static const struct {
	const char *body, *field;
} bad_rooms[] = {
	{ "{}", "room" },
	{ "{\"room\":\"\"}", "room" },
	{ "{\"room\":1}", "room" },
	{ "{\"name\":\"\"}", "name" },
	{ "{\"name\":\"n\",\"persistent\":1}", "persistent" },
	{ "{\"name\":\"n\",\"ttl_ms\":-1}", "ttl_ms" },
	{ "{\"name\":\"n\",\"ttl_ms\":1.5}", "ttl_ms" },
	{ "{\"name\":\"n\",\"max_members\":4294967296}", "max_members" },
	{ "{\"name\":\"n\",\"max_members\":\"1\"}", "max_members" },
	{ "{\"name\":\"n\",\"private\":1}", "private" },
	{ "{\"name\":\"n\",\"moderated\":\"\"}", "moderated" },
	{ "{\"name\":\"n\",\"topic\":1}", "topic" },
	{ "{\"name\":\"n\",\"slow_ms\":-1}", "slow_ms" },
};

START_TEST(names_what_is_wrong_with_a_room)
{
	struct api_body body = body_of(bad_rooms[_i].body);
	struct command command;
	struct failure why;

	ck_assert_int_eq(api_decode_room(&body, STR_ABSENT, &command, &why),
	    CHAT_BAD_FIELD);
	field_check_text(why.field, bad_rooms[_i].field);
}
END_TEST

START_TEST(decodes_the_options_of_a_room)
{
	struct api_body body = body_of("{\"name\":\"n\",\"private\":true,"
				       "\"moderated\":true,\"slow_ms\":7,"
				       "\"topic\":\"a \\\"b\\\"\"}");
	struct command command;
	struct failure why;

	ck_assert_int_eq(api_decode_room(&body, STR("r"), &command, &why),
	    CHAT_OK);
	ck_assert_uint_eq(command.flags,
	    COMMAND_PERSISTENT | COMMAND_PRIVATE | COMMAND_MODERATED);
	ck_assert_int_eq(command.slow_ms, 7);
	field_check_text(command.topic, "a \"b\"");
}
END_TEST

static const struct {
	const char *body;
	enum command_kind topic, slow;
} room_changes[] = {
	{ "{}", COMMAND_NOOP, COMMAND_NOOP },
	{ "{\"topic\":null,\"name\":\"n\"}", COMMAND_NOOP, COMMAND_NOOP },
	{ "{\"topic\":\"\"}", COMMAND_TOPIC, COMMAND_NOOP },
	{ "{\"slow_ms\":0}", COMMAND_NOOP, COMMAND_SLOW },
	{ "{\"slow_ms\":3,\"topic\":\"t\"}", COMMAND_TOPIC, COMMAND_SLOW },
};

START_TEST(decodes_changes_of_a_room)
{
	struct api_body body = body_of(room_changes[_i].body);
	struct command topic, slow;
	struct failure why;

	ck_assert_int_eq(api_decode_change(&body, STR("r"), &topic, &slow,
			     &why),
	    CHAT_OK);
	ck_assert_int_eq(topic.kind, room_changes[_i].topic);
	ck_assert_int_eq(slow.kind, room_changes[_i].slow);
	field_check_text(topic.room, "r");
	field_check_text(slow.room, "r");
}
END_TEST

START_TEST(names_what_is_wrong_with_a_change)
{
	struct api_body body = body_of("{\"slow_ms\":1.5}");
	struct command topic, slow;
	struct failure why;

	ck_assert_int_eq(api_decode_change(&body, STR("r"), &topic, &slow,
			     &why),
	    CHAT_BAD_FIELD);
	field_check_text(why.field, "slow_ms");
	body = body_of("");
	ck_assert_int_eq(api_decode_change(&body, STR("r"), &topic, &slow,
			     &why),
	    CHAT_BAD_JSON);
}
END_TEST

/* --- moderation ----------------------------------------------------------- */

START_TEST(decodes_what_a_moderator_does)
{
	struct api_body body = body_of(
	    "{\"member\":\"bob\",\"reason\":\"spam\",\"duration_ms\":5}");
	struct command command;
	struct failure why;

	ck_assert_int_eq(api_decode_moderation(&body, COMMAND_BAN, STR("r"),
			     &command, &why),
	    CHAT_OK);
	ck_assert_int_eq(command.kind, COMMAND_BAN);
	field_check_text(command.room, "r");
	field_check_text(command.recipient, "bob");
	field_check_text(command.reason, "spam");
	ck_assert_int_eq(command.duration_ms, 5);
}
END_TEST

START_TEST(a_role_is_needed_for_a_role)
{
	struct api_body body =
	    body_of("{\"member\":\"bob\",\"role\":\"voice\"}");
	struct command command;
	struct failure why;

	ck_assert_int_eq(api_decode_moderation(&body, COMMAND_ROLE, STR("r"),
			     &command, &why),
	    CHAT_OK);
	field_check_text(command.role, "voice");
	body = body_of("{\"member\":\"bob\"}");
	ck_assert_int_eq(api_decode_moderation(&body, COMMAND_ROLE, STR("r"),
			     &command, &why),
	    CHAT_BAD_FIELD);
	field_check_text(why.field, "role");
}
END_TEST

static const struct {
	const char *body, *field;
} bad_moderations[] = {
	{ "{}", "member" },
	{ "{\"member\":1}", "member" },
	{ "{\"member\":\"\"}", "member" },
	{ "{\"member\":\"m\",\"reason\":1}", "reason" },
	{ "{\"member\":\"m\",\"duration_ms\":-1}", "duration_ms" },
};

START_TEST(names_what_is_wrong_with_a_moderation)
{
	struct api_body body = body_of(bad_moderations[_i].body);
	struct command command;
	struct failure why;

	ck_assert_int_eq(api_decode_moderation(&body, COMMAND_KICK, STR("r"),
			     &command, &why),
	    CHAT_BAD_FIELD);
	field_check_text(why.field, bad_moderations[_i].field);
}
END_TEST

/* --- revocations ---------------------------------------------------------- */

static const struct {
	const char *body, *jti, *sub, *field; /* the one that is wrong; NULL */
	uint64_t before_s;
} revocations[] = {
	{ "{\"jti\":\"a b\"}", "a b", NULL, NULL, 0 },
	{ "{\"sub\":\"u\",\"jti\":null}", NULL, "u", NULL, 0 },
	{ "{\"sub\":\"u\",\"before\":7}", NULL, "u", NULL, 7 },
	{ "{\"before\":7}", NULL, NULL, NULL, 7 },
	{ "{}", NULL, NULL, "sub", 0 },
	{ "{\"jti\":\"a\",\"sub\":\"u\"}", NULL, NULL, "jti", 0 },
	{ "{\"jti\":\"a\",\"before\":1}", NULL, NULL, "jti", 0 },
	{ "{\"jti\":\"\"}", NULL, NULL, "jti", 0 },
	{ "{\"jti\":1}", NULL, NULL, "jti", 0 },
	{ "{\"sub\":\" u\"}", NULL, NULL, "sub", 0 },
	{ "{\"sub\":\"u \"}", NULL, NULL, "sub", 0 },
	{ "{\"sub\":\"u\\nsub v\"}", NULL, NULL, "sub", 0 },
	{ "{\"sub\":\"u\\u007f\"}", NULL, NULL, "sub", 0 },
	{ "{\"before\":-1}", NULL, NULL, "before", 0 },
	{ "{\"before\":\"7\"}", NULL, NULL, "before", 0 },
};

START_TEST(decodes_a_revocation)
{
	struct api_body body = body_of(revocations[_i].body);
	struct api_revocation revocation;
	struct failure why;
	enum chat_error error = api_decode_revocation(&body, &revocation, &why);

	if (revocations[_i].field != NULL) {
		ck_assert_int_eq(error, CHAT_BAD_FIELD);
		field_check_text(why.field, revocations[_i].field);
		return;
	}
	ck_assert_int_eq(error, CHAT_OK);
	field_check_text(revocation.jti, revocations[_i].jti);
	field_check_text(revocation.sub, revocations[_i].sub);
	ck_assert_int_eq(revocation.has_before, revocations[_i].before_s != 0);
	ck_assert_uint_eq(revocation.before_s, revocations[_i].before_s);
}
END_TEST

SUITE(api_request)
{
	tcase_add_loop_test(tests, decodes_a_revocation, 0,
	    COUNT_OF(revocations));
	tcase_add_loop_test(tests, decodes_a_message, 0, COUNT_OF(messages));
	tcase_add_loop_test(tests, names_what_is_wrong_with_a_message, 0,
	    COUNT_OF(bad_messages));
	tcase_add_test(tests, takes_a_string_for_the_lobby);
	tcase_add_loop_test(tests, counts_a_batch, 0, COUNT_OF(batches));
	tcase_add_test(tests, refuses_a_batch_that_is_too_long);
	tcase_add_loop_test(tests, decodes_a_room, 0, COUNT_OF(rooms));
	tcase_add_loop_test(tests, names_what_is_wrong_with_a_room, 0,
	    COUNT_OF(bad_rooms));
	tcase_add_test(tests, decodes_the_options_of_a_room);
	tcase_add_loop_test(tests, decodes_changes_of_a_room, 0,
	    COUNT_OF(room_changes));
	tcase_add_test(tests, names_what_is_wrong_with_a_change);
	tcase_add_test(tests, decodes_what_a_moderator_does);
	tcase_add_test(tests, a_role_is_needed_for_a_role);
	tcase_add_loop_test(tests, names_what_is_wrong_with_a_moderation, 0,
	    COUNT_OF(bad_moderations));
}
