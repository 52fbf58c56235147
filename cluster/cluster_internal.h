/* For the files of the cluster only. */
#ifndef CLUSTER_CLUSTER_INTERNAL_H
#define CLUSTER_CLUSTER_INTERNAL_H

#include "cluster/chat_state.h"
#include "cluster/cluster.h"
#include "cluster/feed.h"
#include "cluster/item.h"

/* The done() of calls that are made again, or whose outcome shows elsewhere. */
static inline void
cluster_ignore_answer(void *arg, enum broker_outcome outcome,
    const struct str *reply, size_t count)
{
	(void)arg;
	(void)outcome;
	(void)reply;
	(void)count;
}

/* The log of a room, followed. */
struct room_feed {
	struct feed feed; /* first */
	struct cluster *cluster;
	struct list link;     /* in cluster.rooms */
	struct list dirty;    /* in cluster.dirty */
	struct list barriers; /* that wait until it is live */
	bool is_dirty;
	bool is_closed; /* freed at the next flush */
	/* A member has entered it before its history was read. */
	bool is_entered_early;
	/*
	 * The log had another history, which is not read yet: the broker may
	 * lose it, and have the one of before again.
	 */
	bool differs;
	int64_t used_ms; /* when it was last needed; monotonic */
	/* Entries from then on are published, although they are loaded. */
	int64_t publish_from_ms;
	/*
	 * Of the entry that has begun the epoch, if it is known; and of the one
	 * of the epoch before, which cannot be written back: the chains up to
	 * there are unknown then.
	 */
	struct place epoch_at;
	struct place former_epoch_at;
	char room_id[ROOM_ID_SIZE];
};

/* The field of a room's table that has its epoch: an ITEM_EPOCH. */
#define EPOCH_FIELD "epoch"

/* A command that comes back when a room is live. */
struct room_barrier {
	struct list link;
	int64_t since_ms;
	struct command command;
	char texts[];
};

/* What this node has proposed: a command, or an entry and its requester. */
struct cluster_proposal {
	struct proposal base; /* first */
	struct packer payload;
	bool has_command;
	bool is_of_order;   /* of command_order_propose() */
	struct entry entry; /* of a room: the texts are in the payload */
	char field[1 + ATTRIBUTE_KEY_MOST];
	struct command command;
	char texts[];
};

/* The last entries of the chat's log, for the broker if it loses them. */
#define TAIL_ENTRIES 1024

struct tail_entry {
	struct place place;
	char origin[ORIGIN_SIZE];
	int64_t at_ms;
	struct str payload; /* owned */
};

/* The log of a room that was removed; other nodes may not know it yet. */
struct dropped_log {
	struct list link;
	int64_t due_ms;
	char name[];
};

