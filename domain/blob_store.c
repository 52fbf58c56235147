#include "domain/blob_store.h"

#include <assert.h>

static void
blob_assert(const struct blob *blob)
{
	assert(blob_id_is_valid(str_from(blob->id)));
	assert(str_is_within(blob->payer, sizeof(blob->payer)));
	assert(str_is_within(blob->name, sizeof(blob->name)));
	assert(blob->grant_count <= BLOB_GRANTS_MOST);
	assert(blob->size == BLOB_SIZE_UNKNOWN || blob->size <= INT64_MAX);
}

enum chat_error
blob_store_create(struct blob_store *store, const struct blob *blob)
{
	blob_assert(blob);
	assert(blob->received == 0 && !blob->is_complete);
	return store->ops->create(store, blob);
}

const struct blob *
blob_store_find(struct blob_store *store, struct str id)
{
	const struct blob *blob;

	if (!blob_id_is_valid(id))
		return NULL;
	blob = store->ops->find(store, id);
	assert(blob == NULL || str_equal(str_from(blob->id), id));
	return blob;
}

/* The blob must be there. */
static const struct blob *
blob_find_known(struct blob_store *store, struct str id)
{
	const struct blob *blob = blob_store_find(store, id);

	assert(blob != NULL);
	return blob;
}

enum chat_error
blob_store_append(struct blob_store *store, struct str id, struct str bytes)
{
	const struct blob *blob = blob_find_known(store, id);
	uint64_t most =
	    blob->size == BLOB_SIZE_UNKNOWN ? INT64_MAX : blob->size;

	assert(!blob->is_complete && !blob_store_is_completing(store, id));
	assert(bytes.len <= most - blob->received);
	return bytes.len == 0 ? CHAT_OK : store->ops->append(store, id, bytes);
}

void
blob_store_complete(struct blob_store *store, struct str id, struct str type,
    struct blob_waiter *waiter)
{
	const struct blob *blob = blob_find_known(store, id);

	assert(!blob->is_complete && waiter->done != NULL);
	assert(blob->size == BLOB_SIZE_UNKNOWN || blob->received == blob->size);
	assert(type.len > 0 && type.len < sizeof(blob->type));
	store->ops->complete(store, id, type, waiter);
}

bool
blob_store_is_completing(struct blob_store *store, struct str id)
{
	return store->ops->is_completing(store, id);
}

enum chat_error
blob_store_grant(struct blob_store *store, struct str id, enum blob_scope scope,
    struct str target)
{
	const struct blob *blob = blob_find_known(store, id);

	assert(blob->is_complete);
	if (blob_has_grant(blob, scope, target))
		return CHAT_OK;
	if (blob->grant_count == BLOB_GRANTS_MOST)
		return CHAT_UNAVAILABLE;
	return store->ops->grant(store, id, scope, target);
}

ptrdiff_t
blob_store_read(struct blob_store *store, struct str id, uint64_t at, char *out,
    size_t len)
{
	const struct blob *blob = blob_find_known(store, id);
	ptrdiff_t got;

	assert(len > 0 && at <= blob->received);
	if (at == blob->received)
		return 0;
	got = store->ops->read(store, id, at, out, len);
	assert(got <= (ptrdiff_t)len && got != 0);
	return got;
}

void
blob_store_remove(struct blob_store *store, struct str id)
{
	if (blob_store_find(store, id) != NULL)
		store->ops->remove(store, id);
}

void
blob_store_refresh(struct blob_store *store, struct str id)
{
	if (store->ops->refresh != NULL &&
	    (id.data == NULL || blob_id_is_valid(id)))
		store->ops->refresh(store, id);
}

void
blob_store_each(struct blob_store *store, blob_visit *visit, void *arg)
{
	assert(visit != NULL);
	store->ops->each(store, visit, arg);
}

struct blob_usage
blob_store_usage(struct blob_store *store, struct str payer)
{
	return store->ops->usage(store, payer);
}

bool
blob_store_is_behind(struct blob_store *store)
{
	return store->ops->is_behind != NULL && store->ops->is_behind(store);
}

void
blob_store_poll(struct blob_store *store)
{
	if (store->ops->poll != NULL)
		store->ops->poll(store);
}

void
blob_store_destroy(struct blob_store *store)
{
	if (store != NULL)
		store->ops->destroy(store);
}
