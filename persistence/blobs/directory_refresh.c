/* Files that a scan finds: of a start, and of other processes. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "persistence/blobs/blob_scan.h"
#include "persistence/blobs/directory_blobs_internal.h"

bool
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

void
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

/* Adds the blobs that are new, and removes those that are gone. */
void
directory_listing_end(struct directory_blobs *store, const struct blob_ids *ids)
{
	struct list *next;

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
