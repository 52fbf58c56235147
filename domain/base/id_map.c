#include "domain/base/id_map.h"

#include <assert.h>
#include <stdlib.h>

/*
 * Open addressing with linear probing and Robin Hood placement: an entry
 * displaces one that is nearer to its own hash slot, so a run of used slots is
 * sorted by hash slot. A search ends at an entry nearer to its hash slot; a
 * removal moves the rest of the run back by one, without tombstones.
 */
#define SLOTS_LEAST 8
#define SLOTS_MOST ((size_t)1 << 31)
#define SLOT_SIZE (sizeof(void *) + sizeof(uint32_t))
#define NOWHERE UINT32_MAX

/* Initial value and (odd) factor of the hashes. */
static uint64_t hash_start = 0x9e3779b97f4a7c15;
static uint64_t hash_factor = 0xd6e8feb86659fd93;

/* Both halves of the product: every bit of a affects every bit. */
static uint64_t
hash_mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

void
id_map_seed(uint64_t seed)
{
	hash_start = hash_mix(seed ^ 0x9e3779b97f4a7c15, 0xd6e8feb86659fd93);
	hash_factor = hash_mix(hash_start ^ seed, 0xa0761d6478bd642f) | 1;
}

static uint64_t
hash_read_word(const char *data)
{
	uint64_t word;

	memcpy(&word, data, sizeof(word));
	return word;
}

static uint64_t
hash_read_short(struct str key)
{
	uint64_t word = 0;

	for (size_t i = 0; i < key.len; i++)
		word = word << 8 | (unsigned char)key.data[i];
	return word;
}

/*
 * The last word may overlap the one before it. The length is part of the hash.
 * Never 0, which marks a free slot.
 */
static uint32_t
key_hash(struct str key)
{
	uint64_t hash = hash_start ^ key.len;
	const char *at = key.data;
	size_t left = key.len;

	for (; left > sizeof(uint64_t); left -= sizeof(uint64_t)) {
		hash = hash_mix(hash ^ hash_read_word(at), hash_factor);
		at += sizeof(uint64_t);
	}
	hash ^= key.len >= sizeof(uint64_t)
		    ? hash_read_word(at + left - sizeof(uint64_t))
		    : hash_read_short(key);
	hash = hash_mix(hash, hash_factor);
	hash ^= hash >> 32;
	return (uint32_t)hash != 0 ? (uint32_t)hash : 1;
}

/* Any number of slots will do: the hash is a fraction of them. */
static uint32_t
hash_slot(const struct id_map *map, uint32_t hash)
{
	return (uint32_t)((uint64_t)hash * map->slots >> 32);
}

static uint32_t
slot_next(const struct id_map *map, uint32_t slot)
{
	return slot + 1 < map->slots ? slot + 1 : 0;
}

/* The distance of a slot's entry from its hash slot. */
static uint32_t
slot_distance(const struct id_map *map, uint32_t slot)
{
	uint32_t from = hash_slot(map, map->hashes[slot]);

	return slot >= from ? slot - from : slot + map->slots - from;
}

static uint32_t
map_find_slot(const struct id_map *map, struct str key)
{
	uint32_t hash, slot;

	if (map->count == 0)
		return NOWHERE;
	hash = key_hash(key);
	slot = hash_slot(map, hash);
	for (uint32_t far = 0; map->hashes[slot] != 0; far++) {
		if (map->hashes[slot] == hash &&
		    str_equal(map->key_of(map->entries[slot]), key))
			return slot;
		if (slot_distance(map, slot) < far)
			break;
		slot = slot_next(map, slot);
	}
	return NOWHERE;
}

