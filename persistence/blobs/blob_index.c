#include "persistence/blobs/blob_index.h"

#include <assert.h>
#include <stdlib.h>

struct blob_payer {
	char id[ID_SIZE];
	struct blob_usage usage;
};

static struct str
blob_node_key(const void *entry)
{
	return str_from(((const struct blob_node *)entry)->blob.id);
}

static struct str
blob_payer_key(const void *entry)
{
	return str_from(((const struct blob_payer *)entry)->id);
}

void
blob_index_init(struct blob_index *index)
{
	*index = (struct blob_index){ .usage = { 0, 0 } };
	id_map_init(&index->blobs, blob_node_key);
	id_map_init(&index->payers, blob_payer_key);
	list_init(&index->list);
}

void
blob_index_fini(struct blob_index *index)
{
	assert(id_map_count(&index->blobs) == 0);
	id_map_fini(&index->blobs);
	id_map_fini(&index->payers);
}

/* Found, or made. NULL: no memory. */
static struct blob_payer *
blob_payer_get(struct blob_index *index, struct str id)
{
	struct blob_payer *payer = id_map_find(&index->payers, id);

	if (payer != NULL)
		return payer;
	payer = calloc(1, sizeof(*payer));
	if (payer == NULL)
		return NULL;
	memcpy(payer->id, id.data, id.len);
	if (id_map_put(&index->payers, payer))
		return payer;
	free(payer);
	return NULL;
}

static void
blob_payer_drop_unused(struct blob_index *index, struct blob_payer *payer)
{
	if (payer->usage.count > 0)
		return;
	id_map_remove(&index->payers, str_from(payer->id));
	free(payer);
}

enum chat_error
blob_index_add(struct blob_index *index, struct blob_node *node)
{
	uint64_t charge = blob_charge(&node->blob);
	struct blob_payer *payer;

	if (id_map_find(&index->blobs, str_from(node->blob.id)) != NULL)
		return CHAT_FILE_EXISTS;
	payer = blob_payer_get(index, str_from(node->blob.payer));
	if (payer == NULL)
		return CHAT_UNAVAILABLE;
	if (!id_map_put(&index->blobs, node)) {
		blob_payer_drop_unused(index, payer);
		return CHAT_UNAVAILABLE;
	}
	node->payer = payer;
	list_append(&index->list, &node->link);
	payer->usage.count++;
	payer->usage.bytes += charge;
	index->usage.count++;
	index->usage.bytes += charge;
	return CHAT_OK;
}

void
blob_index_remove(struct blob_index *index, struct blob_node *node)
{
	uint64_t charge = blob_charge(&node->blob);

	assert(index->usage.count > 0 && index->usage.bytes >= charge);
	id_map_remove(&index->blobs, str_from(node->blob.id));
	list_remove(&node->link);
	node->payer->usage.count--;
	node->payer->usage.bytes -= charge;
	index->usage.count--;
	index->usage.bytes -= charge;
	blob_payer_drop_unused(index, node->payer);
}

struct blob_node *
blob_index_find(const struct blob_index *index, struct str id)
{
	return id_map_find(&index->blobs, id);
}

void
blob_index_recount(struct blob_index *index, struct blob_node *node,
    uint64_t before)
{
	uint64_t charge = blob_charge(&node->blob);

	assert(index->usage.bytes >= before);
	node->payer->usage.bytes += charge - before;
	index->usage.bytes += charge - before;
}

void
blob_index_each(const struct blob_index *index, blob_visit *visit, void *arg)
{
	for (const struct list *link = index->list.next; link != &index->list;
	     link = link->next)
		if (!visit(&LIST_OWNER(link, struct blob_node, link)->blob,
			arg))
			return;
}

struct blob_usage
blob_index_usage(const struct blob_index *index, struct str payer)
{
	const struct blob_payer *found;

	if (payer.data == NULL)
		return index->usage;
	found = id_map_find(&index->payers, payer);
	return found == NULL ? (struct blob_usage){ 0, 0 } : found->usage;
}
