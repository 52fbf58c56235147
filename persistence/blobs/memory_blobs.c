#include "persistence/blobs/memory_blobs.h"

#include <assert.h>
#include <stdlib.h>

#include "persistence/blobs/blob_hash.h"
#include "persistence/blobs/blob_index.h"

/* Memory is taken as bytes arrive, in pieces of this size. */
#define BLOCK_BYTES (16 * 1024)

struct memory_blob {
	struct blob_node node;  /* first: its address is this one */
	struct blob_hash *hash; /* of what was received, until it is complete */
	char **blocks;
	size_t block_count;
	size_t block_space;
};

struct memory_blobs {
	struct blob_store base; /* first: its address is this one */
	struct blob_index index;
};

static struct blob_index *
memory_index(struct blob_store *store)
{
	return &((struct memory_blobs *)store)->index;
}

static struct memory_blob *
memory_blob_find(struct blob_store *store, struct str id)
{
	return (struct memory_blob *)blob_index_find(memory_index(store), id);
}

static void
memory_blob_free(struct memory_blob *blob)
{
	for (size_t i = 0; i < blob->block_count; i++)
		free(blob->blocks[i]);
	free(blob->blocks);
	blob_hash_destroy(blob->hash);
	free(blob);
}

static enum chat_error
memory_blobs_begin(struct blob_store *store, const struct blob *wanted)
{
	struct memory_blob *blob = calloc(1, sizeof(*blob));
	enum chat_error error = CHAT_UNAVAILABLE;

	if (blob == NULL)
		return error;
	blob->node.blob = *wanted;
	blob->hash = blob_hash_create();
	if (blob->hash != NULL)
		error = blob_index_add(memory_index(store), &blob->node);
	if (error != CHAT_OK)
		memory_blob_free(blob);
	return error;
}

static const struct blob *
memory_blobs_find(struct blob_store *store, struct str id)
{
	const struct blob_node *node = blob_index_find(memory_index(store), id);

	return node == NULL ? NULL : &node->blob;
}

static bool
memory_blob_add_block(struct memory_blob *blob)
{
	char *block;

	if (blob->block_count == blob->block_space) {
		size_t space = blob->block_space * 2 + 4;
		char **blocks = realloc(blob->blocks, space * sizeof(*blocks));

		if (blocks == NULL)
			return false;
		blob->blocks = blocks;
		blob->block_space = space;
	}
	block = malloc(BLOCK_BYTES);
	if (block == NULL)
		return false;
	blob->blocks[blob->block_count++] = block;
	return true;
}

/* The bytes of a block from a place in the file on. */
static char *
memory_blob_at(const struct memory_blob *blob, uint64_t at, size_t *len)
{
	size_t within = at % BLOCK_BYTES;

	if (*len > BLOCK_BYTES - within)
		*len = BLOCK_BYTES - within;
	return blob->blocks[at / BLOCK_BYTES] + within;
}

/* The blocks come first, so that all bytes are taken, or none. */
static enum chat_error
memory_blobs_append(struct blob_store *store, struct str id, struct str bytes)
{
	struct memory_blob *blob = memory_blob_find(store, id);
	struct blob *record = &blob->node.blob;
	uint64_t before = blob_charge(record);

	assert(blob->hash != NULL);
	while (blob->block_count * BLOCK_BYTES - record->received < bytes.len)
		if (!memory_blob_add_block(blob))
			return CHAT_UNAVAILABLE;
	for (size_t done = 0, len; done < bytes.len; done += len) {
		char *to;

		len = bytes.len - done;
		to = memory_blob_at(blob, record->received, &len);
		memcpy(to, bytes.data + done, len);
		record->received += len;
	}
	blob_hash_add(blob->hash, bytes.data, bytes.len);
	blob_index_recount(memory_index(store), &blob->node, before);
	return CHAT_OK;
}

static void
memory_blobs_complete(struct blob_store *store, struct str id, struct str type,
    struct blob_waiter *waiter)
{
	struct memory_blob *blob = memory_blob_find(store, id);
	struct blob *record = &blob->node.blob;
	uint64_t before = blob_charge(record);

	assert(blob->hash != NULL);
	blob_hash_end(blob->hash, record->hash);
	blob_hash_destroy(blob->hash);
	blob->hash = NULL;
	record->size = record->received;
	blob_index_recount(memory_index(store), &blob->node, before);
	*str_put(record->type, type) = '\0';
	record->is_complete = true;
	waiter->done(waiter, CHAT_OK);
}

static bool
memory_blobs_is_completing(struct blob_store *store, struct str id)
{
	(void)store;
	(void)id;
	return false;
}

static enum chat_error
memory_blobs_grant(struct blob_store *store, struct str id,
    enum blob_scope scope, struct str target)
{
	blob_add_grant(&memory_blob_find(store, id)->node.blob, scope, target);
	return CHAT_OK;
}

static ptrdiff_t
memory_blobs_read(struct blob_store *store, struct str id, uint64_t at,
    char *out, size_t len)
{
	const struct memory_blob *blob = memory_blob_find(store, id);
	uint64_t left = blob->node.blob.received - at;
	const char *from;

	if (len > left)
		len = (size_t)left;
	from = memory_blob_at(blob, at, &len);
	memcpy(out, from, len);
	return (ptrdiff_t)len;
}

static void
memory_blobs_remove(struct blob_store *store, struct str id)
{
	struct memory_blob *blob = memory_blob_find(store, id);

	blob_index_remove(memory_index(store), &blob->node);
	memory_blob_free(blob);
}

static void
memory_blobs_each(struct blob_store *store, blob_visit *visit, void *arg)
{
	blob_index_each(memory_index(store), visit, arg);
}

static struct blob_usage
memory_blobs_usage(struct blob_store *store, struct str payer)
{
	return blob_index_usage(memory_index(store), payer);
}

static void
memory_blobs_destroy(struct blob_store *store)
{
	struct blob_index *index = memory_index(store);

	while (!list_is_empty(&index->list)) {
		struct blob_node *node =
		    LIST_OWNER(index->list.next, struct blob_node, link);

		blob_index_remove(index, node);
		memory_blob_free((struct memory_blob *)node);
	}
	blob_index_fini(index);
	free(store);
}

static const struct blob_store_ops memory_blobs_ops = {
	.create = memory_blobs_begin,
	.find = memory_blobs_find,
	.append = memory_blobs_append,
	.complete = memory_blobs_complete,
	.is_completing = memory_blobs_is_completing,
	.grant = memory_blobs_grant,
	.read = memory_blobs_read,
	.remove = memory_blobs_remove,
	.each = memory_blobs_each,
	.usage = memory_blobs_usage,
	.destroy = memory_blobs_destroy,
};

struct blob_store *
memory_blobs_create(void)
{
	struct memory_blobs *store =
	    blob_hash_prepare() ? calloc(1, sizeof(*store)) : NULL;

	if (store == NULL)
		return NULL;
	store->base.ops = &memory_blobs_ops;
	store->base.fd = -1;
	blob_index_init(&store->index);
	return &store->base;
}
