/* What a directory of files has in memory of each. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "domain/log.h"
#include "persistence/blobs/directory_blobs_internal.h"

struct directory_blob *
directory_blob_find(struct blob_store *store, struct str id)
{
	return (struct directory_blob *)
	    blob_index_find(&directory_of(store)->index, id);
}

struct directory_blob *
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

void
directory_blob_forget(struct directory_blobs *store,
    struct directory_blob *blob)
{
	blob_index_remove(&store->index, &blob->node);
	list_remove(&blob->unchecked);
	store->unflushed -= blob->unflushed;
	free(blob);
}

/* A full disk is no reason for a line in the log for each upload. */
enum chat_error
directory_failure(const char *what, int error)
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
