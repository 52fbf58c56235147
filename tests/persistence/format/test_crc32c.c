#include "persistence/format/crc32c.h"

#include <string.h>

#include "tests/suite.h"

/* The catalogue's check value, and RFC 3720, appendix B.4. */
static const struct {
	const char *bytes;
	size_t len;
	uint32_t crc;
} published[] = {
	{ "", 0, 0 },
	{ "123456789", 9, 0xe3069283 },
	{ "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
	    32, 0x8a9136aa },
	{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
	  "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
	    32, 0x62a8ab43 },
	{ "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
	  "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f",
	    32, 0x46dd794e },
};

START_TEST(agrees_with_what_is_published)
{
	const char *bytes = published[_i].bytes;
	size_t len = published[_i].len;

	ck_assert_uint_eq(crc32c(0, bytes, len), published[_i].crc);
	ck_assert_uint_eq(crc32c_by_table(0, bytes, len), published[_i].crc);
}
END_TEST

START_TEST(both_ways_agree_at_every_length_and_alignment)
{
	unsigned char bytes[96];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 151 + 7);
	for (size_t from = 0; from < 16; from++)
		for (size_t len = 0; from + len <= sizeof(bytes); len++)
			ck_assert_uint_eq(crc32c(17, bytes + from, len),
			    crc32c_by_table(17, bytes + from, len));
}
END_TEST

START_TEST(can_be_taken_in_two_pieces)
{
	static const char text[] =
	    "The quick brown fox jumps over the lazy dog";
	size_t len = strlen(text);

	for (size_t split = 0; split <= len; split++) {
		uint32_t crc = crc32c(0, text, split);

		ck_assert_uint_eq(crc32c(crc, text + split, len - split),
		    crc32c(0, text, len));
	}
}
END_TEST

SUITE(crc32c)
{
	tcase_add_loop_test(tests, agrees_with_what_is_published, 0,
	    COUNT_OF(published));
	tcase_add_test(tests, both_ways_agree_at_every_length_and_alignment);
	tcase_add_test(tests, can_be_taken_in_two_pieces);
}
