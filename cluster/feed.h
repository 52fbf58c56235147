/*
 * One log of the broker, as a node follows it: what it appends is numbered by
 * the broker, and everything that is appended comes back, in order and without
 * gaps.
 */
#ifndef CLUSTER_FEED_H
#define CLUSTER_FEED_H

#include <stdint.h>

#include "cluster/broker.h"
#include "cluster/place.h"
#include "domain/base/decimal.h"
#include "domain/base/list.h"
#include "domain/error.h"

struct feed;
struct feed_call;

/* The strings of an ENTRY: see cluster/broker.h. */
struct feed_entry {
	struct place place;
	struct str origin;
	struct str key;
	struct str topic;
	int64_t at_ms;
	struct str payload;
};

/* The strings of one item of a table. */
struct feed_field {
	struct str name;
	struct str value;
};

/* 8 hexadecimal digits of the node, a dot, a number, NUL. */
#define ORIGIN_SIZE (8 + 1 + DECIMAL_MOST + 1)

/* What a node appends: the first member of what it remembers with it. */
struct proposal {
	struct list link;
	char origin[ORIGIN_SIZE];
	struct str key; /* all texts are the owner's */
	struct str topic;
	struct str payload;
	struct str field; /* an operator and a name; absent: none */
	int64_t at_ms;
	int64_t since_ms; /* when it was proposed; monotonic */
	size_t bytes;
	bool is_numbered;
	bool is_exclusive;
	bool is_lasting;   /* is sent until it is answered */
	bool is_uncertain; /* it was sent, and not answered */
	size_t slot; /* in the call that is under way, from 1; 0: in none */
	/* Another entry with its key, which was applied since. */
	bool has_first;
	struct place first;
	int64_t first_at_ms;
	/* It has its place, and waits for it to be reached. */
	bool has_place;
	bool is_duplicate; /* its place is that of the first with this key */
	struct place place;
	int64_t placed_at_ms;
};

/* None of these frees the feed. */
struct feed_ops {
	/*
	 * Whether the entry can be applied now. False: it is asked for again
	 * after feed_unblock(), or the next tick. NULL: always.
	 */
	bool (*may_apply)(struct feed *, const struct feed_entry *,
	    const struct proposal *);
	/*
	 * An entry's turn has come. The proposal is the one that it is from, or
	 * NULL; it is not the feed's any more.
	 */
	void (*apply)(struct feed *, const struct feed_entry *,
	    struct proposal *);
	/* A proposal is a duplicate of the entry at its place. */
	void (*duplicate)(struct feed *, struct proposal *);
	/*
	 * It is not appended (CHAT_UNAVAILABLE), or that is not known
	 * (CHAT_STORE_FAILED).
	 */
	void (*give_up)(struct feed *, struct proposal *, enum chat_error);
	/*
	 * The log, in place of what the node had: its table and its entries, in
	 * order. Of a feed that was loaded before, only entries that were
	 * applied; the others are applied next. False: it is of no use.
	 */
	bool (*load)(struct feed *, const struct feed_field *, size_t fields,
	    const struct feed_entry *, size_t entries);
	/* The feed is live from now on, until the next loss of a connection. */
	void (*live)(struct feed *);
	/* There is something to do for feed_flush(). */
	void (*wake)(struct feed *);
	/*
	 * Writes what the node has behind `after`, or everything if it is NULL,
	 * with feed_heal(); if it opens the log, with what marks that two
	 * histories may have parted here. Called if the broker has lost
	 * entries, or may have.
	 */
	void (*heal)(struct feed *, const struct place *after, bool opens);
	/*
	 * Whether a closed log can be opened at once, since no other node has
	 * more of it.
	 */
	bool (*may_open)(struct feed *);
	/* The broker's log differs from the node's, which is loaded anew. */
	void (*differ)(struct feed *);
};

