#include "domain/member.h"

#include "domain/text/utf8.h"
#include "tests/suite.h"

START_TEST(a_name_has_up_to_32_characters_of_any_kind)
{
	char wish[33 * 4], name[MEMBER_NAME_SIZE];
	size_t len = 0;

	for (int i = 0; i < 33; i++)
		len += utf8_put(0x1f600, wish + len);
	ck_assert_int_eq(member_name_normalize(str_slice(wish, 32 * 4), name),
	    CHAT_OK);
	ck_assert_mem_eq(name, wish, 32 * 4);
	ck_assert_uint_eq(strlen(name), 32 * 4);
	ck_assert_int_eq(member_name_normalize(str_slice(wish, 33 * 4), name),
	    CHAT_NAME_INVALID);
}
END_TEST

/* A long s, a Cyrillic a. */
static const struct str reserved[] = { STR("system"), STR("admin"), STR("root"),
	STR("SYSTEM"), STR("Admin"), STR("rOOt"), STR("\u017fystem"),
	STR("\u0430dmin") };

START_TEST(refuses_reserved_names)
{
	char name[MEMBER_NAME_SIZE];

	for (size_t i = 0; i < COUNT_OF(reserved); i++)
		ck_assert_int_eq(member_name_normalize(reserved[i], name),
		    CHAT_NAME_INVALID);
}
END_TEST

START_TEST(accepts_names_with_a_reserved_word)
{
	char name[MEMBER_NAME_SIZE];

	ck_assert_int_eq(member_name_normalize(STR("systema"), name), CHAT_OK);
	ck_assert_int_eq(member_name_normalize(STR("the admin"), name),
	    CHAT_OK);
	ck_assert_int_eq(member_name_normalize(STR("roo"), name), CHAT_OK);
}
END_TEST

START_TEST(appends_a_number_to_a_taken_name)
{
	char name[MEMBER_NAME_SIZE], out[MEMBER_NAME_SIZE];

	member_name_normalize(STR("alice"), name);
	member_name_suffix(name, 2, out);
	ck_assert_str_eq(out, "alice#2");
	member_name_suffix(name, 4294967295u, out);
	ck_assert_str_eq(out, "alice#4294967295");
}
END_TEST

START_TEST(the_longest_name_with_a_number_has_a_skeleton)
{
	char wish[32 * 4], name[MEMBER_NAME_SIZE], out[MEMBER_NAME_SIZE];
	char folded[MEMBER_SKELETON_SIZE];
	size_t len = 0;

	while (len < sizeof(wish))
		len += utf8_put(0x10400, wish + len);
	ck_assert_int_eq(member_name_normalize(str_slice(wish, len), name),
	    CHAT_OK);
	member_name_suffix(name, 4294967295u, out);
	ck_assert_uint_eq(strlen(out), MEMBER_NAME_SIZE - 1);
	ck_assert_uint_eq(member_name_skeleton(str_from(out), folded),
	    MEMBER_NAME_SIZE - 1);
	ck_assert_str_eq(folded + 32 * 4, "#4294967295");
}
END_TEST

START_TEST(a_text_too_long_for_a_name_has_an_empty_skeleton)
{
	char text[MEMBER_NAME_SIZE], folded[MEMBER_SKELETON_SIZE];

	memset(text, 'a', sizeof(text));
	ck_assert_uint_eq(member_name_skeleton(str_slice(text, sizeof(text)),
			      folded),
	    0);
	ck_assert_uint_eq(member_name_skeleton(str_slice(text,
						   sizeof(text) - 1),
			      folded),
	    MEMBER_NAME_SIZE - 1);
}
END_TEST

static const struct {
	struct str scope;
	struct str name;
	struct str key;
} keys[] = {
	{ STR_ABSENT, STR("Alice"), STR("alice") },
	{ STR("red"), STR("Alice"), STR("red\0alice") },
	{ STR("Red"), STR("alice#2"), STR("Red\0alice#2") },
	{ STR("red"), STR("Stra\u00dfe"), STR("red\0strasse") },
	{ STR_ABSENT, STR("\u0410lice#2"), STR("alice#2") },
	{ STR_ABSENT, STR("red\0alice"), STR("") },
	{ STR("red"), STR(""), STR("") },
	{ STR("red"), STR("\xff"), STR("") },
};

START_TEST(a_key_is_the_scope_and_the_skeleton)
{
	char key[MEMBER_KEY_SIZE];

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		size_t len = member_name_key(keys[i].scope, keys[i].name, key);

		ck_assert_uint_eq(len, keys[i].key.len);
		ck_assert_mem_eq(key, keys[i].key.data, len);
	}
}
END_TEST

SUITE(member)
{
	tcase_add_test(tests, a_name_has_up_to_32_characters_of_any_kind);
	tcase_add_test(tests, refuses_reserved_names);
	tcase_add_test(tests, accepts_names_with_a_reserved_word);
	tcase_add_test(tests, appends_a_number_to_a_taken_name);
	tcase_add_test(tests, the_longest_name_with_a_number_has_a_skeleton);
	tcase_add_test(tests, a_key_is_the_scope_and_the_skeleton);
	tcase_add_test(tests, a_text_too_long_for_a_name_has_an_empty_skeleton);
}
