#include "auth/hook_answer.h"

#include <string.h>

#include "tests/suite.h"

#include "domain/principal.h"

START_TEST(reads_the_answer_of_a_hook)
{
	struct hook_answer answer;

	ck_assert_ptr_null(hook_answer_read(
	    STR(" {\"user\":\"u\\u0031\",\"name\":\"Zoë\",\"can\":[\"read\","
		"\"fly\"],\"ttl_s\":60,\"exp\":2000000000,\"x\":[{}]} "),
	    &answer));
	ck_assert_str_eq(answer.user, "u1");
	ck_assert_str_eq(answer.name, "Zoë");
	ck_assert_uint_eq(answer.rights, rights_of_word(STR("read")));
	ck_assert(!answer.has_rooms);
	ck_assert_int_eq(answer.ttl_s, 60);
	ck_assert_int_eq(answer.expires_s, 2000000000);
	ck_assert_ptr_null(hook_answer_read(STR("{\"user\":\"u\"}"), &answer));
	ck_assert_str_eq(answer.name, "");
	ck_assert_uint_ne(answer.rights & RIGHT_POST, 0);
	ck_assert_int_eq(answer.ttl_s, 0);
	ck_assert_int_eq(answer.expires_s, 0);
	ck_assert_ptr_null(hook_answer_read(STR("{\"user\":\"u\",\"can\":[]}"),
	    &answer));
	ck_assert_uint_eq(answer.rights, 0);
	ck_assert_ptr_null(hook_answer_read(
	    STR("{\"user\":\"u\",\"rooms\":[\"tea\",\"b-*\"]}"), &answer));
	ck_assert(answer.has_rooms);
	ck_assert(room_patterns_match(str_slice(answer.rooms, answer.rooms_len),
	    STR("b-1")));
}
END_TEST

static const struct {
	const char *json;
	const char *why;
} bad[] = {
	{ "", "JSON ends too early" },
	{ "[]", "Not a JSON object" },
	{ "{}", "user is missing" },
	{ "{\"user\":\"u\"", "JSON ends too early" },
	{ "{\"user\":\"u\"}x", "Something follows the JSON object" },
	{ "{\"user\":\"\xff\"}", "Not valid UTF-8" },
	{ "{\"user\":\"u\",\"user\":\"v\"}",
	    "A key occurs twice in one object" },
	{ "{\"user\":1}", "user is not a text of 1 to 256 bytes" },
	{ "{\"user\":null}", "user is not a text of 1 to 256 bytes" },
	{ "{\"user\":\"\"}", "user is not a text of 1 to 256 bytes" },
	{ "{\"user\":\"a\\nb\"}", "user is not a text of 1 to 256 bytes" },
	{ "{\"user\":\"a\\u0000b\"}", "user is not a text of 1 to 256 bytes" },
	{ "{\"user\":\"u\",\"name\":\"\"}",
	    "name is not a text of 1 to 256 bytes" },
	{ "{\"user\":\"u\",\"can\":\"read\"}", "can is not an array of texts" },
	{ "{\"user\":\"u\",\"can\":[1]}", "can is not an array of texts" },
	{ "{\"user\":\"u\",\"rooms\":{}}", "rooms is not an array of texts" },
	{ "{\"user\":\"u\",\"ttl_s\":-1}",
	    "ttl_s is not a number from 0 to 86400" },
	{ "{\"user\":\"u\",\"ttl_s\":1e3}",
	    "ttl_s is not a number from 0 to 86400" },
	{ "{\"user\":\"u\",\"ttl_s\":86401}",
	    "ttl_s is not a number from 0 to 86400" },
	{ "{\"user\":\"u\",\"exp\":\"soon\"}", "exp is not a Unix time" },
	{ "{\"user\":\"u\",\"x\":[[[[[[[[[[]]]]]]]]]]}", "Nested too deeply" },
};

START_TEST(names_what_is_wrong)
{
	struct hook_answer answer;
	const char *why = hook_answer_read(str_from(bad[_i].json), &answer);

	ck_assert_msg(why != NULL, "%s", bad[_i].json);
	ck_assert_str_eq(why, bad[_i].why);
}
END_TEST

START_TEST(texts_have_a_bounded_length)
{
	struct hook_answer answer;
	char json[512];
	size_t len = HOOK_TEXT_SIZE - 1;

	memcpy(json, "{\"user\":\"", 9);
	memset(json + 9, 'x', len);
	memcpy(json + 9 + len, "\"}", 3);
	ck_assert_ptr_null(hook_answer_read(str_from(json), &answer));
	ck_assert_uint_eq(strlen(answer.user), len);
	memset(json + 9, 'x', ++len);
	memcpy(json + 9 + len, "\"}", 3);
	ck_assert_ptr_nonnull(hook_answer_read(str_from(json), &answer));
}
END_TEST

START_TEST(reads_the_reason_of_a_refusal)
{
	char reason[HOOK_TEXT_SIZE + 1];

	ck_assert(hook_reason_read(STR("{\"reason\":\"No seat\"}"), reason));
	ck_assert_str_eq(reason, "No seat\n");
	ck_assert(!hook_reason_read(STR("{\"reason\":\"a\\r\\nb\"}"), reason));
	ck_assert(!hook_reason_read(STR("{\"reason\":1}"), reason));
	ck_assert(!hook_reason_read(STR("{\"reason\":\"x\"} x"), reason));
	ck_assert(!hook_reason_read(STR("{}"), reason));
	ck_assert(!hook_reason_read(STR("no"), reason));
	ck_assert(!hook_reason_read(STR(""), reason));
}
END_TEST

SUITE(hook_answer)
{
	tcase_add_test(tests, reads_the_answer_of_a_hook);
	tcase_add_loop_test(tests, names_what_is_wrong, 0, COUNT_OF(bad));
	tcase_add_test(tests, texts_have_a_bounded_length);
	tcase_add_test(tests, reads_the_reason_of_a_refusal);
}
