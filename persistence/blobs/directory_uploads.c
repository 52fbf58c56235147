/* Uploads into a directory: written, flushed, and completed. */

#include <assert.h>
#include <errno.h>

#include "persistence/blobs/blob_files.h"
#include "persistence/blobs/directory_blobs_internal.h"

/* Bytes of an upload that are flushed together. */
#define FLUSH_BYTES (4 * 1024 * 1024)

/* Keeps free space for other writers, such as the journal. */
static enum chat_error
directory_check_space(struct directory_blobs *store, uint64_t bytes)
{
	uint64_t free_bytes;

	if (store->reserve_bytes == 0 ||
	    disk_free_bytes(store->disk, &free_bytes) != 0)
		return CHAT_OK;
	return free_bytes >= store->reserve_bytes &&
		       free_bytes - store->reserve_bytes >= bytes
		   ? CHAT_OK
		   : CHAT_FILES_FULL;
}

enum chat_error
directory_blobs_begin(struct blob_store *base, const struct blob *blob)
{
	struct directory_blobs *store = directory_of(base);
	struct directory_blob *made;
	enum chat_error error;

	if (id_map_find(&store->removals, str_from(blob->id)) != NULL)
		return CHAT_FILE_EXISTS;
	error = directory_check_space(store,
	    blob->size == BLOB_SIZE_UNKNOWN ? 0 : blob->size);
	if (error != CHAT_OK)
		return error;
	made = directory_blob_create(store, blob, &error);
	if (made == NULL)
		return error;
	error =
	    directory_failure("create", blob_files_create(store->disk, blob));
	if (error != CHAT_OK)
		directory_blob_forget(store, made);
	return error;
}

/*
 * A thread that writes faster than the disk is stopped by the system, and the
 * loop must not be. So bytes go to the disk while an upload goes on.
 */
static void
directory_flush(struct directory_blobs *store, struct directory_blob *blob)
{
	struct blob_job *job;

	if (blob->is_flushing ||
	    (blob->unflushed < FLUSH_BYTES &&
		(store->unflushed_most == 0 ||
		    store->unflushed < store->unflushed_most / 2)))
		return;
	job = blob_job_create(BLOB_JOB_FLUSH, &blob->node.blob);
	if (job != NULL) {
		job->at = blob->unflushed;
		blob->is_flushing = true;
		blob_worker_submit(store->worker, job);
	} else /* without memory it is left to the system */
		store->unflushed -= blob->unflushed;
	blob->unflushed = 0;
}

void
directory_flush_end(struct directory_blobs *store, const struct blob_job *job)
{
	struct directory_blob *blob =
	    directory_blob_find(&store->base, str_from(job->blob.id));

	store->unflushed -= job->at;
	if (blob == NULL)
		return;
	blob->is_flushing = false;
	if (blob->is_completing)
		return;
	/* Those who wait until the store is not behind append nothing. */
	if (directory_failure("flush", job->error) == CHAT_OK)
		directory_flush(store, blob);
	else
		directory_blob_forget(store, blob);
}

bool
directory_blobs_is_behind(struct blob_store *base)
{
	const struct directory_blobs *store = directory_of(base);

	return store->unflushed_most != 0 &&
	       store->unflushed > store->unflushed_most;
}

enum chat_error
directory_blobs_append(struct blob_store *base, struct str id, struct str bytes)
{
	struct directory_blobs *store = directory_of(base);
	struct directory_blob *blob = directory_blob_find(base, id);
	struct blob_node *node = &blob->node;
	uint64_t before = blob_charge(&node->blob);
	enum chat_error error = directory_check_space(store, bytes.len);

	if (error == CHAT_OK)
		error = directory_failure("write",
		    blob_files_append(store->disk, node->blob.id, bytes,
			node->blob.received));
	if (error != CHAT_OK)
		return error;
	node->blob.received += bytes.len;
	blob_index_recount(&store->index, node, before);
	blob->unflushed += bytes.len;
	store->unflushed += bytes.len;
	directory_flush(store, blob);
	return CHAT_OK;
}

/* --- completion ----------------------------------------------------------- */

static void
waiters_call(struct blob_waiter *waiter, enum chat_error error)
{
	struct blob_waiter *next;

	for (; waiter != NULL; waiter = next) {
		next = waiter->next;
		waiter->done(waiter, error);
	}
}

void
directory_blobs_complete(struct blob_store *base, struct str id,
    struct str type, struct blob_waiter *waiter)
{
	struct directory_blobs *store = directory_of(base);
	struct directory_blob *blob = directory_blob_find(base, id);
	struct blob_job *job;

	waiter->next = blob->waiters;
	if (blob->is_completing) {
		blob->waiters = waiter;
		return;
	}
	job = blob_job_create(BLOB_JOB_COMPLETE, &blob->node.blob);
	if (job == NULL) {
		waiter->done(waiter, CHAT_UNAVAILABLE);
		return;
	}
	blob->waiters = waiter;
	blob->is_completing = true;
	job->at = blob->unflushed;
	blob->unflushed = 0;
	job->blob.size = job->blob.received;
	*str_put(job->blob.type, type) = '\0';
	job->blob.is_complete = true;
	blob_worker_submit(store->worker, job);
}

bool
directory_blobs_is_completing(struct blob_store *base, struct str id)
{
	return directory_blob_find(base, id)->is_completing;
}

/* The space of an unknown size counted as it arrived. */
void
directory_completion_end(struct directory_blobs *store,
    const struct blob_job *job)
{
	struct directory_blob *blob =
	    directory_blob_find(&store->base, str_from(job->blob.id));
	struct blob_waiter *waiters = blob->waiters;
	enum chat_error error = directory_failure("complete", job->error);
	uint64_t before = blob_charge(&blob->node.blob);

	assert(blob->is_completing);
	store->unflushed -= job->at;
	blob->is_completing = false;
	blob->waiters = NULL;
	if (error == CHAT_OK) {
		blob->node.blob = job->blob;
		blob_index_recount(&store->index, &blob->node, before);
	} else if (job->error != EAGAIN)
		directory_blob_forget(store, blob);
	waiters_call(waiters, error);
}
