/* From an id to whatever has that id: a hash map of pointers. */
#ifndef DOMAIN_ID_MAP_H
#define DOMAIN_ID_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

/* The id inside an entry: it stays the same while the entry is in a map. */
typedef struct str id_map_key(const void *entry);

/*
 * Entries belong to the caller and carry their own key, so a slot is a
 * pointer and a hash, 12 bytes. At most seven slots in eight are taken. A
 * struct filled with zeros but for key_of is an empty map without memory.
 */
struct id_map {
	id_map_key *key_of;
	void **entries;   /* one per slot, and behind them … */
	uint32_t *hashes; /* … one hash per slot; 0: the slot is free */
	uint32_t mask;    /* the number of slots less 1 */
	uint32_t count;
};

/*
 * Make the hashes of this process unguessable, so that nobody can choose ids
 * that collide. To be called before the first map gets its first entry.
 */
void id_map_seed(uint64_t seed);

void id_map_init(struct id_map *, id_map_key *);

/* Frees the slots; the entries are not touched. */
void id_map_fini(struct id_map *);

/* Add an entry whose key is new. False: no memory, nothing changed. */
bool id_map_put(struct id_map *, void *entry);

/*
 * The entry takes the place of the one that has the same key and must be
 * there; returns the old one. Cannot fail.
 */
void *id_map_replace(struct id_map *, void *entry);

/* NULL if there is none. */
void *id_map_find(const struct id_map *, struct str key);

/* Take an entry out and return it; NULL if there is none. */
void *id_map_remove(struct id_map *, struct str key);

/* What the slots take. */
size_t id_map_bytes(const struct id_map *);

static inline size_t
id_map_count(const struct id_map *map)
{
	return map->count;
}

#endif
