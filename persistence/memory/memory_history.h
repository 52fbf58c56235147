/* What was said, in memory. */
#ifndef PERSISTENCE_MEMORY_HISTORY_H
#define PERSISTENCE_MEMORY_HISTORY_H

#include "domain/clock.h"
#include "domain/history.h"

struct kept_message;

/*
 * NULL without memory. The limits are borrowed and outlive the history; what
 * is changed in them holds from the next append or expire on.
 */
struct history *memory_history_create(const struct history_limits *);

/*
 * If the wall clock jumps against the monotonic one, messages age as before
 * for *trust_ms, and by the new time from then on. Both are borrowed.
 */
void memory_history_check_clock(struct history *, struct clock *,
    const int64_t *trust_ms);

/* --- for stores that write down what they keep ---------------------------- */

/*
 * Does all of an append that may fail. The message has its number and time
 * then: they follow on those of messages that are prepared but not kept yet.
 * Its key is found from now on, but it is in no span and not visited. A room's
 * prepared messages are kept in order, or the newest of them abandoned first;
 * the room is not closed before.
 */
enum chat_error memory_history_prepare(struct history *, struct str room,
    struct message *, struct kept_message **out);
/* Shows it, too, unless out is NULL; the texts are those that are kept. */
void memory_history_keep(struct history *, struct kept_message *,
    struct message *out);
void memory_history_abandon(struct history *, struct kept_message *);

/*
 * Append a message that has its number and time already. What is not beyond
 * the room's last is ignored; a gap stays one. CHAT_ROOM_NOT_FOUND,
 * CHAT_UNAVAILABLE.
 */
enum chat_error memory_history_put(struct history *, struct str room,
    const struct message *);

/*
 * The room's messages up to this number are gone, the last of them said at
 * at_ms. Unknown rooms are ignored.
 */
void memory_history_trim(struct history *, struct str room, uint64_t seq,
    int64_t at_ms);

#endif
