/*
 * The broker: keeps the logs that the nodes share, and carries what is appended
 * to them to all nodes. An interface. Public.
 *
 * A log is a sequence of entries and a table of fields, under one name. Its
 * entries are opaque to the broker. An entry has a place, "number-sub": a
 * numbered entry takes the next number and sub 0, another one the next sub. The
 * chain is a digest of all origins up to an entry: two logs with the same place
 * and chain have the same entries up to there. An empty log has the place "0-0"
 * and the chain "".
 *
 * A log is open or closed. All that is appended while it is open is kept, or
 * the log is closed: by a start of the server, or by its promotion to primary.
 * So two histories of a log have parted at a place where it was closed.
 */
#ifndef CLUSTER_BROKER_H
#define CLUSTER_BROKER_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/str.h"

struct broker;
struct broker_listener;

/*
 * What is carried out at once, by the broker, for one log. Numbers are decimal.
 *
 * ENTRY in arguments and replies stands for 7 strings: place, chain, origin,
 * key, topic, at_ms, payload.
 */
enum broker_script {
	/*
	 * known place, known chain, trim, count; for each entry: origin, key,
	 * topic, at_ms, flags, payload, n; n fields.
	 *
	 * "behind", place, chain: the log's top is before `known`; the broker
	 * has lost entries.
	 * "forked", place, chain: the entry at `known` has another chain, or
	 * the log is open and will never have one there.
	 * "closed", place, chain: the broker may have lost entries since the
	 * log was opened; BROKER_HEAL opens it.
	 * Else the entries are done in order, and those that were appended are
	 * published as one batch: "ok", place, chain (of the top); for each
	 * entry 4 strings: result, place, chain, at_ms.
	 *
	 * result "+": appended. at_ms is at least that of the entry before.
	 * "~": an entry behind `known` has this origin; it is that one.
	 * "=": an entry behind `known` has this key, which is not empty.
	 * "!": refused, nothing was changed (place "0-0"): a field's condition
	 * does not hold, or the flags have "x" and an entry behind `known` has
	 * this topic.
	 *
	 * The flags have "n" if the entry is numbered. A field is an operator
	 * and a name: "+" must exist, "-" must not exist, "=" is set to the
	 * payload, "!" is removed. An entry's conditions come first.
	 *
	 * Entries with a number below `trim` are removed.
	 */
	BROKER_APPEND,
	/*
	 * No arguments. "ok", place, chain, at_ms, n; n times name and value;
	 * the ENTRYs that are kept.
	 */
	BROKER_READ,
	/*
	 * place, chain, count. What follows that place, at most `count`
	 * entries: "ok", place, chain (of the top), ENTRYs; "behind", "forked"
	 * as above; "trimmed", place, chain: not all are kept any more.
	 */
	BROKER_RANGE,
	/*
	 * Names of logs of one shard. For each TOP_STRINGS: place, chain, and
	 * at_ms of the last numbered entry, 0 if there is none.
	 */
	BROKER_TOPS,
	/*
	 * place, chain, opens, origin, at_ms, payload, n; n times name and
	 * value; ENTRYs. If the log is closed and its top is this place with
	 * this chain, the entries are added as they are, the table is replaced,
	 * and the entries are published: "ok". With the place "*" all of the
	 * log is replaced, if its top is before that of the entries; then the
	 * chains of the oldest entries may be "", which is unknown: who knows
	 * such an entry reads the log anew ("trimmed"). Else "forked", place,
	 * chain.
	 *
	 * With "" for n, a table that is there is kept.
	 *
	 * With `opens` "1" the log is open from then on. If there is an origin,
	 * an entry of it with this payload and the next sub follows the others.
	 * There may be no entries then; at place "0-0" that makes a new log.
	 */
	BROKER_HEAL,
	/*
	 * name, count, index, piece, trim: a snapshot of what the log's entries
	 * lead to, in pieces of at most some 100 KB. After the last one
	 * (index + 1 = count) the field "snapshot" is the name, the fields
	 * "name/0" to "name/count-1" are the pieces, those of the snapshot
	 * before are removed, and entries with a number below `trim`: "ok". If
	 * not all pieces are there, "gone", and nothing of it is kept.
	 */
	BROKER_SAVE,
	/* The log is removed: "ok". */
	BROKER_DROP,
	/*
	 * The slot is "nodes". node, value, ttl_ms: keeps the node's lease for
	 * so long; with 0 the node is removed. For each node that was not
	 * removed: node, value, "1" or, if its lease is over, "0".
	 */
	BROKER_LEASE,
	BROKER_SCRIPTS
};

#define TOP_STRINGS 3

enum broker_outcome {
	BROKER_OK,
	BROKER_REFUSED, /* not carried out: not connected, no memory, … */
	BROKER_UNKNOWN  /* sent, and not answered in time */
};

/* The reply is borrowed; not called from within broker_call(). */
typedef void broker_done(void *arg, enum broker_outcome,
    const struct str *reply, size_t reply_count);

/* Borrowed for the call. */
struct broker_call {
	enum broker_script script;
	struct str slot; /* the log's name; chooses the shard */
	const struct str *args;
	size_t arg_count;
	broker_done *done;
	void *arg;
};

struct broker_ops {
	/* done() is called exactly once, by destroy() at the latest. */
	void (*call)(struct broker *, const struct broker_call *);
	/*
	 * What is published to the log from then on reaches the listener, once
	 * on_subscribed() was called for it. Each log is subscribed once.
	 */
	void (*subscribe)(struct broker *, struct str log);
	void (*unsubscribe)(struct broker *, struct str log);
	/* For subscribers of the log only; kept nowhere, may be lost. */
	void (*publish)(struct broker *, struct str log, struct str message);
	/* The number of the shard that holds a log. */
	unsigned (*shard)(struct broker *, struct str log);
	/* Outstanding calls end with BROKER_UNKNOWN. */
	void (*destroy)(struct broker *);
};

struct broker {
	const struct broker_ops *ops;
	struct broker_listener *listener; /* set before the first call */
};

/* Texts are borrowed. Not called from within functions of the broker. */
struct broker_listener_ops {
	/*
	 * A batch that was appended: the place and chain before it, ENTRYs.
	 */
	void (*on_batch)(struct broker_listener *, struct str log,
	    const struct str *items, size_t count);
	/* From broker_publish(), also of this node. */
	void (*on_message)(struct broker_listener *, struct str log,
	    struct str message);
	/*
	 * A log is subscribed: the first time, and again after each loss of the
	 * connection. Batches before that may be missing.
	 */
	void (*on_subscribed)(struct broker_listener *, struct str log);
	/* Whether a shard can be reached. At first none can. */
	void (*on_state)(struct broker_listener *, unsigned shard, bool is_up);
};

struct broker_listener {
	const struct broker_listener_ops *ops;
};

static inline void
broker_call(struct broker *broker, const struct broker_call *call)
{
	broker->ops->call(broker, call);
}

static inline void
broker_subscribe(struct broker *broker, struct str log)
{
	broker->ops->subscribe(broker, log);
}

static inline void
broker_unsubscribe(struct broker *broker, struct str log)
{
	broker->ops->unsubscribe(broker, log);
}

static inline void
broker_publish(struct broker *broker, struct str log, struct str message)
{
	broker->ops->publish(broker, log, message);
}

static inline unsigned
broker_shard(struct broker *broker, struct str log)
{
	return broker->ops->shard(broker, log);
}

static inline void
broker_destroy(struct broker *broker)
{
	if (broker != NULL)
		broker->ops->destroy(broker);
}

#endif
