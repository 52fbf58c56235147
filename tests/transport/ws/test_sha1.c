#include "transport/ws/sha1.h"

#include <stdio.h>

#include "tests/suite.h"

/* FIPS 180's examples, and the lengths around a block. */
static const struct {
	const char *text, *digest;
} digests[] = {
	{ "", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
	{ "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	    "84983e441c3bd26ebaae4aa1f95129e5e54670f1" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "c1c8bbdc22796e28c0e15163d20899b65621d65a" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "03f09f5b158a7a8cdad920bddc29b81c18a551f5" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "0098ba824b5c16427bd7a1122a5a442a25ec644d" },
};
START_TEST(digests_a_text)
{
	uint8_t digest[SHA1_SIZE];
	char hex[2 * SHA1_SIZE + 1];

	sha1(str_from(digests[_i].text), digest);
	for (size_t i = 0; i < SHA1_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	ck_assert_str_eq(hex, digests[_i].digest);
}
END_TEST

SUITE(sha1)
{
	tcase_add_loop_test(tests, digests_a_text, 0, COUNT_OF(digests));
}
