/* The format of segments and snapshots: heads and records. Pure. */
#ifndef PERSISTENCE_RECORD_H
#define PERSISTENCE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

#define RECORD_HEAD_SIZE 32
#define RECORD_PAYLOAD_MOST (1u << 20)
#define RECORD_LSN_MOST ((uint64_t)INT64_MAX)
#define SEGMENT_HEAD_SIZE 4096 /* the same 64 bytes at 0 and at 2048 */
#define STORE_ID_SIZE 16

/* 5 is reserved. */
enum record_type {
	RECORD_OPEN = 1,
	RECORD_CLOSE = 2,
	RECORD_SEAL = 3,
	RECORD_ATTRIBUTE = 4,
	RECORD_ROOM = 6,
	RECORD_ROOM_GONE = 7,
	RECORD_MESSAGE = 8,
	RECORD_MESSAGE_BARE = 9,
	RECORD_TRIM = 10,
	RECORD_LOST = 11,
	RECORD_SNAP_END = 12
};

#define RECORD_VERSION 1 /* of all types */
#define RECORD_MAY_BE_SKIPPED \
	1 /* flag: a reader that does not know the type skips it */

struct record {
	uint64_t lsn;
	uint32_t ahead; /* LSN minus the highest durable LSN at that time */
	uint8_t type;
	uint8_t flags;
	uint16_t version;
	struct str payload;
};

struct segment_head {
	uint64_t first_lsn; /* of a snapshot: the last LSN it covers */
	uint8_t store_id[STORE_ID_SIZE];
	/*
	 * Random and secret: a message that contains the bytes of a record must
	 * not be taken for one.
	 */
	uint64_t salt;
	/*
	 * Of a snapshot: its records before SNAP_END; 0 while it is unfinished.
	 */
	uint64_t count;
	bool is_snapshot;
};

/* With head and padding. */
size_t record_size(size_t payload_len);

/*
 * Writes the head before the payload, which is already at at +
 * RECORD_HEAD_SIZE, and the padding after it. Does not read
 * record->payload.data.
 */
void record_write(char *at, const struct record *, uint64_t salt);

enum record_state {
	RECORD_GOOD,
	RECORD_BAD_PAYLOAD, /* the head is good: it and *size can be trusted */
	RECORD_BAD_HEAD,
	RECORD_CUT /* the head, or the payload of a good head, is cut */
};

/*
 * The payload of out is borrowed from the bytes. *size: the size of the record,
 * even if it is cut; 0: the head is not good.
 */
enum record_state record_read(const char *at, size_t len, uint64_t salt,
    struct record *out, size_t *size);

/* Both copies, and zeros around them. */
void segment_head_write(char out[SEGMENT_HEAD_SIZE],
    const struct segment_head *);

enum segment_head_state {
	SEGMENT_HEAD_GOOD,
	SEGMENT_HEAD_BAD,
	SEGMENT_HEAD_NEWER /* a version that this program does not know */
};

/* Reads the first bytes of a file; one good copy is enough. */
enum segment_head_state segment_head_read(const char *, size_t len,
    struct segment_head *out);

#endif
