#include "wire/common/siphash.h"

#include "tests/suite.h"

/* Key 00 01 … 0f, text 00 01 …: appendix A of the paper has the 15 bytes. */
START_TEST(computes_the_vectors_of_the_paper)
{
	static const uint64_t key[2] = { UINT64_C(0x0706050403020100),
		UINT64_C(0x0f0e0d0c0b0a0908) };
	static const struct {
		size_t len;
		uint64_t hash;
	} known[] = {
		{ 0, UINT64_C(0x726fdb47dd0e0e31) },
		{ 1, UINT64_C(0x74f839c593dc67fd) },
		{ 8, UINT64_C(0x93f5f5799a932462) },
		{ 15, UINT64_C(0xa129ca6149be45e5) },
	};
	char text[15];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)i;
	for (size_t i = 0; i < COUNT_OF(known); i++)
		ck_assert_uint_eq(siphash(key, str_slice(text, known[i].len)),
		    known[i].hash);
}
END_TEST

SUITE(siphash)
{
	tcase_add_test(tests, computes_the_vectors_of_the_paper);
}
