#include "persistence/memory/trim_heap.h"

#include <features.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define WORTH_IT ((size_t)8 << 20)

static void
heap_trim(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

bool
trim_heap_watch(struct trim_heap *ebb, size_t held)
{
	if (held > ebb->high)
		ebb->high = held;
	if (ebb->high - held < WORTH_IT || held > ebb->high / 2)
		return false;
	heap_trim();
	ebb->high = held;
	return true;
}
