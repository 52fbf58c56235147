/* The records of uploaded files in memory, and what their payers use. */
#ifndef PERSISTENCE_BLOB_INDEX_H
#define PERSISTENCE_BLOB_INDEX_H

#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "domain/blob_store.h"

struct blob_payer;

/* The beginning of a store's own entry. */
struct blob_node {
	struct blob blob;
	struct list link;
	struct blob_payer *payer;
};

struct blob_index {
	struct id_map blobs;
	struct id_map payers;
	struct list list; /* of blob_node, the oldest first */
	struct blob_usage usage;
};

void blob_index_init(struct blob_index *);

/* The nodes are the caller's, and gone. */
void blob_index_fini(struct blob_index *);

/* CHAT_FILE_EXISTS, CHAT_UNAVAILABLE. */
enum chat_error blob_index_add(struct blob_index *, struct blob_node *);
void blob_index_remove(struct blob_index *, struct blob_node *);

/* NULL: there is none. */
struct blob_node *blob_index_find(const struct blob_index *, struct str id);

/* `received` or `size` of the node has changed: what it counted for before. */
void blob_index_recount(struct blob_index *, struct blob_node *,
    uint64_t before);

void blob_index_each(const struct blob_index *, blob_visit *, void *arg);
struct blob_usage blob_index_usage(const struct blob_index *, struct str payer);

#endif
