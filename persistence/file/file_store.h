/*
 * The file store: rooms, histories and attributes in memory, a log, and a
 * journal that persistent rooms are read from at the next start. Public.
 */
#ifndef PERSISTENCE_FILE_STORE_H
#define PERSISTENCE_FILE_STORE_H

#include "domain/attribute_store.h"
#include "domain/commit_log.h"
#include "domain/history.h"
#include "domain/id_source.h"
#include "domain/room_store.h"
#include "domain/server_stats.h"
#include "persistence/disk/disk.h"
#include "persistence/journal/journal.h"
#include "persistence/store_options.h"

struct file_store;

/* Everything is borrowed and outlives the store. */
struct file_store_config {
	struct disk *disk;
	const struct store_options *options;
	const struct history_limits *limits; /* may change between calls */
	struct id_source *ids;
	/*
	 * Of the log; NULL: none. What it has not acknowledged is replayed to
	 * it when the store is opened.
	 */
	struct entry_observer *observer;
	/*
	 * From file_store_read_ahead(), taken; NULL: nothing was read. If the
	 * files have changed otherwise than by growing, they are read anew, and
	 * the observer gets entries for the second time.
	 */
	struct file_store *ahead;
	bool no_threads; /* the caller calls journal_step() instead */
};

enum file_store_end {
	FILE_STORE_OPEN,
	FILE_STORE_IN_USE,  /* by another server; nothing was changed */
	FILE_STORE_REFUSED, /* a newer program's, or damaged; as asked */
	FILE_STORE_FAILED
};

/*
 * Reads what a running server has stored so far, or what it has stored since
 * then if *ahead is not NULL; for file_store_open(). Needs no lock, and changes
 * nothing. Afterwards *ahead may be NULL: then nothing was read.
 */
void file_store_read_ahead(const struct file_store_config *,
    struct file_store **ahead);

/* Recovers the store and opens its journal. A failure is logged. */
enum file_store_end file_store_open(const struct file_store_config *,
    struct file_store **out);

/* See stores_hold(). */
bool file_store_hold(struct file_store *, bool is_held);

/*
 * Writes what is pending and releases the files, for another process. Nothing
 * may be called afterwards. False: the disk hangs.
 */
bool file_store_release(struct file_store *);

/*
 * Writes what is pending, if the disk allows. Accepts NULL. False: the disk
 * hangs; it and the store must stay until the process ends.
 */
bool file_store_close(struct file_store *);

/* Owned by the store: they go with it. */
struct room_store *file_store_rooms(struct file_store *);
struct history *file_store_history(struct file_store *);
struct attribute_store *file_store_attributes(struct file_store *);
struct commit_log *file_store_log(struct file_store *);
struct journal *file_store_journal(struct file_store *);

/*
 * What the observer got up to this LSN (0: all that it got) is not replayed to
 * it at the next start.
 */
void file_store_acknowledge(struct file_store *, uint64_t lsn);

/* Never waits for the disk. */
void file_store_stats(struct file_store *, struct store_health *);

/* Whether writers should be slowed down: the queue is three quarters full. */
bool file_store_is_under_pressure(struct file_store *);

/*
 * The journal's descriptor is readable: the log's entries that are safe are
 * done, those that are lost are reported. False: the disk failed, and the
 * server is to end.
 */
bool file_store_poll(struct file_store *);

#endif