/* There must be a free slot. */
static void
map_place(struct id_map *map, void *entry, uint32_t hash)
{
	uint32_t slot = hash_slot(map, hash);

	for (uint32_t far = 0; map->hashes[slot] != 0; far++) {
		uint32_t theirs = slot_distance(map, slot);

		if (theirs < far) {
			void *moved_entry = map->entries[slot];
			uint32_t moved_hash = map->hashes[slot];

			map->entries[slot] = entry;
			map->hashes[slot] = hash;
			entry = moved_entry;
			hash = moved_hash;
			far = theirs;
		}
		slot = slot_next(map, slot);
	}
	map->entries[slot] = entry;
	map->hashes[slot] = hash;
}

/* Uses the stored hashes, not the entries. */
static bool
map_resize(struct id_map *map, size_t slots)
{
	struct id_map next = *map;

	if (slots > SLOTS_MOST)
		return false;
	next.entries = malloc(slots * SLOT_SIZE);
	if (next.entries == NULL)
		return false;
	next.hashes = (uint32_t *)(next.entries + slots);
	next.slots = (uint32_t)slots;
	memset(next.hashes, 0, slots * sizeof(*next.hashes));
	for (size_t i = 0; i < map->slots; i++)
		if (map->hashes[i] != 0)
			map_place(&next, map->entries[i], map->hashes[i]);
	free(map->entries);
	*map = next;
	return true;
}

static bool
map_reserve(struct id_map *map)
{
	size_t slots = map->slots;

	if (slots == 0)
		return map_resize(map, SLOTS_LEAST);
	if (map->count < slots - slots / 8)
		return true;
	return map_resize(map, slots + slots / 2);
}

/* A failure to shrink is ignored. */
static void
map_shrink(struct id_map *map)
{
	size_t slots = map->slots;

	if (map->count == 0)
		id_map_fini(map);
	else if (slots > SLOTS_LEAST && (size_t)map->count * 8 < slots)
		(void)map_resize(map,
		    slots / 2 > SLOTS_LEAST ? slots / 2 : SLOTS_LEAST);
}

static void
map_close_gap(struct id_map *map, uint32_t gap)
{
	for (;;) {
		uint32_t next = slot_next(map, gap);

		if (map->hashes[next] == 0 || slot_distance(map, next) == 0)
			break;
		map->entries[gap] = map->entries[next];
		map->hashes[gap] = map->hashes[next];
		gap = next;
	}
	map->hashes[gap] = 0;
}

void
id_map_init(struct id_map *map, id_map_key *key_of)
{
	*map = (struct id_map){ .key_of = key_of };
}

void
id_map_fini(struct id_map *map)
{
	free(map->entries);
	id_map_init(map, map->key_of);
}

bool
id_map_put(struct id_map *map, void *entry)
{
	struct str key = map->key_of(entry);

	assert(map_find_slot(map, key) == NOWHERE);
	if (!map_reserve(map))
		return false;
	map_place(map, entry, key_hash(key));
	map->count++;
	return true;
}

void *
id_map_replace(struct id_map *map, void *entry)
{
	uint32_t slot = map_find_slot(map, map->key_of(entry));
	void *old;

	assert(slot != NOWHERE);
	old = map->entries[slot];
	map->entries[slot] = entry;
	return old;
}

void *
id_map_look_up(const struct id_map *map, struct str key)
{
	uint32_t slot = map_find_slot(map, key);

	return slot != NOWHERE ? map->entries[slot] : NULL;
}

void *
id_map_remove(struct id_map *map, struct str key)
{
	uint32_t slot = map_find_slot(map, key);
	void *entry;

	if (slot == NOWHERE)
		return NULL;
	entry = map->entries[slot];
	map_close_gap(map, slot);
	map->count--;
	map_shrink(map);
	return entry;
}

size_t
id_map_bytes(const struct id_map *map)
{
	return map->slots * SLOT_SIZE;
}

void
id_map_each(const struct id_map *map, id_map_visit *visit, void *arg)
{
	for (size_t i = 0; i < map->slots; i++)
		if (map->hashes[i] != 0)
			visit(map->entries[i], arg);
}
