/* Records on their way to the disk, one behind the other: one write. */
#ifndef PERSISTENCE_BATCH_H
#define PERSISTENCE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "persistence/format/record.h"

/* A batch is full with so many bytes or records; a single record may be larger,
 * and a SEAL fits in behind whatever there is. */
#define BATCH_BYTES (1u << 20)
#define BATCH_RECORDS 4096u

struct batch {
	struct batch *next;
	uint64_t first_lsn; /* of its records, which are numbered through */
	uint32_t count;
	bool seals; /* its last record is a SEAL: the segment ends here */
	size_t len;
	size_t size; /* how much there is room for */
	_Alignas(8) char bytes[];
};

/* Room for a record with such a payload, and as many others as may be. NULL: no
 * memory. */
struct batch *batch_create(size_t payload_len);
void batch_destroy(struct batch *);

/* As new. */
void batch_clear(struct batch *);

/* Whether one more record belongs here. */
bool batch_fits(const struct batch *, size_t payload_len);

/* Where the payload of the next record goes; batch_add() makes it count. */
char *batch_payload(struct batch *);
void batch_add(struct batch *, enum record_type, size_t payload_len,
    uint64_t lsn);

/* Whether any batch could stand in for it, and it for any. */
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

/* Puts real heads before the payloads: those of the segment with this salt,
 * while everything up to that LSN is known to be on the disk. */
void batch_finish(struct batch *, uint64_t salt, uint64_t durable_lsn);

#endif
