#include "persistence/blobs/directory_blobs.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "domain/log.h"
#include "persistence/blobs/blob_files.h"
#include "persistence/blobs/blob_hash.h"
#include "persistence/blobs/blob_index.h"
#include "persistence/blobs/blob_record.h"
#include "persistence/blobs/blob_scan.h"
#include "persistence/blobs/blob_worker.h"
#include "persistence/format/store_lock.h"

/* Bytes of an upload that are flushed together. */
#define FLUSH_BYTES (4 * 1024 * 1024)

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

static struct directory_blobs *
directory_of(struct blob_store *store)
{
	return (struct directory_blobs *)store;
}

static struct directory_blob *
directory_blob_find(struct blob_store *store, struct str id)
{
	return (struct directory_blob *)
	    blob_index_find(&directory_of(store)->index, id);
}

/* NULL: no memory, or an error of the index. */
static struct directory_blob *
directory_blob_create(struct directory_blobs *store, const struct blob *blob,
    enum chat_error *error)
{
	struct directory_blob *made = calloc(1, sizeof(*made));

	*error = CHAT_UNAVAILABLE;
	if (made == NULL)
		return NULL;
	made->node.blob = *blob;
	list_init(&made->unchecked);
	*error = blob_index_add(&store->index, &made->node);
	if (*error == CHAT_OK)
		return made;
	free(made);
	return NULL;
}

static void
directory_blob_forget(struct directory_blobs *store,
    struct directory_blob *blob)
{
	blob_index_remove(&store->index, &blob->node);
	list_remove(&blob->unchecked);
	store->unflushed -= blob->unflushed;
	free(blob);
}

static struct str
removal_key(const void *entry)
{
	return str_from(((const struct blob_job *)entry)->blob.id);
}

/* A full disk is no reason for a line in the log for each upload. */
static enum chat_error
disk_failure(const char *what, int error)
{
	switch (error) {
	case 0:
		return CHAT_OK;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return CHAT_FILES_FULL;
	case ENOMEM:
	case EMFILE:
	case ENFILE:
	case EAGAIN:
		return CHAT_UNAVAILABLE;
	default:
		log_limited(LOG_WARN, "files: %s: %s", what, strerror(error));
		return CHAT_STORE_FAILED;
	}
}

/* --- uploads -------------------------------------------------------------- */

/* So that others, the journal for one, can still write. */
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

static enum chat_error
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
	error = disk_failure("create", blob_files_create(store->disk, blob));
	if (error != CHAT_OK)
		directory_blob_forget(store, made);
	return error;
}

static const struct blob *
directory_blobs_find(struct blob_store *base, struct str id)
{
	const struct directory_blob *blob = directory_blob_find(base, id);

	return blob == NULL ? NULL : &blob->node.blob;
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

static void
flush_end(struct directory_blobs *store, const struct blob_job *job)
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
	if (disk_failure("flush", job->error) == CHAT_OK)
		directory_flush(store, blob);
	else
		directory_blob_forget(store, blob);
}

static bool
directory_blobs_is_behind(struct blob_store *base)
{
	const struct directory_blobs *store = directory_of(base);

	return store->unflushed_most != 0 &&
	       store->unflushed > store->unflushed_most;
}

