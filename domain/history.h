/* The messages of the rooms: an interface. */
#ifndef DOMAIN_HISTORY_H
#define DOMAIN_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "domain/error.h"

/* How many members reacted to a message with one text; borrowed. */
struct reaction {
	struct str text;
	size_t count;
	bool is_own; /* the member that reads the page is one of them */
};

/* One message of a room. Every text is borrowed. */
struct message {
	uint64_t seq;      /* 1, 2, 3 … in its room; a hole is a loss */
	int64_t at_ms;     /* never runs back within a room */
	struct str author; /* display name, as it was then */
	struct str author_id;
	struct str body; /* JSON text, as sent; empty if it is redacted */
	struct str key;  /* absent if the author gave none */
	bool is_redacted;
	int64_t edited_ms; /* when the body replaced another; 0: never */
	/* Of a page of a history; histories themselves know none. */
	const struct reaction *reactions;
	size_t reaction_count;
};

/* Limits of a room's history; the first that is reached applies. 0: none. */
struct history_limits {
	size_t messages;
	size_t bytes;
	int64_t age_ms;
	size_t total_bytes; /* all rooms together: the largest room's oldest */
	int64_t
	    key_age_ms; /* how long the key of an evicted message is known */
};

/* What a room's history holds. first > last: nothing; last: the newest seq. */
struct history_span {
	uint64_t first;
	uint64_t last;
	int64_t last_at_ms; /* of the last message, be it gone; 0: none */
	/*
	 * The newest that was dropped for want of space before its time; 0:
	 * none. What is missing behind it was too old, or is lost.
	 */
	uint64_t evicted;
};

struct history;

/*
 * Called oldest first; false stops. The texts are valid until the next append,
 * expire or close.
 */
typedef bool history_visit(const struct message *, void *arg);

struct history_ops {
	/*
	 * Start the history of a room whose messages live ttl_ms (0: the
	 * limit). Persistent rooms lose messages after others if there is
	 * too much. CHAT_ROOM_EXISTS, CHAT_UNAVAILABLE (no memory).
	 */
	enum chat_error (*open)(struct history *, struct str room,
	    int64_t ttl_ms, bool persistent);
	/* Remove a room's history. Unknown rooms are ignored. */
	void (*close)(struct history *, struct str room);
	/*
	 * Append a message: seq is the room's next, which is written back, as
	 * is at_ms if it would run back. What exceeds the limits goes, oldest
	 * first, but never this message. CHAT_ROOM_NOT_FOUND,
	 * CHAT_UNAVAILABLE: nothing was kept and no number was used.
	 */
	enum chat_error (*append)(struct history *, struct str room,
	    struct message *);
	/*
	 * Replace the body of a message at edited_ms; with an empty one the
	 * message is redacted, which cannot fail for want of memory. What
	 * exceeds the limits goes. CHAT_MESSAGE_NOT_FOUND: there is no such
	 * message, or it is redacted. CHAT_UNAVAILABLE: nothing has changed.
	 */
	enum chat_error (*amend)(struct history *, struct str room,
	    uint64_t seq, struct str body, int64_t edited_ms);
	/*
	 * Look up a message by its key. The texts of out are good until the
	 * next append, expire or close; of an evicted message only seq, at_ms
	 * and key are known. False: not within what is kept.
	 */
	bool (*find_key)(struct history *, struct str room, struct str key,
	    int64_t now_ms, struct message *out);
	/* What is held now. CHAT_ROOM_NOT_FOUND. */
	enum chat_error (*span)(struct history *, struct str room,
	    int64_t now_ms, struct history_span *out);
	/*
	 * Visit messages from seq on, in order, without expired ones. The cost
	 * is proportional to the messages visited.
	 */
	void (*each)(struct history *, struct str room, uint64_t from_seq,
	    int64_t now_ms, history_visit *, void *arg);
	/* Remove expired messages. Called about once a second. */
	void (*expire)(struct history *, int64_t now_ms);
	/* Bytes held in memory for all rooms. */
	size_t (*bytes)(struct history *);
	/* The time by which things age: now_ms, unless the clock jumped. */
	int64_t (*trusted_ms)(struct history *, int64_t now_ms);
	/* Frees all histories. */
	void (*destroy)(struct history *);
};

struct history {
	const struct history_ops *ops;
};

/* These assert the contract for all histories. destroy() accepts NULL. */
enum chat_error history_open(struct history *, struct str room, int64_t ttl_ms,
    bool persistent);
void history_close(struct history *, struct str room);
enum chat_error history_append(struct history *, struct str room,
    struct message *);
enum chat_error history_amend(struct history *, struct str room, uint64_t seq,
    struct str body, int64_t edited_ms);
bool history_find_key(struct history *, struct str room, struct str key,
    int64_t now_ms, struct message *out);
enum chat_error history_span(struct history *, struct str room, int64_t now_ms,
    struct history_span *out);
void history_each(struct history *, struct str room, uint64_t from_seq,
    int64_t now_ms, history_visit *, void *arg);
void history_expire(struct history *, int64_t now_ms);
size_t history_bytes(struct history *);
int64_t history_trusted_ms(struct history *, int64_t now_ms);
void history_destroy(struct history *);

/*
 * Looks a message up by its number, with history_each(). False: it is not held,
 * or expired.
 */
bool history_get(struct history *, struct str room, uint64_t seq,
    int64_t now_ms, struct message *out);

#endif
