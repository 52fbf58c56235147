/* The file store's own interfaces, for persistence/file alone. */
#ifndef PERSISTENCE_FILE_INTERNAL_H
#define PERSISTENCE_FILE_INTERNAL_H

#include <pthread.h>

#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "domain/clock.h"
#include "domain/command_copy.h"
#include "persistence/file/file_store.h"
#include "persistence/recovery/recovery.h"

/* A room whose records the journal has. */
struct file_room {
	struct list link;
	uint64_t replayed;   /* LSN of its last record of an earlier run */
	int64_t recorded_ms; /* active_ms of its last record */
	unsigned pending; /* creations and removals that wait: it is hidden */
	bool is_removed;  /* by an entry that waits */
	bool epoch_is_unsaved; /* its last record is outdated */
	uint8_t id_len;
	char id[]; /* without NUL */
};

struct file_store {
	struct commit_log log;
	/* The stores in memory. The history's table is ours: see
	 * file_history.c. */
	struct room_store *rooms;
	struct history *history;
	struct attribute_store *attributes;
	struct history_ops history_ops;
	const struct history_ops *memory_history;
	struct id_map journaled;   /* struct file_room, by id */
	struct list all_journaled; /* the same, in order of creation */
	/* The log: entries in order, the first of them is done next. */
	struct list pending;
	size_t pending_bytes;
	struct list spare_pending; /* unused entries of the common size */
	unsigned spare_count;
	uint64_t committed; /* entries up to this LSN can be done */
	struct clock clock; /* of the disk */
	const struct store_options *options;
	const struct history_limits *limits;
	struct id_source *ids;
	struct disk *disk;
	struct journal *journal;
	struct file_recovery *recovery; /* NULL once the store is open */
	int lock;                       /* -1: not held */
	uint8_t store_id[STORE_ID_SIZE];
	int64_t activity_ms;     /* when activity was noted last; monotonic */
	bool epochs_are_unsaved; /* of some room */
	uint64_t repair_lsn;     /* next LSN, if the files are repaired later */
	uint64_t lost;           /* records, found out at the start */
	/* What the compacting thread reads. */
	pthread_mutex_t mutex;
	struct history_limits noted_limits;
	int64_t noted_ms;
};

/* The limits and the time of now, for the compacting thread. */
void file_store_note_limits(struct file_store *, int64_t now_ms);

/* False: no memory. _fini() also after that, and twice. */
bool file_history_init(struct file_store *);
void file_history_fini(struct file_store *);

/* --- the log (file_log.c) ------------------------------------------------- */

void file_log_init(struct file_store *);

/* --- entries that wait (file_pending.c) ----------------------------------- */

enum pending_kind {
	PENDING_MESSAGE,
	PENDING_DUPLICATE,
	PENDING_CREATED,
	PENDING_REMOVED,
	PENDING_ATTRIBUTE,
	PENDING_EPOCH,
	PENDING_BARRIER
};

struct pending_entry {
	struct list link;
	enum pending_kind kind;
	bool is_lost;
	bool has_requester;
	uint64_t lsn; /* its turn has come when this is committed */
	size_t size;  /* of this block */
	size_t bytes; /* the memory of all that it keeps */
	union {
		struct kept_message *posted; /* prepared; gone if it is lost */
		struct {
			uint64_t seq;
			int64_t at_ms;
		} first; /* of which it is a duplicate */
		struct file_attribute *set;
	};
	size_t room_len;
	struct command_pack requester;
	char packed[]; /* the room's id, and the requester */
};

/* NULL: no memory, or more than may wait. To be freed, or added. */
struct pending_entry *file_pending_create(struct file_store *,
    enum pending_kind, struct str room_id, const struct command *requester);
void file_pending_free(struct file_store *, struct pending_entry *);
void file_pending_add(struct file_store *, struct pending_entry *,
    uint64_t lsn);

/* The bound of the memory of waiting entries. */
size_t file_log_most(const struct file_store *);

