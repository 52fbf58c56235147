#include "auth/member_id.h"

#include "tests/suite.h"

/* base32(sha256(user id)[:16]), by Python's base64 and hashlib. */
START_TEST(is_a_hash_of_the_user_id)
{
	char id[USER_MEMBER_ID_SIZE];

	user_member_id(STR("alice"), id);
	ck_assert_str_eq(id, "ufpmansl7byak6gq7ymzi7j3dve");
	user_member_id(STR("42"), id);
	ck_assert_str_eq(id, "uondvznakk2hi3kfaixhnceatpy");
	ck_assert_uint_eq(strlen(id), PRINCIPAL_MEMBER_ID_LEN);
}
END_TEST

SUITE(member_id)
{
	tcase_add_test(tests, is_a_hash_of_the_user_id);
}
