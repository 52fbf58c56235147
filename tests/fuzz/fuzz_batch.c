/* Answers and publications of scripts are read, written again, and equal. */
#include <stdint.h>
#include <stdlib.h>

#include "cluster/redis/redis_batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct redis_batch batch = { 0 }, again = { 0 };
	char *bytes, *end;

	if (redis_batch_read(&batch, str_slice((const char *)data, size))) {
		bytes = malloc(redis_batch_size(batch.items, batch.count));
		end = redis_batch_write(bytes, batch.items, batch.count);
		if ((size_t)(end - bytes) > size ||
		    !redis_batch_read(&again,
			str_slice(bytes, (size_t)(end - bytes))) ||
		    again.count != batch.count)
			abort();
		for (size_t i = 0; i < batch.count; i++)
			if (!str_equal(batch.items[i], again.items[i]))
				abort();
		redis_batch_fini(&again);
		free(bytes);
	}
	redis_batch_fini(&batch);
	return 0;
}
