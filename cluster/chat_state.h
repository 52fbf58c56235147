/*
 * A snapshot of what the log of the chat leads to: members, rooms, who is in
 * them, their attributes, the connections of all nodes.
 */
#ifndef CLUSTER_CHAT_STATE_H
#define CLUSTER_CHAT_STATE_H

#include "cluster/nodes.h"
#include "cluster/place.h"
#include "domain/attribute_store.h"
#include "domain/base/pack.h"
#include "domain/history.h"
#include "domain/member_store.h"
#include "domain/room_store.h"

struct chat_state {
	struct member_store *members;
	struct room_store *rooms;
	struct history *history; /* opened, empty, for each room */
	struct attribute_store *attributes;
	struct nodes *nodes;
	struct relay *relay;
	uint64_t newcomers;
	struct place place; /* of the last entry that was run */
};

/* False: no memory. */
bool chat_state_pack(const struct chat_state *, struct packer *);

/* The stores are empty. False: not such a snapshot, or no memory. */
bool chat_state_unpack(struct chat_state *, struct str bytes);

#endif
