#include "wire/json/json_number.h"

#include <string.h>

#include "wire/json/json_token.h"

/* Larger than the decimal exponent of any double. */
#define EXPONENT_MAX 9999

/*
 * 2^1024 - 2^970, in units of 1e308: from here on a decimal rounds to infinity.
 * More digits follow, so a number whose digits equal these is below.
 */
static const char overflow_digits[] =
    "1797693134862315807937289714053034150799341327100378269361737789804";

_Static_assert(sizeof(overflow_digits) > JSON_NUMBER_BYTES,
    "as many digits as a number can have");

static int
exponent_of(struct str digits)
{
	bool is_negative = digits.data[0] == '-';
	int exponent = 0;

	for (size_t i = 0; i < digits.len; i++)
		if (json_is_digit(digits.data[i]) && exponent < EXPONENT_MAX)
			exponent = exponent * 10 + (digits.data[i] - '0');
	return is_negative ? -exponent : exponent;
}

bool
json_number_is_finite(struct str number)
{
	char digits[JSON_NUMBER_BYTES];
	size_t count = 0, end = 0;
	int scale = -1; /* decimal exponent of the first significant digit */
	bool has_point = false;

	while (end < number.len && (number.data[end] | 0x20) != 'e') {
		char c = number.data[end++];

		has_point |= c == '.';
		if (!json_is_digit(c))
			continue;
		if (count > 0 || c != '0')
			digits[count++] = c;
		if (count > 0 && !has_point)
			scale++;
		if (count == 0 && has_point)
			scale--;
	}
	/* Without an exponent: at most JSON_NUMBER_BYTES digits. */
	if (end == number.len || count == 0)
		return true;
	scale +=
	    exponent_of(str_slice(number.data + end + 1, number.len - end - 1));
	if (scale != 308)
		return scale < 308;
	return memcmp(digits, overflow_digits, count) <= 0;
}

/* The end of the string that begins at `at`. */
static const char *
skip_valid_string(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		if (*at == '\\')
			at++;
	return at < end ? at + 1 : end;
}

/* All characters of numbers; in valid JSON only numbers begin with them. */
static bool
is_number_char(char c)
{
	return json_is_digit(c) || (c != '\0' && strchr("+-.eE", c) != NULL);
}

bool
json_numbers_are_portable(struct str json)
{
	const char *at = json.data, *end = at + json.len;

	while (at < end) {
		const char *start = at;

		if (*at == '"') {
			at = skip_valid_string(at, end);
			continue;
		}
		at++;
		if (*start != '-' && !json_is_digit(*start))
			continue;
		while (at < end && is_number_char(*at))
			at++;
		if (at - start > JSON_NUMBER_BYTES ||
		    !json_number_is_finite(str_slice(start,
			(size_t)(at - start))))
			return false;
	}
	return true;
}
