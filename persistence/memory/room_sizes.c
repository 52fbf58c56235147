#include "persistence/memory/room_sizes.h"

#include <assert.h>

void
room_sizes_init(struct room_sizes *sizes)
{
	*sizes = (struct room_sizes){ .bytes = 0 };
	for (size_t i = 0; i < ROOM_SIZE_BUCKETS; i++)
		list_init(&sizes->buckets[i]);
}

/* The position of the highest bit, and the two bits behind it. */
static unsigned
room_size_bucket(size_t bytes)
{
	unsigned high = 63 - (unsigned)__builtin_clzll(bytes);

	assert(bytes > 0);
	if (high < 2)
		return high * 4;
	return high * 4 + (unsigned)((bytes >> (high - 2)) & 3);
}

static void
bucket_remove(struct room_sizes *sizes, struct room_size *size)
{
	unsigned bucket = room_size_bucket(size->bytes);

	list_remove(&size->link);
	if (list_is_empty(&sizes->buckets[bucket]))
		sizes->used[bucket / 64] &= ~(UINT64_C(1) << bucket % 64);
}

static void
bucket_add(struct room_sizes *sizes, struct room_size *size)
{
	unsigned bucket = room_size_bucket(size->bytes);

	list_append(&sizes->buckets[bucket], &size->link);
	sizes->used[bucket / 64] |= UINT64_C(1) << bucket % 64;
}

void
room_sizes_set(struct room_sizes *sizes, struct room_size *size, size_t bytes)
{
	bool moves = size->bytes == 0 || bytes == 0 ||
		     room_size_bucket(size->bytes) != room_size_bucket(bytes);

	assert(sizes->bytes >= size->bytes);
	sizes->bytes += bytes - size->bytes;
	if (moves && size->bytes > 0)
		bucket_remove(sizes, size);
	size->bytes = bytes;
	if (moves && bytes > 0)
		bucket_add(sizes, size);
}

static struct room_size *
bucket_first(const struct list *bucket, const struct room_size *but)
{
	for (struct list *at = bucket->next; at != bucket; at = at->next)
		if (LIST_OWNER(at, struct room_size, link) != but)
			return LIST_OWNER(at, struct room_size, link);
	return NULL;
}

struct room_size *
room_sizes_largest(const struct room_sizes *sizes, const struct room_size *but)
{
	struct room_size *found = NULL;

	for (int i = ROOM_SIZE_BUCKETS / 64 - 1; i >= 0 && found == NULL; i--) {
		uint64_t used = sizes->used[i];

		while (used != 0 && found == NULL) {
			int bit = 63 - __builtin_clzll(used);

			found =
			    bucket_first(&sizes->buckets[i * 64 + bit], but);
			used &= ~(UINT64_C(1) << bit);
		}
	}
	return found;
}