/* Common to the feeds of a node. */
struct feed_config {
	const struct feed_ops *ops;
	struct broker *broker; /* set before a feed follows its log */
	int64_t give_up_ms;
	/*
	 * What the node has appended is applied when its call is answered, and
	 * not when it is published.
	 */
	bool awaits_answers;
	/* Counted, for the operator. */
	uint64_t *gaps;
	uint64_t *heals;
	uint64_t *loads;
};

enum feed_state {
	FEED_IS_SUBSCRIBING, /* what is published does not reach it yet */
	FEED_IS_LOADING,     /* BROKER_READ comes next */
	FEED_IS_LIVE
};

/* Places that are remembered. */
#define FEED_PLACES 16

struct feed_place {
	struct place place;
	char origin[ORIGIN_SIZE];
};

struct feed {
	const struct feed_config *config;
	char *name;
	enum feed_state state;
	struct place at; /* of the last entry that was applied */
	struct feed_place places[FEED_PLACES]; /* a ring, the last ones */
	size_t place_count;
	struct list proposals;  /* in order */
	size_t bytes;           /* of the proposals */
	struct feed_call *call; /* that is not answered yet; NULL: none */
	bool is_loaded;         /* once */
	bool is_behind;         /* entries are missing: BROKER_RANGE is next */
	bool is_blocked;        /* its next entry cannot be applied yet */
	bool is_unanswered;     /* it is of a proposal without an answer */
	bool was_closed;        /* the log, since an append was carried out */
	bool must_heal;         /* the broker has lost some */
	struct place broker_at; /* must_heal: its top */
	bool is_closed;         /* what is proposed waits until it is open */
	bool must_open;         /* the others have had time to heal it */
	int64_t closed_ms;      /* since when, as far as known; 0: it is not */
	bool is_new;            /* begins at place 0-0, without loading */
	bool is_active;         /* something was appended since it was unset */
	size_t duplicates;      /* proposals that wait for their first */
	uint64_t trim;          /* entries below this number may go */
};

/* False: no memory. The config is borrowed. */
bool feed_init(struct feed *, const struct feed_config *, struct str name);
/*
 * Starts to follow. With `is_new` the log is known to be empty, or shorter than
 * what the broker keeps: its entries are applied one by one.
 */
void feed_follow(struct feed *, bool is_new);
/* Follows no more: nothing is received. */
void feed_unfollow(struct feed *);
/* Frees nothing of proposals, which are given up with this error. */
void feed_fini(struct feed *, enum chat_error);

/* The texts of the proposal are good until it is given back. */
void feed_propose(struct feed *, struct proposal *);

/* Calls the broker, if there is something to do and no call is under way. */
void feed_flush(struct feed *);

/* What feed_ops.may_apply has waited for may have come. */
void feed_unblock(struct feed *);
/* About ten times a second. */
void feed_tick(struct feed *, int64_t now_ms);

/* --- what the broker reports ---------------------------------------------- */

void feed_subscribed(struct feed *);
/* The connection is lost: what is published does not arrive. */
void feed_lost(struct feed *);
/* A batch: the strings of broker_listener_ops.on_batch. */
void feed_receive(struct feed *, const struct str *items, size_t count);
/* Where the broker is, as BROKER_TOPS reports. */
void feed_compare(struct feed *, const struct place *top);

/* --- for the owner -------------------------------------------------------- */

/* Sends BROKER_HEAL; `items` are its arguments behind place and chain. */
void feed_heal(struct feed *, const struct place *after,
    const struct str *items, size_t count);

/* NULL: not one of the last places. */
const struct feed_place *feed_find_place(const struct feed *,
    const struct place *);

/*
 * Whether all that the log had when this was last known is applied, and nothing
 * of it was lost: nothing is asked for.
 */
bool feed_has_read_all(const struct feed *);

static inline bool
feed_is_live(const struct feed *feed)
{
	return feed->state == FEED_IS_LIVE && !feed->is_behind &&
	       feed->is_loaded;
}

#endif
