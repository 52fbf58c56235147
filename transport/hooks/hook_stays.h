/* The generations of connections, and of members in rooms. */
#ifndef TRANSPORT_HOOK_STAYS_H
#define TRANSPORT_HOOK_STAYS_H

#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "domain/base/pack.h"

struct hook_stays {
	struct id_map by_key;
	struct list all;
	size_t bytes;
};

void hook_stays_init(struct hook_stays *);
void hook_stays_fini(struct hook_stays *);

/*
 * A member stays at a place from now on. Without memory its generation will be
 * unknown.
 */
void hook_stays_begin(struct hook_stays *, struct str member_id,
    struct str place, uint64_t generation);

/* The generation of a stay that ends; 0: unknown. */
uint64_t hook_stays_end(struct hook_stays *, struct str member_id,
    struct str place);

/* For another process, into empty ones. False: no such bytes. */
void hook_stays_pack(const struct hook_stays *, struct packer *);
bool hook_stays_unpack(struct hook_stays *, struct unpacker *);

#endif
