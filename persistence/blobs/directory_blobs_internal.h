/* For the files directory_*.c: the store, and what each of them does. */
#ifndef PERSISTENCE_DIRECTORY_BLOBS_INTERNAL_H
#define PERSISTENCE_DIRECTORY_BLOBS_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "persistence/blobs/blob_index.h"
#include "persistence/blobs/blob_worker.h"
#include "persistence/blobs/directory_blobs.h"

struct directory_blob {
	struct blob_node node; /* first: its address is this one */
	bool is_completing;
	bool is_being_checked;
	bool is_flushing;
	uint64_t unflushed; /* bytes that no job flushes yet */
	struct blob_waiter *waiters;
	struct list unchecked; /* of the store; alone: it is not there */
};

struct directory_blobs {
	struct blob_store base; /* first: its address is this one */
	struct disk *disk;
	uint64_t reserve_bytes;
	uint64_t unflushed_most;
	uint64_t unflushed; /* bytes that the system holds for the disk */
	bool is_shared;
	bool is_listing;
	int lock; /* unless it is shared */
	struct blob_worker *worker;
	struct blob_index index;
	struct id_map removals; /* jobs, by the file's id */
	/* Files that a start has found, and whose bytes were not read since. */
	struct list unchecked;
};

static inline struct directory_blobs *
directory_of(struct blob_store *store)
{
	return (struct directory_blobs *)store;
}

/* --- entries -------------------------------------------------------------- */

/* NULL: there is none. */
struct directory_blob *directory_blob_find(struct blob_store *, struct str id);

/* NULL: no memory, or an error of the index. */
struct directory_blob *directory_blob_create(struct directory_blobs *,
    const struct blob *, enum chat_error *);
void directory_blob_forget(struct directory_blobs *, struct directory_blob *);

/* What a failure of the disk is for the chat; 0: CHAT_OK. It is logged. */
enum chat_error directory_failure(const char *what, int error);

/* --- uploads: of struct blob_store_ops, and the ends of jobs -------------- */

enum chat_error directory_blobs_begin(struct blob_store *, const struct blob *);
enum chat_error directory_blobs_append(struct blob_store *, struct str id,
    struct str bytes);
void directory_blobs_complete(struct blob_store *, struct str id,
    struct str type, struct blob_waiter *);
bool directory_blobs_is_completing(struct blob_store *, struct str id);
bool directory_blobs_is_behind(struct blob_store *);
void directory_flush_end(struct directory_blobs *, const struct blob_job *);
void directory_completion_end(struct directory_blobs *,
    const struct blob_job *);

/* --- checks --------------------------------------------------------------- */

/* Begins with the next file that was not checked. */
void directory_check_next(struct directory_blobs *);
/* True: the job goes on. */
bool directory_check_end(struct directory_blobs *, struct blob_job *);

/* --- files that are found ------------------------------------------------- */

/* Of a scan: `arg` is the store. False: no memory. */
bool directory_add_found(const struct blob *, void *arg);
void directory_blobs_refresh(struct blob_store *, struct str id);
void directory_listing_end(struct directory_blobs *, const struct blob_ids *);

/* An errno. */
int directory_unpack(struct directory_blobs *, struct str packed);

#endif