static enum chat_error
directory_blobs_append(struct blob_store *base, struct str id, struct str bytes)
{
	struct directory_blobs *store = directory_of(base);
	struct directory_blob *blob = directory_blob_find(base, id);
	struct blob_node *node = &blob->node;
	uint64_t before = blob_charge(&node->blob);
	enum chat_error error = directory_check_space(store, bytes.len);

	if (error == CHAT_OK)
		error = disk_failure("write",
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

static void
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

static bool
directory_blobs_is_completing(struct blob_store *base, struct str id)
{
	return directory_blob_find(base, id)->is_completing;
}

/* The space of an unknown size counted as it arrived. */
static void
completion_end(struct directory_blobs *store, const struct blob_job *job)
{
	struct directory_blob *blob =
	    directory_blob_find(&store->base, str_from(job->blob.id));
	struct blob_waiter *waiters = blob->waiters;
	enum chat_error error = disk_failure("complete", job->error);
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

/* --- damage --------------------------------------------------------------- */

/*
 * One file at a time, piece by piece: so completions wait for a piece at most.
 * Without memory the rest is not checked.
 */
static void
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
static bool
check_end(struct directory_blobs *store, struct blob_job *job)
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
		(void)disk_failure("check", job->error);
	}
	directory_check_next(store);
	return false;
}

/* --- files that other processes change ------------------------------------ */

static bool
directory_add_found(const struct blob *found, void *arg)
{
	struct directory_blobs *store = arg;
	enum chat_error error;
	struct directory_blob *blob =
	    directory_blob_create(store, found, &error);

	if (blob != NULL && found->is_complete && !store->is_shared)
		list_append(&store->unchecked, &blob->unchecked);
	return blob != NULL;
}

static void
directory_refresh_one(struct directory_blobs *store, struct str id)
{
	struct directory_blob *known = directory_blob_find(&store->base, id);
	char name[ID_SIZE];
	struct blob found;
	uint64_t before;
	int error;

	if ((known != NULL && known->is_completing) ||
	    id_map_find(&store->removals, id) != NULL)
		return;
	*str_put(name, id) = '\0';
	error = blob_scan_one(store->disk, name, &found);
	if (error == 0 && known == NULL)
		(void)directory_add_found(&found, store);
	else if (error == 0) {
		before = blob_charge(&known->node.blob);
		known->node.blob = found;
		blob_index_recount(&store->index, &known->node, before);
	} else if (error == ENOENT && known != NULL)
		directory_blob_forget(store, known);
}

static void
directory_blobs_refresh(struct blob_store *base, struct str id)
{
	struct directory_blobs *store = directory_of(base);
	struct blob_job *job;

	if (!store->is_shared)
		return;
	if (id.data != NULL) {
		directory_refresh_one(store, id);
		return;
	}
	job = store->is_listing ? NULL : blob_job_create(BLOB_JOB_LIST, NULL);
	if (job == NULL)
		return;
	store->is_listing = true;
	blob_worker_submit(store->worker, job);
}

static int
directory_id_compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Those that are new, and those that are gone. */
static void
listing_end(struct directory_blobs *store, const struct blob_ids *ids)
{
	struct list *next;

	store->is_listing = false;
	for (size_t i = 0; i < ids->count; i++)
		if (blob_index_find(&store->index, str_from(ids->ids[i])) ==
		    NULL)
			directory_refresh_one(store, str_from(ids->ids[i]));
	for (struct list *at = store->index.list.next; at != &store->index.list;
	     at = next) {
		struct blob_node *node = LIST_OWNER(at, struct blob_node, link);

		next = at->next;
		if (ids->count == 0 ||
		    bsearch(node->blob.id, ids->ids, ids->count, ID_SIZE,
			directory_id_compare) == NULL)
			directory_refresh_one(store, str_from(node->blob.id));
	}
}

static void
directory_blobs_poll(struct blob_store *base)
{
	struct directory_blobs *store = directory_of(base);
	struct blob_job *job;

	while ((job = blob_worker_take(store->worker)) != NULL) {
		switch (job->kind) {
		case BLOB_JOB_FLUSH:
			flush_end(store, job);
			break;
		case BLOB_JOB_COMPLETE:
			completion_end(store, job);
			break;
		case BLOB_JOB_SYNC:
			(void)disk_failure("sync", job->error);
			break;
		case BLOB_JOB_REMOVE:
			id_map_remove(&store->removals, str_from(job->blob.id));
			break;
		case BLOB_JOB_CHECK:
			if (check_end(store, job))
				continue;
			break;
		case BLOB_JOB_LIST:
			store->is_listing = false;
			if (disk_failure("list", job->error) == CHAT_OK)
				listing_end(store, &job->ids);
			break;
		}
		blob_job_free(job);
	}
}

/* --- complete ones -------------------------------------------------------- */

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

	error =
	    disk_failure("record", grant_write(store, &after, scope, target));
	if (error != CHAT_OK)
		return error == CHAT_FILES_FULL ? CHAT_STORE_FAILED : error;
	node->blob = after;
	job = blob_job_create(BLOB_JOB_SYNC, &after);
	if (job != NULL)
		blob_worker_submit(store->worker, job);
	return CHAT_OK;
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
	return disk_failure("read", error) == CHAT_OK ? (ptrdiff_t)got : -1;
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

/* --- for another process -------------------------------------------------- */

static const uint8_t no_boot[BOOT_ID_SIZE];

bool
directory_blobs_pack(struct blob_store *base, struct packer *packer)
{
	struct directory_blobs *store = directory_of(base);
	char record[BLOB_RECORD_MOST];

	for (const struct list *link = store->index.list.next;
	     link != &store->index.list; link = link->next) {
		const struct directory_blob *at =
		    (const struct directory_blob *)LIST_OWNER(link,
			struct blob_node, link);
		const struct blob *blob = &at->node.blob;
		bool is_checked =
		    list_is_empty(&at->unchecked) && !at->is_being_checked;

		if (at->is_completing)
			return false;
		pack_text(packer, str_slice(record, blob_record_write(record,
							blob, no_boot)));
		pack_number(packer, blob->received);
		pack_number(packer, is_checked);
	}
	return !store->is_shared;
}

static int
directory_unpack(struct directory_blobs *store, struct str packed)
{
	struct unpacker from = { .rest = packed };

	while (from.rest.len > 0) {
		struct str record = unpack_text(&from);
		uint64_t received = unpack_number(&from);
		bool is_checked = unpack_number(&from) != 0;
		uint8_t boot_id[BOOT_ID_SIZE];
		struct directory_blob *made;
		enum chat_error error;
		struct blob blob;

		if (from.failed || !blob_record_read(record, &blob, boot_id))
			return EINVAL;
		blob.received = received;
		made = directory_blob_create(store, &blob, &error);
		if (made == NULL)
			return ENOMEM;
		if (!is_checked)
			list_append(&store->unchecked, &made->unchecked);
	}
	return 0;
}

/* --- life cycle ----------------------------------------------------------- */

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
