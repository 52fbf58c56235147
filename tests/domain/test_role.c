#include "domain/role.h"

#include "tests/suite.h"

START_TEST(rights_grow_with_the_role)
{
	for (int moderated = 0; moderated < 2; moderated++)
		for (enum role role = ROLE_MUTED; role <= ROLE_OWNER; role++) {
			unsigned less = role_rights(role - 1, moderated);

			ck_assert_uint_eq(less & ~role_rights(role, moderated),
			    0);
		}
	ck_assert(role_rights(ROLE_MEMBER, false) & RIGHT_POST);
	ck_assert(!(role_rights(ROLE_MEMBER, true) & RIGHT_POST));
	ck_assert(role_rights(ROLE_VOICE, true) & RIGHT_POST);
	ck_assert(!(role_rights(ROLE_VOICE, true) & RIGHT_MODERATE));
	ck_assert(!(role_rights(ROLE_MODERATOR, true) & RIGHT_ADMIN));
	ck_assert(role_rights(ROLE_OWNER, true) & RIGHT_ADMIN);
}
END_TEST

START_TEST(penalties_are_no_roles)
{
	enum role role = ROLE_OWNER;

	ck_assert(role_of_word(STR("member"), &role));
	ck_assert_int_eq(role, ROLE_MEMBER);
	ck_assert(role_of_word(STR("owner"), &role));
	ck_assert_int_eq(role, ROLE_OWNER);
	ck_assert(!role_of_word(STR("banned"), &role));
	ck_assert(!role_of_word(STR("muted"), &role));
	ck_assert(!role_of_word(STR(""), &role));
	ck_assert(!role_of_word(STR_ABSENT, &role));
}
END_TEST

static const struct {
	struct standing standing;
	const char *text;
} standings[] = {
	{ { ROLE_MEMBER, ROLE_MEMBER, 0 }, "member" },
	{ { ROLE_OWNER, ROLE_MEMBER, 0 }, "owner" },
	{ { ROLE_MEMBER, ROLE_BANNED, 0 }, "member banned 0" },
	{ { ROLE_VOICE, ROLE_MUTED, 1795241301123 },
	    "voice muted 1795241301123" },
	{ { ROLE_MODERATOR, ROLE_MUTED, (INT64_C(1) << 53) - 1 },
	    "moderator muted 9007199254740991" },
};

START_TEST(a_standing_is_written_and_read)
{
	char text[STANDING_SIZE];
	struct standing out;
	size_t len = standing_write(&standings[_i].standing, text);

	ck_assert_str_eq(text, standings[_i].text);
	ck_assert_uint_eq(len, strlen(text));
	standing_read(str_from(text), &out);
	ck_assert_int_eq(out.role, standings[_i].standing.role);
	ck_assert_int_eq(out.penalty, standings[_i].standing.penalty);
	ck_assert_int_eq(out.until_ms, standings[_i].standing.until_ms);
}
END_TEST

static const struct str invalid[] = { STR_ABSENT, STR(""), STR("king"),
	STR("banned"), STR("owner banned"), STR("owner banned "),
	STR("owner banned x"), STR("owner banned -1"), STR("owner voice 1"),
	STR("owner banned 1 2"), STR("owner banned 99999999999999999999") };

START_TEST(what_is_not_valid_is_plain)
{
	struct standing out;

	standing_read(invalid[_i], &out);
	ck_assert_int_eq(out.role, ROLE_MEMBER);
	ck_assert_int_eq(out.penalty, ROLE_MEMBER);
	ck_assert_int_eq(out.until_ms, 0);
}
END_TEST

START_TEST(a_penalty_ends)
{
	struct standing standing = { ROLE_VOICE, ROLE_MUTED, 1000 };

	ck_assert_int_eq(standing_role(&standing, 999), ROLE_MUTED);
	ck_assert_int_eq(standing_role(&standing, 1000), ROLE_VOICE);
	standing.until_ms = 0;
	ck_assert_int_eq(standing_role(&standing, INT64_MAX), ROLE_MUTED);
}
END_TEST

SUITE(role)
{
	tcase_add_test(tests, rights_grow_with_the_role);
	tcase_add_test(tests, penalties_are_no_roles);
	tcase_add_loop_test(tests, a_standing_is_written_and_read, 0,
	    COUNT_OF(standings));
	tcase_add_loop_test(tests, what_is_not_valid_is_plain, 0,
	    COUNT_OF(invalid));
	tcase_add_test(tests, a_penalty_ends);
}
