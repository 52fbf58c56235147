#include "domain/base/decimal.h"

#include <inttypes.h>
#include <stdio.h>

#include "tests/suite.h"

/* Around each power of ten and of two. */
START_TEST(writes_the_digits_of_a_number)
{
	char digits[DECIMAL_MOST], expected[DECIMAL_MOST + 1];

	for (uint64_t ten = 1, i = 0; i < 64; i++, ten *= 10) {
		const uint64_t numbers[] = { ten - 1, ten, ten + 1,
			(UINT64_C(1) << i) - 1, UINT64_C(1) << i,
			UINT64_MAX - i };

		for (size_t n = 0; n < COUNT_OF(numbers); n++) {
			snprintf(expected, sizeof(expected), "%" PRIu64,
			    numbers[n]);
			ck_assert(str_equal(decimal_write(numbers[n], digits),
			    str_from(expected)));
		}
	}
}
END_TEST

SUITE(decimal)
{
	tcase_add_test(tests, writes_the_digits_of_a_number);
}
