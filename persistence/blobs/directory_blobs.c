#include "persistence/blobs/directory_blobs.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "domain/log.h"
#include "persistence/blobs/blob_files.h"
#include "persistence/blobs/blob_hash.h"
#include "persistence/blobs/blob_scan.h"
#include "persistence/blobs/directory_blobs_internal.h"
#include "persistence/format/store_lock.h"

/* Another process may have added one since. */
static int
grant_write_shared(struct directory_blobs *store, struct blob *blob,
    enum blob_scope scope, struct str target)
{
	int file, error = blob_files_lock(store->disk, blob->id, &file);

	if (error != 0)
		return error;
	error = blob_scan_one(store->disk, blob->id, blob);
	if (error == 0 && !blob_has_grant(blob, scope, target)) {
		if (blob->grant_count == BLOB_GRANTS_MOST)
			error = EAGAIN;
		else {
			blob_add_grant(blob, scope, target);
			error = blob_files_put_record(store->disk, blob);
		}
	}
	disk_close(store->disk, file);
	return error;
}

static int
grant_write(struct directory_blobs *store, struct blob *blob,
    enum blob_scope scope, struct str target)
{
	if (store->is_shared)
		return grant_write_shared(store, blob, scope, target);
	blob_add_grant(blob, scope, target);
	return blob_files_put_record(store->disk, blob);
}

/* A power cut may take the grant back until it is synced. */
static enum chat_error
directory_blobs_grant(struct blob_store *base, struct str id,
    enum blob_scope scope, struct str target)
{
	struct directory_blobs *store = directory_of(base);
	struct blob_node *node = blob_index_find(&store->index, id);
	struct blob after = node->blob;
	struct blob_job *job;
	enum chat_error error;

	error = directory_failure("record",
	    grant_write(store, &after, scope, target));
	if (error != CHAT_OK)
		return error == CHAT_FILES_FULL ? CHAT_STORE_FAILED : error;
	node->blob = after;
	job = blob_job_create(BLOB_JOB_SYNC, &after);
	if (job != NULL)
		blob_worker_submit(store->worker, job);
	return CHAT_OK;
}

static const struct blob *
directory_blobs_find(struct blob_store *base, struct str id)
{
	const struct directory_blob *blob = directory_blob_find(base, id);

	return blob == NULL ? NULL : &blob->node.blob;
}

static ptrdiff_t
directory_blobs_read(struct blob_store *base, struct str id, uint64_t at,
    char *out, size_t len)
{
	struct directory_blobs *store = directory_of(base);
	const struct blob *blob = directory_blobs_find(base, id);
	size_t got = 0;
	int error;

	if (len > blob->received - at)
		len = (size_t)(blob->received - at);
	error = blob_files_read(store->disk, blob->id,
	    blob->is_complete ? BLOB_DATA : BLOB_PART, out, len, at, &got);
	if (error == 0 && got == 0)
		error = EIO;
	return directory_failure("read", error) == CHAT_OK ? (ptrdiff_t)got
							   : -1;
}

static void
directory_blobs_remove(struct blob_store *base, struct str id)
{
	struct directory_blobs *store = directory_of(base);
	struct directory_blob *blob = directory_blob_find(base, id);
	struct blob_job *job =
	    blob_job_create(BLOB_JOB_REMOVE, &blob->node.blob);

	assert(!blob->is_completing);
	if (job != NULL && id_map_put(&store->removals, job)) {
		blob_worker_submit(store->worker, job);
	} else {
		blob_job_free(job);
		blob_files_remove(store->disk, blob->node.blob.id);
	}
	directory_blob_forget(store, blob);
}

static void
directory_blobs_each(struct blob_store *base, blob_visit *visit, void *arg)
{
	blob_index_each(&directory_of(base)->index, visit, arg);
}

static struct blob_usage
directory_blobs_usage(struct blob_store *base, struct str payer)
{
	return blob_index_usage(&directory_of(base)->index, payer);
}

