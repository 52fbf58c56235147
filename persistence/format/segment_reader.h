/*
 * Reads a segment or a snapshot record by record, however damaged it is.
 *
 * Memory is bounded by the longest record; a damaged length is not trusted.
 */
#ifndef PERSISTENCE_SEGMENT_READER_H
#define PERSISTENCE_SEGMENT_READER_H

#include "persistence/disk/disk.h"
#include "persistence/format/record.h"

struct segment_reader;

/* The disk is borrowed. NULL: no memory. */
struct segment_reader *segment_reader_create(struct disk *);

/* Accepts NULL. */
void segment_reader_destroy(struct segment_reader *);

/*
 * Opens a file and closes the one before. *state: whether its head is good; if
 * not, there are no records, and only head(), size() and content_end() may be
 * called. 0 or an errno.
 */
int segment_reader_open(struct segment_reader *, const char *name,
    enum segment_head_state *state);

/* Valid until the next open. */
const struct segment_head *segment_reader_head(const struct segment_reader *);
uint64_t segment_reader_size(const struct segment_reader *);

/* Continues at `at`, after a record with this LSN. */
void segment_reader_seek(struct segment_reader *, uint64_t at,
    uint64_t last_lsn);

enum segment_item_kind {
	SEGMENT_RECORD,
	SEGMENT_GAP, /* no record, or a missing one */
	SEGMENT_END, /* only zeros follow, or nothing */
	SEGMENT_FAILED
};

struct segment_item {
	enum segment_item_kind kind;
	uint64_t at;  /* position in the file */
	uint64_t len; /* 0 of a GAP: LSNs are skipped */
	struct record
	    record; /* RECORD; its payload is valid until the next call */
	uint64_t next_lsn; /* GAP: LSN of the next good record; 0: none */
	bool is_blank;     /* GAP: only zeros */
	int error;         /* FAILED: an errno */
};

/*
 * The next item. In a segment LSNs rise by one; in a snapshot they do not fall,
 * and end with its own LSN. A gap ends at the next good record with a higher
 * LSN.
 */
void segment_reader_next(struct segment_reader *, struct segment_item *out);

/*
 * The highest LSN that was durable according to the good heads read so far. 0:
 * none.
 */
uint64_t segment_reader_durable_lsn(const struct segment_reader *);

/* The end of the last byte after `at` that is not zero; `at`: there is none. */
int segment_reader_content_end(struct segment_reader *, uint64_t at,
    uint64_t *end);

#endif
