/* Segments and snapshots in the format of the journal, written by a test. */
#ifndef TESTS_SUPPORT_PERSISTENCE_STORE_FILES_H
#define TESTS_SUPPORT_PERSISTENCE_STORE_FILES_H

#include "persistence/format/record_payload.h"
#include "tests/support/persistence/memory_disk.h"

#define STORE_FILE_ROOM ((size_t)64 << 10)

extern const uint8_t test_store_id[STORE_ID_SIZE];

/* A file that is being put together. */
struct store_file {
	struct segment_head head;
	uint64_t next_lsn;
	uint64_t durable; /* the synced LSN in the next record */
	size_t len;
	uint64_t count;
	char bytes[STORE_FILE_ROOM];
};

void segment_begin(struct store_file *, uint64_t first_lsn);
void snapshot_begin(struct store_file *, uint64_t last_lsn);

/* Each returns where the record begins; it gets the next LSN. */
size_t store_file_add(struct store_file *, enum record_type, struct str);
size_t store_file_open(struct store_file *, uint8_t policy, char boot);
size_t store_file_room(struct store_file *, const char *id);
/* The body is a JSON string made of the room's number. */
size_t store_file_message(struct store_file *, const char *room, uint64_t seq);
size_t store_file_lost(struct store_file *, uint64_t first, uint64_t last,
    uint64_t records, uint64_t snapshot);

/* Onto the disk, with zeros behind it up to `size`; 0: none. */
void store_file_put(struct store_file *, struct memory_disk *, size_t size);
/* With SNAP_END and the count. */
void snapshot_put(struct store_file *, struct memory_disk *);

void store_put_format(struct memory_disk *);
void store_put_durable(struct memory_disk *, uint64_t lsn);

#endif