static void
directory_blobs_poll(struct blob_store *base)
{
	struct directory_blobs *store = directory_of(base);
	struct blob_job *job;

	while ((job = blob_worker_take(store->worker)) != NULL) {
		switch (job->kind) {
		case BLOB_JOB_FLUSH:
			directory_flush_end(store, job);
			break;
		case BLOB_JOB_COMPLETE:
			directory_completion_end(store, job);
			break;
		case BLOB_JOB_SYNC:
			(void)directory_failure("sync", job->error);
			break;
		case BLOB_JOB_REMOVE:
			id_map_remove(&store->removals, str_from(job->blob.id));
			break;
		case BLOB_JOB_CHECK:
			if (directory_check_end(store, job))
				continue;
			break;
		case BLOB_JOB_LIST:
			store->is_listing = false;
			if (directory_failure("list", job->error) == CHAT_OK)
				directory_listing_end(store, &job->ids);
			break;
		}
		blob_job_free(job);
	}
}

/* --- life cycle ----------------------------------------------------------- */

static struct str
removal_key(const void *entry)
{
	return str_from(((const struct blob_job *)entry)->blob.id);
}

static void
directory_forget_blobs(struct directory_blobs *store)
{
	while (!list_is_empty(&store->index.list))
		directory_blob_forget(store,
		    (struct directory_blob *)LIST_OWNER(store->index.list.next,
			struct blob_node, link));
}

static void
directory_close(struct directory_blobs *store)
{
	if (!store->is_shared)
		store_lock_release(store->disk, store->lock);
}

/* The worker frees its jobs. */
static void
directory_blobs_destroy(struct blob_store *base)
{
	struct directory_blobs *store = directory_of(base);

	blob_worker_destroy(store->worker);
	directory_forget_blobs(store);
	blob_index_fini(&store->index);
	id_map_fini(&store->removals);
	directory_close(store);
	free(store);
}

static const struct blob_store_ops directory_blobs_ops = {
	.create = directory_blobs_begin,
	.find = directory_blobs_find,
	.append = directory_blobs_append,
	.complete = directory_blobs_complete,
	.is_completing = directory_blobs_is_completing,
	.grant = directory_blobs_grant,
	.read = directory_blobs_read,
	.remove = directory_blobs_remove,
	.refresh = directory_blobs_refresh,
	.each = directory_blobs_each,
	.usage = directory_blobs_usage,
	.is_behind = directory_blobs_is_behind,
	.poll = directory_blobs_poll,
	.destroy = directory_blobs_destroy,
};

/* The directory is this process's alone, unless it is shared. */
static int
directory_claim(struct directory_blobs *store, struct str packed)
{
	int error;

	if (store->is_shared)
		return blob_scan_shared(store->disk, directory_add_found,
		    store);
	error = store_lock_take(store->disk, &store->lock);
	if (error != 0)
		return error;
	if (packed.data != NULL)
		error = directory_unpack(store, packed);
	else
		error = blob_scan(store->disk, directory_add_found, store);
	if (error != 0)
		store_lock_release(store->disk, store->lock);
	return error;
}

struct blob_store *
directory_blobs_create(const struct directory_blobs_config *config)
{
	struct directory_blobs *store =
	    blob_hash_prepare() ? calloc(1, sizeof(*store)) : NULL;
	int error = ENOMEM;

	if (store == NULL)
		goto fail;
	store->base.ops = &directory_blobs_ops;
	store->disk = config->disk;
	store->reserve_bytes = config->reserve_bytes;
	store->unflushed_most = config->unflushed_most;
	store->is_shared = config->is_shared;
	blob_index_init(&store->index);
	id_map_init(&store->removals, removal_key);
	list_init(&store->unchecked);
	error = directory_claim(store, config->packed);
	if (error != 0)
		goto free_store;
	store->worker = blob_worker_create(store->disk);
	if (store->worker == NULL) {
		error = errno;
		directory_close(store);
		goto free_store;
	}
	store->base.fd = blob_worker_fd(store->worker);
	directory_check_next(store);
	return &store->base;

free_store:
	directory_forget_blobs(store);
	blob_index_fini(&store->index);
	free(store);
fail:
	log_error("files: %s", error == EAGAIN
				   ? "another server uses the directory"
				   : strerror(error));
	return NULL;
}
