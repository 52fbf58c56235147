#include "domain/base/decimal.h"

struct str
decimal_write(uint64_t number, char out[DECIMAL_MOST])
{
	static const char pairs[] = "00010203040506070809"
				    "10111213141516171819"
				    "20212223242526272829"
				    "30313233343536373839"
				    "40414243444546474849"
				    "50515253545556575859"
				    "60616263646566676869"
				    "70717273747576777879"
				    "80818283848586878889"
				    "90919293949596979899";
	size_t at = DECIMAL_MOST;

	/* Two digits at a time. */
	for (; number >= 10; number /= 100) {
		at -= 2;
		memcpy(out + at, pairs + number % 100 * 2, 2);
	}
	if (number > 0 || at == DECIMAL_MOST)
		out[--at] = (char)('0' + number);
	return str_slice(out + at, DECIMAL_MOST - at);
}
