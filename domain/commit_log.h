/* The log that orders what changes rooms for good: an interface. Public. */
#ifndef DOMAIN_COMMIT_LOG_H
#define DOMAIN_COMMIT_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/attribute_store.h"
#include "domain/command.h"
#include "domain/history.h"
#include "domain/room_store.h"

struct commit_log;
struct entry_handler;
struct entry_observer;

enum entry_kind {
	ENTRY_MESSAGE,      /* room_id, message */
	ENTRY_ROOM_CREATED, /* room_id, room */
	ENTRY_ROOM_REMOVED, /* room_id */
	ENTRY_ATTRIBUTE,    /* room_id, attribute */
	ENTRY_BARRIER       /* changes nothing: all before it is done */
};

/* One change. Every pointer and text is borrowed. */
struct entry {
	enum entry_kind kind;
	struct str room_id;
	/* Of a creation, for its append; any, in a replay; else NULL. */
	const struct room *room;
	struct message message;
	struct attribute attribute;
	bool is_duplicate; /* of the message with this seq; nothing is stored */
	uint64_t lsn;      /* of its record, once it is done; 0: it has none */
};

struct commit_log_ops {
	/*
	 * Append an entry. Its turn comes when all before it are done and it
	 * cannot be lost any more: then the stores are changed and the handler
	 * is called, before this returns or later. Until then the stores show
	 * nothing of it. If it cannot be kept they never do, and the handler is
	 * called with CHAT_STORE_FAILED.
	 *
	 * A message gets its seq, and a later at_ms if it would run back; with
	 * a key that the room has it becomes a duplicate of the first. The
	 * requester is who gets the answer: copied, or NULL.
	 *
	 * An attribute of a message that is gone by the time of its turn, or
	 * redacted, is not set, and the handler is called with
	 * CHAT_MESSAGE_NOT_FOUND. A redaction removes the message's text and
	 * its other attributes.
	 *
	 * CHAT_ROOM_EXISTS, CHAT_ROOM_NOT_FOUND, CHAT_MESSAGE_NOT_FOUND,
	 * CHAT_MESSAGE_TOO_LARGE, CHAT_UNAVAILABLE: nothing was appended, the
	 * handler is not called.
	 */
	enum chat_error (*append)(struct commit_log *, struct entry *,
	    const struct command *requester);
	/* Whether the room's creation or removal waits for its turn. */
	bool (*is_room_pending)(struct commit_log *, struct str room_id);
	/* What entries that wait take in memory. */
	size_t (*bytes)(struct commit_log *);
	/* Forgets what waits. */
	void (*destroy)(struct commit_log *);
};

struct commit_log {
	const struct commit_log_ops *ops;
	struct entry_handler *handler;   /* may be NULL */
	struct entry_observer *observer; /* may be NULL */
};

struct entry_handler_ops {
	/*
	 * The entry's turn has come: the stores are changed (CHAT_OK), or it
	 * is lost. May append.
	 */
	void (*handle)(struct entry_handler *, const struct entry *,
	    const struct command *requester, enum chat_error outcome);
};

struct entry_handler {
	const struct entry_handler_ops *ops;
};

/* Notes what has happened, for another program. Changes nothing. */
struct entry_observer_ops {
	/*
	 * The entry is done, before the handler is called for it. In a replay
	 * there is no requester, and a message whose text was replaced or
	 * removed has none.
	 */
	void (*entry)(struct entry_observer *, const struct entry *,
	    const struct command *requester);
	/* Up to so many entries before the next one are not known any more. */
	void (*lost)(struct entry_observer *, uint64_t count);
	/*
	 * What was observed of messages of the room, and their changes, is of a
	 * history that is gone; what there is now is observed next. NULL in
	 * observers of logs that do not lose entries.
	 */
	void (*forget)(struct entry_observer *, struct str room_id);
};

struct entry_observer {
	const struct entry_observer_ops *ops;
};

static inline enum chat_error
commit_log_append(struct commit_log *log, struct entry *entry,
    const struct command *requester)
{
	return log->ops->append(log, entry, requester);
}

static inline bool
commit_log_is_room_pending(struct commit_log *log, struct str room_id)
{
	return log->ops->is_room_pending(log, room_id);
}

static inline size_t
commit_log_bytes(struct commit_log *log)
{
	return log->ops->bytes(log);
}

static inline void
commit_log_destroy(struct commit_log *log)
{
	if (log != NULL)
		log->ops->destroy(log);
}

/* --- for logs ------------------------------------------------------------- */

/*
 * Looks a message's key up in what its room keeps. True: the message is made a
 * duplicate of the first.
 */
bool entry_find_first(struct entry *, struct history *);

/*
 * Changes the stores at once. CHAT_ROOM_EXISTS, CHAT_ROOM_NOT_FOUND,
 * CHAT_MESSAGE_NOT_FOUND, CHAT_UNAVAILABLE: nothing has changed.
 */
enum chat_error entry_apply(struct entry *, struct room_store *,
    struct history *, struct attribute_store *);

/*
 * The requester as it is copied for a message or an attribute: the entry has
 * the room and the text.
 */
static inline struct command
entry_requester(const struct entry *entry, const struct command *requester)
{
	struct command kept = *requester;

	kept.room = entry->room_id;
	kept.body = STR_ABSENT;
	kept.scope = STR_ABSENT;
	return kept;
}

static inline void
commit_log_observe(const struct commit_log *log, const struct entry *entry,
    const struct command *requester)
{
	if (log->observer != NULL)
		log->observer->ops->entry(log->observer, entry, requester);
}

/* Calls observer and handler for an entry that is done. */
static inline void
commit_log_report(const struct commit_log *log, const struct entry *entry,
    const struct command *requester, enum chat_error outcome)
{
	if (outcome == CHAT_OK)
		commit_log_observe(log, entry, requester);
	if (log->handler != NULL)
		log->handler->ops->handle(log->handler, entry, requester,
		    outcome);
}

#endif
