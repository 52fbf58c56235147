#include "transport/fanout/lags.h"

#include <assert.h>
#include <stdlib.h>

#include "domain/base/array.h"

uint32_t
lags_begin(struct lags *lags)
{
	uint32_t number = lags->first_free;
	struct lag *items;

	if (number != 0)
		lags->first_free = lags_find(lags, number)->next_free;
	else {
		items = array_grow(lags->items, lags->begun, &lags->capacity,
		    sizeof(*items));
		if (items == NULL)
			return 0;
		lags->items = items;
		number = ++lags->begun;
	}
	*lags_find(lags, number) = (struct lag){ .position = 0 };
	lags->used++;
	return number;
}

void
lags_end(struct lags *lags, uint32_t lag)
{
	assert(lag > 0 && lag <= lags->begun && lags->used > 0);
	lags_find(lags, lag)->next_free = lags->first_free;
	lags->first_free = lag;
	lags->used--;
}

void
lags_tidy(struct lags *lags)
{
	if (lags->used > 0 || lags->items == NULL)
		return;
	free(lags->items);
	*lags = (struct lags){ .items = NULL };
}
