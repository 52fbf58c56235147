#include "transport/hooks/hook_stays.h"

#include <assert.h>
#include <stdlib.h>

#include "domain/room.h"

#define STAY_KEY_MOST (ID_SIZE + ROOM_ID_SIZE)

struct hook_stay {
	struct list link;
	uint64_t generation;
	size_t len;
	char key[]; /* member id, a space, place */
};

static struct str
stay_key(const void *entry)
{
	const struct hook_stay *stay = entry;

	return str_slice(stay->key, stay->len);
}

static struct str
stay_key_write(char out[STAY_KEY_MOST], struct str member_id, struct str place)
{
	char *end;

	assert(member_id.len < ID_SIZE && place.len < ROOM_ID_SIZE);
	end = str_put(out, member_id);
	*end++ = ' ';
	end = str_put(end, place);
	return str_slice(out, (size_t)(end - out));
}

void
hook_stays_init(struct hook_stays *stays)
{
	id_map_init(&stays->by_key, stay_key);
	list_init(&stays->all);
	stays->bytes = 0;
}

static void
stay_free(struct hook_stays *stays, struct hook_stay *stay)
{
	stays->bytes -= sizeof(*stay) + stay->len;
	list_remove(&stay->link);
	free(stay);
}

void
hook_stays_fini(struct hook_stays *stays)
{
	while (!list_is_empty(&stays->all))
		stay_free(stays,
		    LIST_OWNER(stays->all.next, struct hook_stay, link));
	id_map_fini(&stays->by_key);
}

static void
stay_set(struct hook_stays *stays, struct str key, uint64_t generation)
{
	struct hook_stay *stay = id_map_find(&stays->by_key, key);

	if (stay != NULL) {
		stay->generation = generation;
		return;
	}
	stay = malloc(sizeof(*stay) + key.len);
	if (stay == NULL)
		return;
	stay->generation = generation;
	stay->len = key.len;
	memcpy(stay->key, key.data, key.len);
	if (!id_map_put(&stays->by_key, stay)) {
		free(stay);
		return;
	}
	list_append(&stays->all, &stay->link);
	stays->bytes += sizeof(*stay) + stay->len;
}

void
hook_stays_begin(struct hook_stays *stays, struct str member_id,
    struct str place, uint64_t generation)
{
	char bytes[STAY_KEY_MOST];

	stay_set(stays, stay_key_write(bytes, member_id, place), generation);
}

uint64_t
hook_stays_end(struct hook_stays *stays, struct str member_id, struct str place)
{
	char bytes[STAY_KEY_MOST];
	struct hook_stay *stay = id_map_remove(&stays->by_key,
	    stay_key_write(bytes, member_id, place));
	uint64_t generation;

	if (stay == NULL)
		return 0;
	generation = stay->generation;
	stay_free(stays, stay);
	return generation;
}

/* An empty key ends them. */
void
hook_stays_pack(const struct hook_stays *stays, struct packer *packer)
{
	for (const struct list *at = stays->all.next; at != &stays->all;
	     at = at->next) {
		const struct hook_stay *stay =
		    LIST_OWNER(at, struct hook_stay, link);

		pack_text(packer, stay_key(stay));
		pack_number(packer, stay->generation);
	}
	pack_text(packer, STR(""));
}

bool
hook_stays_unpack(struct hook_stays *stays, struct unpacker *from)
{
	struct str key;

	while ((key = unpack_text(from)).len > 0)
		stay_set(stays, key, unpack_number(from));
	return !from->failed;
}
