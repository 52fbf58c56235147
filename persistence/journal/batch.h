/* Records that are written together, in one call. */
#ifndef PERSISTENCE_BATCH_H
#define PERSISTENCE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "persistence/format/record.h"

/*
 * The size and the number of records of a full batch. A single record may be
 * larger, and there is always room for a SEAL.
 */
#define BATCH_BYTES (1u << 20)
#define BATCH_RECORDS 4096u

struct batch {
	struct batch *next;
	uint64_t first_lsn; /* of the first record; the others follow by one */
	uint32_t count;
	bool seals; /* its last record is a SEAL: the segment ends here */
	size_t len;
	size_t size; /* capacity of bytes[] */
	_Alignas(8) char bytes[];
};

/* A batch with room for such a record at least. NULL: no memory. */
struct batch *batch_create(size_t payload_len);
void batch_destroy(struct batch *);

/* Empties the batch. */
void batch_clear(struct batch *);

/* Whether one more record fits. */
bool batch_fits(const struct batch *, size_t payload_len);

/*
 * Where to write the payload of the next record; batch_add() adds the record.
 */
char *batch_payload(struct batch *);
void batch_add(struct batch *, enum record_type, size_t payload_len,
    uint64_t lsn);

/* Whether the batch has the common size, so that it can be used again. */
static inline bool
batch_is_common(const struct batch *batch)
{
	return batch->size == BATCH_BYTES + RECORD_HEAD_SIZE;
}

static inline uint64_t
batch_last_lsn(const struct batch *batch)
{
	return batch->first_lsn + batch->count - 1;
}

/*
 * Writes the heads of the records: of the segment with this salt, while
 * everything up to durable_lsn is synced.
 */
void batch_finish(struct batch *, uint64_t salt, uint64_t durable_lsn);

#endif
