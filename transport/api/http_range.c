#include "transport/api/http_range.h"

#include <stdbool.h>

#include "domain/base/str_trim.h"

/* Takes digits off the text. False: there are none, or too many. */
static bool
range_take_number(struct str *text, uint64_t *out)
{
	size_t len = 0;

	*out = 0;
	for (; len < text->len && text->data[len] >= '0' &&
	       text->data[len] <= '9';
	     len++)
		if (__builtin_mul_overflow(*out, 10, out) ||
		    __builtin_add_overflow(*out,
			(uint64_t)(text->data[len] - '0'), out))
			return false;
	*text = str_slice(text->data + len, text->len - len);
	return len > 0;
}

/* "-500": the last ones. */
static enum range_end
range_of_suffix(struct str text, uint64_t size, uint64_t *from, uint64_t *to)
{
	uint64_t count;

	if (!range_take_number(&text, &count) || text.len > 0)
		return RANGE_ALL;
	if (count == 0 || size == 0)
		return RANGE_REFUSED;
	*from = count < size ? size - count : 0;
	*to = size - 1;
	return RANGE_PART;
}

enum range_end
http_range_read(struct str header, uint64_t size, uint64_t *from, uint64_t *to)
{
	struct str unit = STR("bytes=");

	if (header.len <= unit.len ||
	    memcmp(header.data, unit.data, unit.len) != 0)
		return RANGE_ALL;
	header =
	    str_trim(str_slice(header.data + unit.len, header.len - unit.len),
		STR_BLANKS);
	if (header.len > 0 && header.data[0] == '-')
		return range_of_suffix(str_slice(header.data + 1,
					   header.len - 1),
		    size, from, to);
	if (!range_take_number(&header, from) || header.len == 0 ||
	    header.data[0] != '-')
		return RANGE_ALL;
	header = str_slice(header.data + 1, header.len - 1);
	*to = UINT64_MAX;
	if (header.len > 0 &&
	    (!range_take_number(&header, to) || header.len > 0 || *to < *from))
		return RANGE_ALL;
	if (*from >= size)
		return RANGE_REFUSED;
	if (*to >= size)
		*to = size - 1;
	return RANGE_PART;
}
