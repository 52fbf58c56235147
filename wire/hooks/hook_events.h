/* Encodes what happens for the receiver of hooks: docs/hooks.md. Public. */
#ifndef WIRE_HOOK_EVENTS_H
#define WIRE_HOOK_EVENTS_H

#include "domain/commit_log.h"
#include "domain/event.h"
#include "domain/member.h"
#include "wire/dialect.h"

/* What every event begins with. */
struct hook_stamp {
	uint64_t number; /* rises */
	int64_t at_ms;   /* now */
};

/*
 * Appends one JSON object. The room is that of the entry, or NULL; the
 * requester, too. False: it is nothing that a receiver gets.
 */
bool hook_put_entry(struct wire_text *, const struct hook_stamp *,
    const struct entry *, const struct room *, const struct command *requester);

/* "connected", "disconnected": with a number of the connection. */
void hook_put_connection(struct wire_text *, const struct hook_stamp *,
    const char *word, const struct member *, uint32_t connection,
    uint64_t generation);

/* "joined", "left". */
void hook_put_stay(struct wire_text *, const struct hook_stamp *,
    const char *word, const struct member *, const struct room *,
    uint64_t generation);

/* "room_emptied" */
void hook_put_emptied(struct wire_text *, const struct hook_stamp *,
    const struct room *);

/* EVENT_KICKED, EVENT_RENAMED, and EVENT_MESSAGE in the lobby. */
void hook_put_event(struct wire_text *, const struct hook_stamp *,
    const struct event *);

/* "gap": up to so many events are lost. */
void hook_put_gap(struct wire_text *, const struct hook_stamp *, uint64_t lost);

/* "started": no member is connected yet. */
void hook_put_started(struct wire_text *, const struct hook_stamp *);

#endif
