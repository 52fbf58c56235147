#include "persistence/memory/room_origins.h"

#include <assert.h>
#include <stdlib.h>

struct room_origin {
	uint64_t origin; /* the key */
	struct room_counts counts;
};

static struct str
origin_text(const uint64_t *origin)
{
	return str_slice((const char *)origin, sizeof(*origin));
}

static struct str
room_origin_key(const void *entry)
{
	return origin_text(&((const struct room_origin *)entry)->origin);
}

void
room_origins_init(struct id_map *origins)
{
	id_map_init(origins, room_origin_key);
}

bool
room_origins_add(struct id_map *origins, const struct room *room)
{
	struct room_origin *entry;

	if (room->origin == 0)
		return true;
	entry = id_map_find(origins, origin_text(&room->origin));
	if (entry == NULL) {
		entry = calloc(1, sizeof(*entry));
		if (entry == NULL)
			return false;
		entry->origin = room->origin;
		if (!id_map_put(origins, entry)) {
			free(entry);
			return false;
		}
	}
	entry->counts.all++;
	entry->counts.persistent += room->persistent;
	return true;
}

void
room_origins_remove(struct id_map *origins, const struct room *room)
{
	struct room_origin *entry;

	if (room->origin == 0)
		return;
	entry = id_map_find(origins, origin_text(&room->origin));
	assert(entry != NULL);
	entry->counts.persistent -= room->persistent;
	if (--entry->counts.all == 0)
		free(id_map_remove(origins, origin_text(&room->origin)));
}

struct room_counts
room_origins_count(const struct id_map *origins, uint64_t origin)
{
	const struct room_origin *entry =
	    id_map_find(origins, origin_text(&origin));

	return entry != NULL ? entry->counts : (struct room_counts){ 0 };
}