/* The records up to this LSN are safe. */
void file_log_commit(struct file_store *, uint64_t committed);

/* The records from this LSN on are lost, and their numbers given out again. */
void file_log_drop(struct file_store *, uint64_t first);

/* All entries up to this LSN are done. */
uint64_t file_log_done(const struct file_store *);

/*
 * Does entries whose turn has come, in order, for about a millisecond. True:
 * there are more; call again soon.
 */
bool file_log_run(struct file_store *);

/* Forgets all entries that wait, without calling the handler. */
void file_log_fini(struct file_store *);

/* --- attributes (file_attributes.c) --------------------------------------- */

/* An attribute that is to be set; its texts are in the same block. */
struct file_attribute {
	struct attribute attribute;
	struct attribute_value *value; /* prepared */
	struct kept_message *body;     /* prepared, of an edit; else NULL */
	char texts[];
};

/* NULL: no memory. To be freed with free(). */
struct file_attribute *file_attribute_create(const struct attribute *);

/* Its memory: texts, value and body hold them up to three times. */
size_t file_attribute_bytes(const struct file_attribute *);

/* Whether it is about no message, or about one that is not redacted. */
bool file_attribute_is_due(struct file_store *, struct str room,
    const struct attribute *);

/* Does what may fail. CHAT_MESSAGE_NOT_FOUND, CHAT_UNAVAILABLE. */
enum chat_error file_attribute_prepare(struct file_store *, struct str room,
    struct file_attribute *);
void file_attribute_abandon(struct file_store *, const struct file_attribute *);

/* False: it was not due any more, and is abandoned. */
bool file_attribute_commit(struct file_store *, struct str room,
    const struct file_attribute *);

/* Sets an attribute that the journal has, if it is due. */
enum chat_error file_attribute_replay(struct file_store *, struct str room,
    const struct attribute *);

/* --- rooms that are journaled (journaled_rooms.c) ------------------------- */

void journaled_rooms_init(struct file_store *);
void journaled_rooms_fini(struct file_store *);

/* NULL: there is none. */
struct file_room *journaled_rooms_find(const struct file_store *,
    struct str id);

/*
 * Put a room into the stores, of which the journal has a record, or is given
 * one next. CHAT_ROOM_EXISTS, CHAT_UNAVAILABLE: nothing has changed.
 */
enum chat_error journaled_rooms_create(struct file_store *, const struct room *,
    struct file_room **out);

/* Take a journaled room out of the stores. */
void journaled_rooms_remove(struct file_store *, struct str id);

/*
 * Append the epochs that are unsaved, before anything else: later records are
 * of that life of their room. Nothing else may be written if that fails.
 */
enum chat_error journaled_rooms_append_epochs(struct file_store *);

/*
 * Marks rooms for a new record whose last activity is a day after their last
 * record, so that the next start knows which rooms are in use.
 */
void journaled_rooms_note_activity(struct file_store *);

/* An epoch's record waits for its turn in the log. */
enum chat_error file_log_append_epoch(struct file_store *, const struct room *);

/* --- replay (file_replay.c) ----------------------------------------------- */

struct file_replay {
	struct replay base;
	struct file_store *store;
	const struct recovery_result *result;
	/*
	 * How many LSNs behind the cursor the snapshot covers that the observer
	 * was not given: dead records, and those that are no entries.
	 */
	uint64_t lacking;
	bool has_counted; /* lacking is set */
};

/* From the first record that is read ahead to the opening. */
struct file_recovery {
	struct recovery *steps;
	struct file_replay replay;
	struct recovery_result result;
};

/* The result is that of the recovery, borrowed. */
void file_replay_init(struct file_replay *, struct file_store *,
    const struct recovery_result *);

/* After the last record: gives rooms a new epoch that need one. */
void file_replay_finish(struct file_replay *, uint64_t epochs_invalid_up_to);

#endif
