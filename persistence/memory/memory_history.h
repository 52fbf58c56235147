/* The history of messages in memory. */
#ifndef PERSISTENCE_MEMORY_HISTORY_H
#define PERSISTENCE_MEMORY_HISTORY_H

#include "domain/clock.h"
#include "domain/history.h"

struct kept_message;

/*
 * NULL: no memory. The limits are borrowed; a change applies from the next
 * append or expire on.
 */
struct history *memory_history_create(const struct history_limits *);

/*
 * If the wall clock jumps against the monotonic one, messages age as before
 * for *trust_ms, and by the new time from then on. Both are borrowed.
 */
void memory_history_check_clock(struct history *, struct clock *,
    const int64_t *trust_ms);

/* Others from now on. */
void memory_history_set_limits(struct history *, const struct history_limits *);

/* Calls this for each message that is dropped, for whatever reason. */
typedef void memory_history_drop(void *arg, struct str room, uint64_t seq);
void memory_history_on_drop(struct history *, memory_history_drop *, void *arg);

/*
 * --- for stores that also write messages to a journal ----------------------
 */

/*
 * Does every step of an append that may fail. The message gets its number and
 * time, after those of messages that are prepared but not committed yet. Its
 * key is found from now on, but it is not visited. Prepared messages of a room
 * are committed in order, or abandoned from the newest on; the room is not
 * closed before.
 */
enum chat_error memory_history_prepare(struct history *, struct str room,
    struct message *, struct kept_message **out);
/*
 * Adds a prepared message. If `out` is not NULL it gets the message, with the
 * texts that are kept.
 */
void memory_history_commit(struct history *, struct kept_message *,
    struct message *out);
void memory_history_abandon(struct history *, struct kept_message *);

/*
 * Adds a message that has its number and time. Numbers up to the last one of
 * the room are ignored; a gap stays. CHAT_ROOM_NOT_FOUND, CHAT_UNAVAILABLE.
 */
enum chat_error memory_history_put(struct history *, struct str room,
    const struct message *);

/*
 * Visits the keys of a room's evicted messages behind a number, in order, with
 * seq, at_ms and key; adds one, unless a message or another key has it. Unknown
 * rooms have none. CHAT_ROOM_NOT_FOUND, CHAT_UNAVAILABLE.
 */
void memory_history_each_key(struct history *, struct str room,
    uint64_t after_seq, history_visit *, void *arg);
enum chat_error memory_history_put_key(struct history *, struct str room,
    const struct message *);

/*
 * Drops messages before span->first. Those up to span->evicted are evicted: the
 * keys are kept. Unknown rooms are ignored.
 */
void memory_history_shrink(struct history *, struct str room,
    const struct history_span *);

/*
 * What was known of messages that another history has dropped: numbers up to
 * span->last are not given again. Unknown rooms are ignored.
 */
void memory_history_set_span(struct history *, struct str room,
    const struct history_span *);

/* Whether the room has this message, be it expired. */
bool memory_history_has(struct history *, struct str room, uint64_t seq);

/*
 * Does every step of an edit that may fail; the message stays as it is. A
 * prepared body is committed, or abandoned, before the room is closed.
 * CHAT_MESSAGE_NOT_FOUND, CHAT_UNAVAILABLE.
 */
enum chat_error memory_history_prepare_body(struct history *, struct str room,
    uint64_t seq, struct str body, int64_t edited_ms,
    struct kept_message **out);
/* The message may be dropped by now: then nothing is done. */
void memory_history_commit_body(struct history *, struct kept_message *);
void memory_history_abandon_body(struct kept_message *);

/* Removes the body of a message, if the room has it. */
void memory_history_redact(struct history *, struct str room, uint64_t seq);

/*
 * Drops messages up to this number; at_ms is the time of that one. Unknown
 * rooms are ignored.
 */
void memory_history_trim(struct history *, struct str room, uint64_t seq,
    int64_t at_ms);

#endif
