/* The stores of a chat in memory, for tests of what another process gets. */
#ifndef TESTS_SUPPORT_PERSISTENCE_CHAT_RIG_H
#define TESTS_SUPPORT_PERSISTENCE_CHAT_RIG_H

#include "domain/chat_snapshot.h"

#define CHAT_RIG_NOW_MS 1000

/* The limits are borrowed. */
void chat_rig_init(struct chat_snapshot *, const struct history_limits *);
void chat_rig_fini(struct chat_snapshot *);

/* Copies all messages, in one piece. */
void chat_rig_transfer(const struct chat_snapshot *from,
    struct chat_snapshot *to);

/* Members, rooms, attributes and messages are the same; keys may differ. */
void chat_rigs_assert_equal(const struct chat_snapshot *,
    const struct chat_snapshot *);

#endif
