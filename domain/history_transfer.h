/*
 * The messages of a chat's rooms, and their attributes, in pieces, for another
 * process: most of them before its snapshot, while the chat goes on. Public.
 */
#ifndef DOMAIN_HISTORY_TRANSFER_H
#define DOMAIN_HISTORY_TRANSFER_H

#include "domain/chat_snapshot.h"
#include "domain/commit_log.h"

struct history_transfer;

/*
 * Lists the rooms whose messages a snapshot lacks: all, or with keeps_rooms
 * those that are not persistent. Observes the log of the chat from then on, so
 * that its observer stays the same until history_transfer_destroy(). NULL: no
 * memory.
 */
struct history_transfer *history_transfer_create(const struct chat_snapshot *,
    struct commit_log *);
void history_transfer_destroy(struct history_transfer *);

/* Whether the other process lacks anything. */
bool history_transfer_is_due(const struct history_transfer *);

/*
 * Packs what the other process lacks: what is new, changed or removed since the
 * last piece. Stops behind about so many bytes, and changes. False: no memory,
 * and the transfer has failed.
 */
bool history_transfer_pack(struct history_transfer *, size_t bytes,
    int64_t now_ms, struct packer *);

/*
 * Reads a piece into the history and the attributes. Messages that are dropped
 * meanwhile stay until the snapshot comes, so the history should have no
 * limits. False: not such a piece, or no memory.
 */
bool history_transfer_unpack(const struct chat_snapshot *, struct unpacker *);

#endif
