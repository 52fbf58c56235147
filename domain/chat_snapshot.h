/*
 * The members and the rooms of a chat, in bytes, for another process; messages
 * go before (domain/history_transfer.h). Public.
 */
#ifndef DOMAIN_CHAT_SNAPSHOT_H
#define DOMAIN_CHAT_SNAPSHOT_H

#include "domain/attribute_store.h"
#include "domain/base/pack.h"
#include "domain/history.h"
#include "domain/member_store.h"
#include "domain/room_store.h"

/* How messages that have their number come into a history. */
struct chat_snapshot_messages {
	/* Adds a message: memory_history_put(). */
	enum chat_error (*put)(struct history *, struct str room,
	    const struct message *);
	/*
	 * Keys of messages behind a number that are gone, in order; seq, at_ms
	 * and key are known. memory_history_each_key(),
	 * memory_history_put_key().
	 */
	void (*each_key)(struct history *, struct str room, uint64_t after_seq,
	    history_visit *, void *arg);
	enum chat_error (*put_key)(struct history *, struct str room,
	    const struct message *);
	/*
	 * Drops messages before span->first, and keeps keys of those up to
	 * span->evicted: memory_history_shrink().
	 */
	void (*shrink)(struct history *, struct str room,
	    const struct history_span *);
	/*
	 * After the messages: what was known of those that are gone.
	 * memory_history_set_span().
	 */
	void (*set_span)(struct history *, struct str room,
	    const struct history_span *);
};

struct chat_snapshot {
	struct member_store *members;
	struct room_store *rooms;
	struct history *history;
	struct attribute_store *attributes;
	/*
	 * Messages and attributes are transferred before, and the snapshot has
	 * which of them are gone. NULL: histories are empty, and attributes
	 * that belong to a room's own log are left out.
	 */
	const struct chat_snapshot_messages *messages;
	int64_t now_ms; /* with messages; by the wall clock */
	/*
	 * Persistent rooms are in the stores of the reader before, with all but
	 * their members.
	 */
	bool keeps_rooms;
};

/* Attributes of messages, and who has read them. */
bool attribute_is_of_room_log(const struct attribute *);

/*
 * Reads attributes of a room that were visited last first, up to a kind of 0,
 * and sets them in the order of before.
 */
void chat_attributes_unpack(struct attribute_store *, struct str room,
    struct unpacker *);

/* False: no memory. */
bool chat_snapshot_pack(const struct chat_snapshot *, struct packer *);

/* There are no members yet. False: not such a snapshot, or no memory. */
bool chat_snapshot_unpack(struct chat_snapshot *, struct unpacker *);

#endif
