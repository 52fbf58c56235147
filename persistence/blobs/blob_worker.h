/* A thread for what takes long with uploaded files: hashing, syncs, unlinks. */
#ifndef PERSISTENCE_BLOB_WORKER_H
#define PERSISTENCE_BLOB_WORKER_H

#include "domain/base/list.h"
#include "domain/blob_store.h"
#include "persistence/blobs/blob_hash.h"
#include "persistence/blobs/blob_scan.h"
#include "persistence/disk/disk.h"

enum blob_job_kind {
	BLOB_JOB_FLUSH, /* bytes of an upload, to the disk */
	BLOB_JOB_COMPLETE,
	BLOB_JOB_SYNC, /* its record */
	BLOB_JOB_REMOVE,
	BLOB_JOB_CHECK, /* one piece: blob_files_check() */
	BLOB_JOB_LIST
};

struct blob_job {
	enum blob_job_kind kind;
	struct blob blob;    /* complete: with its hash afterwards */
	struct blob_ids ids; /* list: what there is */
	int error;
	struct blob_hash *hash; /* check: so far; else NULL */
	uint64_t at;            /* check: what was read; flush, complete: bytes
				 * that the disk takes */
	struct list link;       /* of the worker */
};

struct blob_worker;

/* NULL: no thread, errno has the reason. */
struct blob_worker *blob_worker_create(struct disk *);

/* The blob may be NULL. NULL: no memory. */
struct blob_job *blob_job_create(enum blob_job_kind, const struct blob *);
void blob_job_free(struct blob_job *);

/* Does all that was submitted; what was not taken is freed. Accepts NULL. */
void blob_worker_destroy(struct blob_worker *);

/* Jobs are done in this order. Takes the job. */
void blob_worker_submit(struct blob_worker *, struct blob_job *);

/* One that is done, for the caller to free or to submit again; NULL: none. */
struct blob_job *blob_worker_take(struct blob_worker *);

/* Readable while jobs are done that were not taken. */
int blob_worker_fd(const struct blob_worker *);

#endif
