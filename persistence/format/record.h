/* What segments and snapshots are made of: headers and records. Pure. */
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

/* 4, 5 and 9 are kept for members and for redacted messages. */
enum record_type {
	RECORD_OPEN = 1,
	RECORD_CLOSE = 2,
	RECORD_SEAL = 3,
	RECORD_ROOM = 6,
	RECORD_ROOM_GONE = 7,
	RECORD_MESSAGE = 8,
	RECORD_TRIM = 10,
	RECORD_LOST = 11,
	RECORD_SNAP_END = 12
};

#define RECORD_VERSION 1        /* of every type there is */
#define RECORD_MAY_BE_SKIPPED 1 /* flag: by a reader that does not know it */

struct record {
	uint64_t lsn;
	uint32_t ahead; /* of the highest LSN known durable when written */
	uint8_t type;
	uint8_t flags;
	uint16_t version;
	struct str payload;
};

struct segment_head {
	uint64_t first_lsn; /* of a snapshot: the last LSN it covers */
	uint8_t store_id[STORE_ID_SIZE];
	/* Random, never told to anybody: what somebody says in a room cannot
	 * be taken for a record. */
	uint64_t salt;
	/* Of a snapshot: its records before SNAP_END; 0 while unfinished. */
	uint64_t count;
	bool is_snapshot;
};

/* With head and padding. */
size_t record_size(size_t payload_len);

/*
 * The payload stands at at + RECORD_HEAD_SIZE already; writes the head in
 * front of it and the padding behind it. record->payload.data is not read.
 */
void record_write(char *at, const struct record *, uint64_t salt);

enum record_state {
	RECORD_GOOD,
	RECORD_BAD_PAYLOAD, /* the head is good: it and *size can be trusted */
	RECORD_BAD_HEAD,
	RECORD_CUT /* not even a head, or a good one whose payload is cut */
};

/*
 * The payload of out is borrowed from the bytes. *size is what the record
 * takes, also if it is cut; 0: not even the head is there.
 */
enum record_state record_read(const char *at, size_t len, uint64_t salt,
    struct record *out, size_t *size);

/* Both copies, and zeros around them. */
void segment_head_write(char out[SEGMENT_HEAD_SIZE],
    const struct segment_head *);

enum segment_head_state {
	SEGMENT_HEAD_GOOD,
	SEGMENT_HEAD_BAD,
	SEGMENT_HEAD_NEWER /* of a version that this program does not know */
};

/* Of the first so many bytes of a file; either copy suffices. */
enum segment_head_state segment_head_read(const char *, size_t len,
    struct segment_head *out);

#endif
