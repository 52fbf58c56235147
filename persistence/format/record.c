#include "persistence/format/record.h"

#include <assert.h>

#include "persistence/format/crc32c.h"
#include "persistence/format/little_endian.h"

#define RECORD_MAGIC 0x63655270u /* "pRec" */
#define ALIGNMENT 8

/* Offsets of the fields of a record head. */
enum {
	AT_MAGIC = 0,
	AT_LENGTH = 4,
	AT_LSN = 8,
	AT_AHEAD = 16,
	AT_TYPE = 20,
	AT_FLAGS = 21,
	AT_VERSION = 22,
	AT_PAYLOAD_CRC = 24,
	AT_HEAD_CRC = 28
};

/* The same for the head of a segment, of which there are two copies. */
#define SEGMENT_MAGIC UINT64_C(0x676573796c726170) /* "parlyseg" */
#define SEGMENT_VERSION 1
#define SEGMENT_IS_SNAPSHOT 1u
#define COPY_SIZE 64
#define SECOND_COPY 2048

enum {
	HEAD_AT_MAGIC = 0,
	HEAD_AT_VERSION = 8,
	HEAD_AT_SIZE = 12,
	HEAD_AT_FIRST_LSN = 16,
	HEAD_AT_STORE_ID = 24,
	HEAD_AT_SALT = 40,
	HEAD_AT_COUNT = 48,
	HEAD_AT_FLAGS = 56,
	HEAD_AT_CRC = 60
};

size_t
record_size(size_t payload_len)
{
	size_t size = RECORD_HEAD_SIZE + payload_len;

	return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static bool
lsn_is_valid(uint64_t lsn)
{
	return lsn > 0 && lsn <= RECORD_LSN_MOST;
}

static uint32_t
salted_crc(uint64_t salt, const char *data, size_t len)
{
	char bytes[8];

	put_u64(bytes, salt);
	return crc32c(crc32c(0, bytes, sizeof(bytes)), data, len);
}

void
record_write(char *at, const struct record *record, uint64_t salt)
{
	size_t len = record->payload.len;
	char *payload = at + RECORD_HEAD_SIZE;

	assert(len <= RECORD_PAYLOAD_MOST);
	assert(lsn_is_valid(record->lsn));
	put_u32(at + AT_MAGIC, RECORD_MAGIC);
	put_u32(at + AT_LENGTH, (uint32_t)len);
	put_u64(at + AT_LSN, record->lsn);
	put_u32(at + AT_AHEAD, record->ahead);
	at[AT_TYPE] = (char)record->type;
	at[AT_FLAGS] = (char)record->flags;
	put_u16(at + AT_VERSION, record->version);
	put_u32(at + AT_PAYLOAD_CRC, salted_crc(salt, payload, len));
	put_u32(at + AT_HEAD_CRC, salted_crc(salt, at, AT_HEAD_CRC));
	memset(payload + len, 0, record_size(len) - RECORD_HEAD_SIZE - len);
}

static bool
head_is_good(const char *at, uint64_t salt)
{
	return get_u32(at + AT_MAGIC) == RECORD_MAGIC &&
	       get_u32(at + AT_LENGTH) <= RECORD_PAYLOAD_MOST &&
	       lsn_is_valid(get_u64(at + AT_LSN)) &&
	       get_u32(at + AT_HEAD_CRC) == salted_crc(salt, at, AT_HEAD_CRC);
}

enum record_state
record_read(const char *at, size_t len, uint64_t salt, struct record *out,
    size_t *size)
{
	*size = 0;
	if (len < RECORD_HEAD_SIZE)
		return RECORD_CUT;
	if (!head_is_good(at, salt))
		return RECORD_BAD_HEAD;
	out->lsn = get_u64(at + AT_LSN);
	out->ahead = get_u32(at + AT_AHEAD);
	out->type = (uint8_t)at[AT_TYPE];
	out->flags = (uint8_t)at[AT_FLAGS];
	out->version = get_u16(at + AT_VERSION);
	out->payload =
	    str_slice(at + RECORD_HEAD_SIZE, get_u32(at + AT_LENGTH));
	*size = record_size(out->payload.len);
	if (len < *size)
		return RECORD_CUT;
	if (get_u32(at + AT_PAYLOAD_CRC) !=
	    salted_crc(salt, out->payload.data, out->payload.len))
		return RECORD_BAD_PAYLOAD;
	return RECORD_GOOD;
}

void
segment_head_write(char out[SEGMENT_HEAD_SIZE], const struct segment_head *head)
{
	assert(lsn_is_valid(head->first_lsn));
	memset(out, 0, SEGMENT_HEAD_SIZE);
	put_u64(out + HEAD_AT_MAGIC, SEGMENT_MAGIC);
	put_u32(out + HEAD_AT_VERSION, SEGMENT_VERSION);
	put_u32(out + HEAD_AT_SIZE, SEGMENT_HEAD_SIZE);
	put_u64(out + HEAD_AT_FIRST_LSN, head->first_lsn);
	memcpy(out + HEAD_AT_STORE_ID, head->store_id, STORE_ID_SIZE);
	put_u64(out + HEAD_AT_SALT, head->salt);
	put_u64(out + HEAD_AT_COUNT, head->count);
	put_u32(out + HEAD_AT_FLAGS,
	    head->is_snapshot ? SEGMENT_IS_SNAPSHOT : 0);
	put_u32(out + HEAD_AT_CRC, crc32c(0, out, HEAD_AT_CRC));
	memcpy(out + SECOND_COPY, out, COPY_SIZE);
}

static enum segment_head_state
segment_head_copy_read(const char *at, struct segment_head *out)
{
	if (get_u64(at + HEAD_AT_MAGIC) != SEGMENT_MAGIC ||
	    get_u32(at + HEAD_AT_CRC) != crc32c(0, at, HEAD_AT_CRC))
		return SEGMENT_HEAD_BAD;
	if (get_u32(at + HEAD_AT_VERSION) != SEGMENT_VERSION ||
	    get_u32(at + HEAD_AT_SIZE) != SEGMENT_HEAD_SIZE ||
	    (get_u32(at + HEAD_AT_FLAGS) & ~SEGMENT_IS_SNAPSHOT) != 0)
		return SEGMENT_HEAD_NEWER;
	out->first_lsn = get_u64(at + HEAD_AT_FIRST_LSN);
	memcpy(out->store_id, at + HEAD_AT_STORE_ID, STORE_ID_SIZE);
	out->salt = get_u64(at + HEAD_AT_SALT);
	out->count = get_u64(at + HEAD_AT_COUNT);
	out->is_snapshot = get_u32(at + HEAD_AT_FLAGS) & SEGMENT_IS_SNAPSHOT;
	return lsn_is_valid(out->first_lsn) ? SEGMENT_HEAD_GOOD
					    : SEGMENT_HEAD_BAD;
}

enum segment_head_state
segment_head_read(const char *at, size_t len, struct segment_head *out)
{
	enum segment_head_state state = SEGMENT_HEAD_BAD;

	if (len >= COPY_SIZE)
		state = segment_head_copy_read(at, out);
	if (state == SEGMENT_HEAD_BAD && len >= SECOND_COPY + COPY_SIZE)
		state = segment_head_copy_read(at + SECOND_COPY, out);
	return state;
}
