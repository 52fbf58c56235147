/* A hash map from ids to pointers. */
#ifndef DOMAIN_ID_MAP_H
#define DOMAIN_ID_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

/* The id inside an entry. It must not change while the entry is in a map. */
typedef struct str id_map_key(const void *entry);

/*
 * The caller owns the entries, which contain their key: a slot is a pointer and
 * a hash, 12 bytes. At most 7 of 8 slots are used, and after growing at least 7
 * of 12. All zero except key_of is an empty map without memory.
 */
struct id_map {
	id_map_key *key_of;
	void **entries;   /* one per slot, followed by the hashes */
	uint32_t *hashes; /* one per slot; 0: the slot is free */
	uint32_t slots;
	uint32_t count;
};

/*
 * Seeds the hashes of this process: a peer cannot choose ids that collide. Call
 * it before the first entry of the first map.
 */
void id_map_seed(uint64_t seed);

void id_map_init(struct id_map *, id_map_key *);

/* Frees the slots; the entries are not touched. */
void id_map_fini(struct id_map *);

/* Adds an entry with a new key. False: no memory, nothing has changed. */
bool id_map_put(struct id_map *, void *entry);

/* Replaces the entry with the same key, which must exist, and returns it. */
void *id_map_replace(struct id_map *, void *entry);

/* id_map_find() in a map that is not empty. */
void *id_map_look_up(const struct id_map *, struct str key);

/* NULL if there is none. */
static inline void *
id_map_find(const struct id_map *map, struct str key)
{
	return map->count > 0 ? id_map_look_up(map, key) : NULL;
}

/* Removes an entry and returns it; NULL if there is none. */
void *id_map_remove(struct id_map *, struct str key);

/*
 * Visits all entries, ordered by hash; do not change the map. Put into another
 * map of the process in this order, they would be slow to place.
 */
typedef void id_map_visit(void *entry, void *arg);
void id_map_each(const struct id_map *, id_map_visit *, void *arg);

/* Memory of the slots. */
size_t id_map_bytes(const struct id_map *);

static inline size_t
id_map_count(const struct id_map *map)
{
	return map->count;
}

#endif
