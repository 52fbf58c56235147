/* The bytes of files that a start has found are compared with their hashes. */

#include <errno.h>

#include "domain/log.h"
#include "persistence/blobs/blob_hash.h"
#include "persistence/blobs/directory_blobs_internal.h"

/*
 * One file at a time, piece by piece: so completions wait for a piece at most.
 * Without memory the rest is not checked.
 */
void
directory_check_next(struct directory_blobs *store)
{
	struct directory_blob *blob;
	struct blob_job *job;

	if (list_is_empty(&store->unchecked))
		return;
	blob =
	    LIST_OWNER(store->unchecked.next, struct directory_blob, unchecked);
	job = blob_job_create(BLOB_JOB_CHECK, &blob->node.blob);
	if (job != NULL)
		job->hash = blob_hash_create();
	if (job == NULL || job->hash == NULL) {
		blob_job_free(job);
		return;
	}
	list_remove(&blob->unchecked);
	list_init(&blob->unchecked);
	blob->is_being_checked = true;
	blob_worker_submit(store->worker, job);
}

/* True: the job goes on. */
bool
directory_check_end(struct directory_blobs *store, struct blob_job *job)
{
	struct directory_blob *blob =
	    directory_blob_find(&store->base, str_from(job->blob.id));
	bool is_there = blob != NULL && blob->is_being_checked;

	if (is_there && job->error == EAGAIN) {
		blob_worker_submit(store->worker, job);
		return true;
	}
	if (is_there && job->error == EBADMSG) {
		log_warn("files: %s is damaged: moved to quarantine/",
		    job->blob.id);
		directory_blob_forget(store, blob);
	} else if (is_there && job->error == ENOENT) {
		/* Set aside by the process before this one, at its end. */
		directory_blob_forget(store, blob);
	} else if (is_there) {
		blob->is_being_checked = false;
		(void)directory_failure("check", job->error);
	}
	directory_check_next(store);
	return false;
}
