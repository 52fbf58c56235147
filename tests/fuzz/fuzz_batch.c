/* What scripts publish: read, written again, the same. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "cluster/redis/redis_batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct redis_batch batch = { 0 }, again = { 0 };
	size_t len = 0;
	char *text;

	if (redis_batch_read(&batch, str_slice((const char *)data, size))) {
		text = malloc(size * 2 + 1);
		for (size_t i = 0; i < batch.count; i++) {
			len += (size_t)sprintf(text + len,
			    "%zu:", batch.items[i].len);
			len = (size_t)(str_put(text + len, batch.items[i]) -
				       text);
		}
		if (len > size ||
		    !redis_batch_read(&again, str_slice(text, len)) ||
		    again.count != batch.count)
			abort();
		redis_batch_fini(&again);
		free(text);
	}
	redis_batch_fini(&batch);
	return 0;
}
