#include "auth/password_hash.h"

#include "tests/suite.h"

/* hashlib.scrypt(b"correct horse", salt=bytes(range(16)), n=1024, r=8, p=2) */
static const struct password_hash known = {
	.log_n = 10,
	.r = 8,
	.p = 2,
	.salt = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	.hash = { 0x44, 0x18, 0xc2, 0x5d, 0x86, 0xe8, 0xa3, 0x8c, 0xa3, 0x1c,
	    0x7d, 0x0f, 0xd4, 0xae, 0xf9, 0xbe, 0xb2, 0xf8, 0xc4, 0x67, 0x22,
	    0x2e, 0xde, 0xa2, 0xa3, 0xea, 0x36, 0xbf, 0x4c, 0xaa, 0x4a, 0x5a },
};

START_TEST(compares_with_a_hash_of_another_implementation)
{
	struct password_hash other = known;

	ck_assert_int_eq(password_compare(&known, STR("correct horse")),
	    PASSWORD_MATCHES);
	ck_assert_int_eq(password_compare(&known, STR("correct horsf")),
	    PASSWORD_DIFFERS);
	ck_assert_int_eq(password_compare(&known, STR("")), PASSWORD_DIFFERS);
	other.hash[31] ^= 1;
	ck_assert_int_eq(password_compare(&other, STR("correct horse")),
	    PASSWORD_DIFFERS);
}
END_TEST

START_TEST(makes_hashes_with_salts_of_their_own)
{
	struct password_hash a, b, dummy = password_hash_dummy();

	ck_assert(password_hash_compute(STR("secret"), &a));
	ck_assert(password_hash_compute(STR("secret"), &b));
	ck_assert_mem_ne(a.salt, b.salt, sizeof(a.salt));
	ck_assert_mem_ne(a.hash, b.hash, sizeof(a.hash));
	ck_assert_int_eq(password_compare(&a, STR("secret")), PASSWORD_MATCHES);
	ck_assert_int_eq(password_compare(&a, STR("Secret")), PASSWORD_DIFFERS);
	/* An unknown user takes as long. */
	ck_assert_uint_eq(a.log_n, dummy.log_n);
	ck_assert_uint_eq(a.r, dummy.r);
	ck_assert_uint_eq(a.p, dummy.p);
}
END_TEST

static const struct {
	uint32_t log_n, r, p;
	bool is_sound;
} params[] = {
	{ 15, 8, 1, true },
	{ 10, 1, 1, true },
	{ 17, 8, 1, true },
	{ 18, 8, 1, true },
	{ 9, 8, 1, false },
	{ 64, 8, 1, false },
	{ 15, 0, 1, false },
	{ 15, 8, 0, false },
	{ 19, 8, 1, false },
	{ 15, 33, 1, false },
	{ 15, 8, 17, false },
	{ 15, UINT32_MAX, 1, false },
};

START_TEST(bounds_what_a_comparison_costs)
{
	struct password_hash hash = known;

	hash.log_n = params[_i].log_n;
	hash.r = params[_i].r;
	hash.p = params[_i].p;
	ck_assert(password_hash_is_sound(&hash) == params[_i].is_sound);
}
END_TEST

SUITE(password_hash)
{
	tcase_add_test(tests, compares_with_a_hash_of_another_implementation);
	tcase_add_test(tests, makes_hashes_with_salts_of_their_own);
	tcase_add_loop_test(tests, bounds_what_a_comparison_costs, 0,
	    COUNT_OF(params));
}
