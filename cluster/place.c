#include "cluster/place.h"

#include "domain/base/decimal.h"

int
place_compare(const struct place *a, const struct place *b)
{
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	if (a->sub != b->sub)
		return a->sub < b->sub ? -1 : 1;
	return 0;
}

bool
place_is_next(const struct place *place, const struct place *next)
{
	if (next->sub == 0)
		return next->number == place->number + 1;
	return next->number == place->number && next->sub == place->sub + 1;
}

/* The rest of `text` behind a number. False: there is none. */
static bool
number_take(struct str *text, uint64_t *out)
{
	size_t digits = 0;

	*out = 0;
	while (digits < text->len && text->data[digits] >= '0' &&
	       text->data[digits] <= '9') {
		uint64_t digit = (uint64_t)(text->data[digits] - '0');

		if (*out > (UINT64_MAX - digit) / 10)
			return false;
		*out = *out * 10 + digit;
		digits++;
	}
	*text = str_slice(text->data + digits, text->len - digits);
	return digits > 0;
}

bool
place_parse(struct str text, struct str chain, struct place *out)
{
	struct place place = { .number = 0 };

	if (!number_take(&text, &place.number) || str_is_empty(text) ||
	    text.data[0] != '-')
		return false;
	text = str_slice(text.data + 1, text.len - 1);
	if (!number_take(&text, &place.sub) || !str_is_empty(text) ||
	    chain.len >= CHAIN_SIZE)
		return false;
	str_put(place.chain, chain);
	*out = place;
	return true;
}

struct str
place_format(const struct place *place, char out[PLACE_TEXT_SIZE])
{
	char digits[DECIMAL_MOST];
	char *at = str_put(out, decimal_write(place->number, digits));

	*at++ = '-';
	at = str_put(at, decimal_write(place->sub, digits));
	*at = '\0';
	return str_slice(out, (size_t)(at - out));
}
