#include "domain/totals.h"

#include <string.h>

size_t
totals_add(struct totals *totals, unsigned code, const char *reason)
{
	struct total *items = totals->items;
	size_t i = 0;

	while (i < totals->count &&
	       (items[i].code != code || strcmp(items[i].reason, reason) != 0))
		i++;
	if (i == TOTALS_MOST)
		i--;
	if (i == totals->count) {
		items[i] = (struct total){ .code = code, .reason = reason };
		if (i == TOTALS_MOST - 1)
			items[i] = (struct total){ .reason = "other" };
		totals->count++;
	}
	items[i].count++;
	return i;
}
