#include "persistence/blobs/sha256.h"

#include <stdio.h>
#include <string.h>

#include "tests/suite.h"

static void
hex_of(const uint8_t hash[SHA256_SIZE], char out[2 * SHA256_SIZE + 1])
{
	for (size_t i = 0; i < SHA256_SIZE; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

/* NIST, "SHA Test Vectors", and FIPS 180-2. */
static const struct {
	const char *text;
	size_t times;
	const char *hash;
} vectors[] = {
	{ "", 1,
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855" },
	{ "abc", 1,
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	    "248d6a61d20638b8e5c026930c3e6039"
	    "a33ce45964ff2167f6ecedd419db06c1" },
	{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
	  "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
	    1,
	    "cf5b16a778af8380036ce59e7b049237"
	    "0b249b11e8f07a51afac45037afee9d1" },
	{ "a", 1000000,
	    "cdc76e5c9914fb9281a1c7e284d73e67"
	    "f1809a48a497200e046d39ccc7112cd0" },
};

START_TEST(hashes_the_published_vectors)
{
	uint8_t hash[SHA256_SIZE];
	struct sha256 sha;
	char hex[2 * SHA256_SIZE + 1];

	sha256_init(&sha);
	for (size_t i = 0; i < vectors[_i].times; i++)
		sha256_add(&sha, vectors[_i].text, strlen(vectors[_i].text));
	sha256_end(&sha, hash);
	hex_of(hash, hex);
	ck_assert_str_eq(hex, vectors[_i].hash);
}
END_TEST

START_TEST(pieces_give_the_same_hash_as_the_whole)
{
	uint8_t whole[SHA256_SIZE], split[SHA256_SIZE], bytes[200];
	struct sha256 sha;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		sha256_init(&sha);
		sha256_add(&sha, bytes, len);
		sha256_end(&sha, whole);
		for (size_t at = 0; at <= len; at++) {
			sha256_init(&sha);
			sha256_add(&sha, bytes, at);
			sha256_add(&sha, bytes + at, len - at);
			sha256_end(&sha, split);
			ck_assert_mem_eq(split, whole, SHA256_SIZE);
		}
	}
}
END_TEST

SUITE(sha256)
{
	tcase_add_loop_test(tests, hashes_the_published_vectors, 0,
	    COUNT_OF(vectors));
	tcase_add_test(tests, pieces_give_the_same_hash_as_the_whole);
}
