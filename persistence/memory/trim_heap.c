#include "persistence/memory/trim_heap.h"

#include <features.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define TRIM_WORTH_BYTES ((size_t)8 << 20)

static void
heap_trim(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

bool
trim_heap_watch(struct trim_heap *heap, size_t bytes)
{
	if (bytes > heap->high)
		heap->high = bytes;
	if (heap->high - bytes < TRIM_WORTH_BYTES || bytes > heap->high / 2)
		return false;
	heap_trim();
	heap->high = bytes;
	return true;
}
