#include "persistence/journal/batch.h"

#include <assert.h>
#include <stdlib.h>

#define SEAL_SIZE RECORD_HEAD_SIZE

/* Written in place of the head, which depends on the segment. */
struct draft {
	uint32_t payload_len;
	uint8_t type;
};

struct batch *
batch_create(size_t payload_len)
{
	size_t size = record_size(payload_len);
	struct batch *batch;

	if (size < BATCH_BYTES)
		size = BATCH_BYTES;
	size += SEAL_SIZE;
	batch = malloc(sizeof(*batch) + size);
	if (batch == NULL)
		return NULL;
	batch->size = size;
	batch_clear(batch);
	return batch;
}

void
batch_destroy(struct batch *batch)
{
	free(batch);
}

void
batch_clear(struct batch *batch)
{
	batch->next = NULL;
	batch->first_lsn = 0;
	batch->count = 0;
	batch->seals = false;
	batch->len = 0;
}

bool
batch_fits(const struct batch *batch, size_t payload_len)
{
	size_t size = record_size(payload_len) + SEAL_SIZE;

	if (batch->seals || batch->count >= BATCH_RECORDS)
		return false;
	return size <= batch->size - batch->len;
}

char *
batch_payload(struct batch *batch)
{
	return batch->bytes + batch->len + RECORD_HEAD_SIZE;
}

void
batch_add(struct batch *batch, enum record_type type, size_t payload_len,
    uint64_t lsn)
{
	struct draft draft = { .payload_len = (uint32_t)payload_len,
		.type = (uint8_t)type };

	assert(!batch->seals);
	assert(record_size(payload_len) <= batch->size - batch->len);
	if (batch->count == 0)
		batch->first_lsn = lsn;
	assert(batch->first_lsn + batch->count == lsn);
	memcpy(batch->bytes + batch->len, &draft, sizeof(draft));
	batch->len += record_size(payload_len);
	batch->count++;
	batch->seals = type == RECORD_SEAL;
}

void
batch_finish(struct batch *batch, uint64_t salt, uint64_t durable_lsn)
{
	char *at = batch->bytes;

	assert(batch->count == 0 || durable_lsn < batch->first_lsn);
	for (uint32_t i = 0; i < batch->count; i++) {
		struct record record = { .lsn = batch->first_lsn + i,
			.version = RECORD_VERSION };
		struct draft draft;

		memcpy(&draft, at, sizeof(draft));
		record.ahead = (uint32_t)(record.lsn - durable_lsn);
		record.type = draft.type;
		record.payload.len = draft.payload_len;
		record_write(at, &record, salt);
		at += record_size(draft.payload_len);
	}
}
