/* All stores of one kind: members, rooms, history, attributes. Public. */
#ifndef PERSISTENCE_STORES_H
#define PERSISTENCE_STORES_H

#include <stdbool.h>

#include "domain/attribute_store.h"
#include "domain/chat_snapshot.h"
#include "domain/commit_log.h"
#include "domain/history.h"
#include "domain/id_source.h"
#include "domain/member_store.h"
#include "domain/room_store.h"
#include "persistence/store_options.h"

struct disk;
struct file_store;

/*
 * Descriptors that open stores use at most. The file store holds the directory,
 * LOCK, DURABLE, an eventfd, a segment and the next one; a compaction, or a
 * repair, reads one file, writes another, and lists the directory.
 */
#define STORES_FILES_MOST 9

struct stores {
	struct member_store *members;
	struct room_store *rooms;
	struct history *history;
	struct attribute_store *attributes;
	struct commit_log *log;
	/*
	 * Adds messages of another log, that have their number and time, or of
	 * a snapshot. Numbers up to the last one of the room are ignored; a gap
	 * stays. Not for rooms that the journal has.
	 */
	const struct chat_snapshot_messages *numbered;
	/*
	 * Owns rooms, history, attributes and log, if there is one; call
	 * file_store_poll() when the descriptor of its journal is readable.
	 */
	struct file_store *files;
	struct disk *disk;
};

/*
 * What another process has, before the stores of this one are open. Zeroed:
 * nothing.
 */
struct stores_ahead {
	struct disk *disk; /* stores_read_ahead() */
	struct file_store *files;
	struct history *history; /* stores_receive() */
	struct attribute_store *attributes;
	struct str messages; /* the last piece, borrowed; for stores_open() */
};

/* Everything is borrowed and must outlive the stores. */
struct stores_config {
	const char *kind;
	const struct history_limits *limits; /* may change between calls */
	const struct store_options *options; /* of the file store */
	struct clock *clock;                 /* NULL: any time is trusted */
	struct id_source *ids;               /* of the file store */
	struct entry_observer *observer;     /* of the log; NULL: none */
	struct stores_ahead *ahead;          /* emptied; NULL: nothing */
};

enum stores_end {
	STORES_OPEN,
	STORES_IN_USE,  /* another server uses it; nothing was changed */
	STORES_REFUSED, /* of a newer program, or damaged with on_damage =
			   refuse */
	STORES_FAILED
};

/* Whether this kind exists: "memory", "file". */
bool stores_kind_exists(const char *kind);

/*
 * Opens the stores of a kind that exists. On failure an error was logged, and
 * nothing is open.
 */
enum stores_end stores_open(struct stores *, const struct stores_config *);

/*
 * Reads what a running server has stored so far, or since the last call, so
 * that stores_open() has little left to read when that server has released it.
 * Changes nothing; does what it can.
 */
void stores_read_ahead(struct stores_ahead *, const struct stores_config *);

/*
 * For stores in memory: reads a piece of another process's messages
 * and attributes (domain/history_transfer.h). False: it is wrong, or there is
 * no memory; an error was logged.
 */
bool stores_receive(struct stores_ahead *, struct str piece);

/* Zeroes it. */
void stores_ahead_fini(struct stores_ahead *);

/*
 * stores_release() is to come soon: background work is given up, and none is
 * begun until the stores are not held any more. True: none runs.
 */
bool stores_hold(struct stores *, bool is_held);

/*
 * Closes the files, for another process; the memory stays. Afterwards nothing
 * may be changed. False: what was written may not be on the disk.
 */
bool stores_release(struct stores *);

/* Accepts stores that are all NULL. */
void stores_close(struct stores *);

#endif