struct cluster {
	struct commit_log log;
	struct command_order order;
	struct id_source ids;
	struct broker_listener listener;
	struct cluster_config config;
	struct feed_config chat_config;
	struct feed_config room_config;
	struct feed chat;
	struct broker *broker; /* NULL: not yet, or not any more */
	bool is_stopped;
	bool is_leaving, has_left;
	int64_t started_ms;
	struct tail_entry tail[TAIL_ENTRIES]; /* a ring */
	size_t tail_count;
	struct id_map by_room;
	struct list rooms;
	struct list dropped;
	struct list dirty; /* rooms that feed_flush() is due for */
	bool chat_is_dirty;
	bool is_awake;
	/* Rooms whose numbers were asked for: see cluster_counts.c. */
	struct id_map counts_by_room;
	struct list counts;
	struct list count_barriers; /* commands that wait for them */
	bool counts_are_due;
	size_t count_calls; /* that are not answered yet */
	struct nodes nodes;
	uint64_t shards_up; /* a bit for each */
	uint64_t proposals; /* total, for origins */
	char origin[8 + 1];
	const struct ordered_run *running; /* the command that runs, or NULL */
	bool runs_own;                     /* this node has proposed it */
	uint64_t seed;                     /* of its ids */
	char created[ROOM_ID_SIZE]; /* the room that it has created; or "" */
	size_t pending_bytes;
	/* Leases. */
	int64_t lease_asked_ms;
	int64_t lease_until_ms; /* 0: none yet */
	int64_t up_ms;          /* since when their shard is up */
	bool lease_is_asked;
	bool is_leader;
	bool is_refused; /* another node has other limits */
	/* Snapshots. */
	uint64_t saved_number;
	uint64_t saving_number; /* 0: none is being saved */
	struct relay relay;
	int64_t relay_asked_ms; /* when it was last claimed, or reported */
	int64_t relay_gone_ms;  /* since when it is gone; 0: it is not */
	bool relay_follows;     /* the rooms are followed, as far as known */
	/* Since the claim this node had no lease, or the log lost entries. */
	bool relay_lapsed;
	/*
	 * Since the claim, the last loss of a connection, and the last log that
	 * had another history, all logs that were read before were compared:
	 * they have what was observed.
	 */
	bool relay_is_fresh;
	/*
	 * Of the last entry in the snapshot that was loaded: what happened
	 * before was not observed here, nor these entries, which the relay had
	 * not reported as sent. 0: all was observed.
	 */
	int64_t unobserved_ms;
	uint64_t unobserved;
	int64_t applied_ms; /* of the entry that is applied; 0: none is */
	int64_t polled_ms;
	int64_t ticked_ms;
	/* How long what this node has appended took to come back. */
	int64_t lag_ms, lag_before_ms; /* since the last renewal of the lease,
					  and between it and the one before */
	struct cluster_stats stats;
};

/* cluster.c */
int64_t cluster_now_ms(const struct cluster *);
bool cluster_shard_is_up(const struct cluster *, struct str log);
void cluster_wake(struct cluster *);

/* cluster_ids.c, cluster_order.c, cluster_log.c */
extern const struct id_source_ops cluster_ids_ops;
extern const struct command_order_ops cluster_order_ops;
extern const struct commit_log_ops cluster_log_ops;

/* cluster_listener.c */
extern const struct broker_listener_ops cluster_listener_ops;
/* NULL: the log is not followed any more. */
struct feed *cluster_feed_of_log(struct cluster *, struct str log);

/* cluster_tops.c */
/* Rooms in which nothing was posted since the last time are left out. */
void cluster_tops_poll(struct cluster *);

/* cluster_stats.c */
/* What was proposed then has come back. */
void cluster_note_lag(struct cluster *, const struct proposal *);

/* cluster_barriers.c */
/* CHAT_UNAVAILABLE: no memory. */
enum chat_error room_barrier_add(struct cluster *, struct list *barriers,
    const struct command *);
/* They run again, or fail. */
void room_barriers_report(struct cluster *, struct list *barriers,
    struct str room_id, enum chat_error outcome);
/* Those of a room that have waited too long fail. */
void room_barriers_expire(struct room_feed *, int64_t now_ms);
/* Without reporting them. */
void room_barriers_free(struct list *barriers);

/* cluster_counts.c */
void room_counts_init(struct cluster *);
void room_counts_fini(struct cluster *);
/* For command_order_count(). */
enum room_readiness room_count_need(struct cluster *, struct str room_id);
void room_counts_flush(struct cluster *);
void room_counts_tick(struct cluster *, int64_t now_ms);

/* cluster_room_log.c */
extern const struct feed_ops room_feed_ops;

/* cluster_room.c */
void room_feeds_init(struct cluster *);
void room_feeds_fini(struct cluster *);
struct room_feed *room_feed_find(const struct cluster *, struct str room_id);
/*
 * Follows the room, if it is not followed yet; entries of this time and later
 * are published even if they are loaded. NULL: no such room, or no memory.
 */
struct room_feed *room_feed_need(struct cluster *, struct str room_id,
    int64_t publish_from_ms);
