#include "cluster/redis/redis_batch.h"

#include <stdlib.h>

#include "domain/base/array.h"

/* Takes "3:" and what it counts off the front. */
static bool
item_take(struct str *text, struct str *out)
{
	size_t at = 0, len = 0;

	while (at < text->len && text->data[at] >= '0' &&
	       text->data[at] <= '9') {
		len = len * 10 + (size_t)(text->data[at] - '0');
		if (len > text->len)
			return false;
		at++;
	}
	if (at == 0 || at == text->len || text->data[at] != ':' ||
	    len > text->len - at - 1)
		return false;
	*out = str_slice(text->data + at + 1, len);
	*text = str_slice(out->data + len, text->len - at - 1 - len);
	return true;
}

bool
redis_batch_read(struct redis_batch *batch, struct str text)
{
	struct str item;

	batch->count = 0;
	while (text.len > 0) {
		struct str *items;

		if (!item_take(&text, &item))
			return false;
		items = array_grow(batch->items, batch->count, &batch->capacity,
		    sizeof(*items));
		if (items == NULL)
			return false;
		batch->items = items;
		batch->items[batch->count++] = item;
	}
	return true;
}

void
redis_batch_fini(struct redis_batch *batch)
{
	free(batch->items);
	*batch = (struct redis_batch){ 0 };
}
