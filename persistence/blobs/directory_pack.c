/* A directory of files for another process, which need not search it. */

#include <errno.h>

#include "persistence/blobs/blob_record.h"
#include "persistence/blobs/directory_blobs_internal.h"

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

int
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