/* A new room of this node: its log is open, and empty. */
void room_feed_open(struct cluster *, struct str room_id);
/* The room is removed; by a command of this node, its log too. */
void room_feed_close(struct cluster *, const struct room *, bool is_own);
/* The feeds that the rooms of a member of this node need. */
void room_feeds_of_member(struct cluster *, struct str member_id,
    int64_t publish_from_ms);
struct room_feed *room_feed_of_log(const struct cluster *, struct str log);
void room_feeds_flush(struct cluster *);
void room_feeds_tick(struct cluster *, int64_t now_ms);
/* The history is that of a room without messages. */
void room_history_clear(struct cluster *, struct str room_id);
/* "room:", id, ":", the first epoch: later ones add a dot and a suffix */
#define ROOM_LOG_SIZE (5 + ROOM_ID_SIZE + ID_SIZE)
void room_log_name_write(const struct room *, char out[ROOM_LOG_SIZE]);

/* cluster_heal.c */
void room_feed_heal(struct feed *, const struct place *after, bool opens);
void chat_feed_heal(struct feed *, const struct place *after, bool opens);
/* The log of a new room is open, and empty. */
void room_log_open(struct cluster *, const char *log);

/* cluster_propose.c */
/* Of an entry of this node. */
void cluster_origin_next(struct cluster *, char out[ORIGIN_SIZE]);
enum chat_error cluster_propose_command(struct cluster *,
    const struct command *, struct str node, uint64_t connection);
enum chat_error cluster_propose_entry(struct cluster *, struct feed *,
    struct entry *, const struct command *requester);
void cluster_propose_relay(struct cluster *, const struct relay *);
/* Removes a field of the table. */
void cluster_propose_removal(struct cluster *, struct feed *, struct str field);
void cluster_proposal_free(struct cluster *, struct cluster_proposal *);

/* cluster_chat.c */
extern const struct feed_ops chat_feed_ops;
void chat_feed_tick(struct cluster *, int64_t now_ms);
void chat_tail_fini(struct cluster *);

/* cluster_snapshot.c */
/* Of one call. */
#define SNAPSHOT_PIECE_BYTES ((size_t)64 << 10)
#define SNAPSHOT_NAME_SIZE (PLACE_TEXT_SIZE + CHAIN_SIZE)
/* What the log has led to so far. False: no memory. */
bool chat_log_snapshot(struct cluster *, struct packer *);
/* The name of a snapshot that is made now. */
void chat_log_snapshot_name(const struct cluster *,
    char out[SNAPSHOT_NAME_SIZE]);
/* Sets the place behind it. False: damaged. Without one the chat is empty. */
bool cluster_snapshot_load(struct cluster *, const struct feed_field *,
    size_t count, struct place *);
/* None is being saved. */
void cluster_snapshot_save(struct cluster *);

/* cluster_relay.c */
/* While the chat is loaded: the entry is part of the snapshot. */
void cluster_relay_skip(struct cluster *, const struct feed_entry *);
bool cluster_is_relay(const struct cluster *);
void cluster_relay_apply(struct cluster *, const struct item *);
void cluster_relay_tick(struct cluster *, int64_t now_ms);
/*
 * What was observed of a room is not what its log has, or will not be kept up
 * to date: it is read from there.
 */
void cluster_relay_forget(struct cluster *, struct str room_id);
/* A message, or a change of one, that was loaded. */
void cluster_relay_loaded(struct cluster *, struct entry *, int64_t at_ms);

/* cluster_lease.c */
/* Whether no other node is known that may live. */
bool cluster_is_alone(struct cluster *);
bool cluster_node_is_gone(const struct cluster *, struct str id,
    int64_t now_ms);
void cluster_lease_tick(struct cluster *, int64_t now_ms);
/* Sets has_left in the end. */
void cluster_lease_end(struct cluster *);

#endif
