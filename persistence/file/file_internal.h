/* The file store from inside: for file_*.c alone. */
#ifndef PERSISTENCE_FILE_INTERNAL_H
#define PERSISTENCE_FILE_INTERNAL_H

#include <pthread.h>

#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "persistence/file/file_store.h"
#include "persistence/file/trusted_clock.h"
#include "persistence/recovery/recovery.h"

/* A room of which the journal keeps a record. */
struct file_room {
	struct list link;
	uint64_t lsn;      /* of the record that made it; 0: an earlier run's */
	uint64_t replayed; /* LSN of its last record of an earlier run */
	bool epoch_is_due; /* it has got another one, of which there is none */
	uint8_t id_len;
	char id[]; /* without NUL */
};

struct file_store {
	/* The stores in memory; their tables are ours now … */
	struct room_store *rooms;
	struct history *history;
	struct room_store_ops rooms_ops;
	struct history_ops history_ops;
	/* … and take from these what they do not do otherwise. */
	const struct room_store_ops *memory_rooms;
	const struct history_ops *memory_history;
	struct id_map kept;   /* struct file_room, by id … */
	struct list all_kept; /* … and in order of creation */
	struct list changes;  /* not committed yet, in order */
	struct trusted_clock clock;
	const struct store_options *options;
	const struct history_limits *limits;
	struct id_source *ids;
	struct disk *disk;
	struct journal *journal;
	int lock; /* -1: not held */
	uint8_t store_id[STORE_ID_SIZE];
	bool epochs_are_due; /* of some room */
	uint64_t repair_lsn; /* next LSN, if the files are repaired later */
	uint64_t lost;       /* records, found out at the start */
	/* What the compacting thread goes by. */
	pthread_mutex_t mutex;
	struct history_limits noted_limits;
	int64_t noted_ms;
};

/* By now these are the limits, and it is so late. */
void file_store_note_limits(struct file_store *, int64_t now_ms);

/* False: no memory. What was not begun, or not for good, may be ended. */
bool file_rooms_init(struct file_store *);
bool file_history_init(struct file_store *);
void file_rooms_fini(struct file_store *);
void file_history_fini(struct file_store *);

/* --- what is not committed yet (file_changes.c) --------------------------- */

enum change_kind {
	CHANGE_NEW_ROOM,
	CHANGE_EPOCH,
	CHANGE_MESSAGE
};

struct change {
	struct list link;
	uint64_t lsn;
	uint64_t room_lsn; /* which room of this id it was */
	uint64_t seq;      /* of a message */
	enum change_kind kind;
	uint8_t id_len;
	char id[]; /* of the room */
};

/* NULL: no memory. Either noted or given back with free(). */
struct change *change_create(enum change_kind, struct str room);

/* Something was appended to the journal. */
void undo_log_note(struct file_store *, struct change *, uint64_t lsn);

/* These cannot be taken back any more. */
void undo_log_commit(struct file_store *, uint64_t committed);

/* As if nothing from this LSN on had been done. */
void undo_log_take_back(struct file_store *, uint64_t first);

/* --- rooms that are kept (file_kept.c) ------------------------------------ */

/* NULL: there is none, or none that is kept. */
struct file_room *journaled_rooms_find(const struct file_store *,
    struct str id);

/* Begin to keep a room. NULL: no memory. */
struct file_room *journaled_rooms_add(struct file_store *, struct str id);

/* And no longer; nothing happens if it is not kept. */
void journaled_rooms_remove(struct file_store *, struct str id);

/* Append what a room is to the journal. Nothing has changed if that fails. */
enum chat_error journaled_rooms_append(struct file_store *, const struct room *,
    enum change_kind);

/*
 * Append the epochs that are due, before anything else: later records are of
 * that life of their room. Nothing else may be written if that fails.
 */
enum chat_error journaled_rooms_append_epochs(struct file_store *);

/* --- reading it all again (file_replay.c) --------------------------------- */

struct file_replay {
	struct replay base;
	struct file_store *store;
};

void file_replay_init(struct file_replay *, struct file_store *);

/* All was read. Rooms get another epoch where they need one. */
void file_replay_finish(const struct file_replay *,
    uint64_t epochs_invalid_up_to);

#endif
