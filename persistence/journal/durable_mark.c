#include "persistence/journal/durable_mark.h"

#include <assert.h>

#include "persistence/format/crc32c.h"
#include "persistence/format/little_endian.h"

#define DURABLE_MAGIC UINT64_C(0x727564796c726170) /* "parlydur" */

enum {
	AT_MAGIC = 0,
	AT_LSN = 8,
	AT_STORE_ID = 16,
	AT_CRC = DURABLE_SLOT_SIZE - 4 /* of all before it */
};

void
durable_slot_write(char out[DURABLE_SLOT_SIZE],
    const uint8_t store_id[STORE_ID_SIZE], uint64_t lsn)
{
	assert(lsn <= RECORD_LSN_MOST);
	memset(out, 0, DURABLE_SLOT_SIZE);
	put_u64(out + AT_MAGIC, DURABLE_MAGIC);
	put_u64(out + AT_LSN, lsn);
	memcpy(out + AT_STORE_ID, store_id, STORE_ID_SIZE);
	put_u32(out + AT_CRC, crc32c(0, out, AT_CRC));
}

bool
durable_slot_read(const char at[DURABLE_SLOT_SIZE],
    const uint8_t store_id[STORE_ID_SIZE], uint64_t *lsn)
{
	*lsn = get_u64(at + AT_LSN);
	return get_u64(at + AT_MAGIC) == DURABLE_MAGIC &&
	       get_u32(at + AT_CRC) == crc32c(0, at, AT_CRC) &&
	       memcmp(at + AT_STORE_ID, store_id, STORE_ID_SIZE) == 0 &&
	       *lsn <= RECORD_LSN_MOST;
}

uint64_t
durable_mark_read(const char *at, size_t len,
    const uint8_t store_id[STORE_ID_SIZE], unsigned *lower)
{
	uint64_t lsns[2] = { 0, 0 };
	unsigned higher;

	for (size_t i = 0; i < 2; i++) {
		uint64_t from = DURABLE_SLOT_AT(i);

		if (len >= from + DURABLE_SLOT_SIZE &&
		    !durable_slot_read(at + from, store_id, &lsns[i]))
			lsns[i] = 0;
	}
	higher = lsns[1] > lsns[0] ? 1 : 0;
	if (lower != NULL)
		*lower = 1 - higher;
	return lsns[higher];
}
