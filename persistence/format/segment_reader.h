/*
 * Reads a segment or a snapshot record by record, whatever has become of it.
 *
 * Memory is bounded: a window of the file, never more than the longest record
 * and a bit. What a damaged length asks for is not believed.
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
 * From its head on; the file that was open before is closed. *state says
 * whether the head is good: if it is not, no record can be told from other
 * bytes, and only head(), size() and content_end() make sense. 0 or an errno.
 */
int segment_reader_open(struct segment_reader *, const char *name,
    enum segment_head_state *state);

/* Until the next open. */
const struct segment_head *segment_reader_head(const struct segment_reader *);
uint64_t segment_reader_size(const struct segment_reader *);

/*
 * Go on from here: the next item begins at `at`, and the last record before
 * it had this LSN.
 */
void segment_reader_seek(struct segment_reader *, uint64_t at,
    uint64_t last_lsn);

enum segment_item_kind {
	SEGMENT_RECORD,
	SEGMENT_GAP, /* bytes that are no record, or a record that is missing */
	SEGMENT_END, /* behind it there are zeros, or nothing */
	SEGMENT_FAILED
};

struct segment_item {
	enum segment_item_kind kind;
	uint64_t at;          /* the byte where it begins */
	uint64_t len;         /* 0, of a GAP: a jump from one LSN to another */
	struct record record; /* RECORD: its payload is good until the next */
	uint64_t next_lsn; /* GAP: of the good record behind it; 0: none is */
	bool is_blank;     /* GAP: only zeros */
	int error;         /* FAILED: an errno */
};

/*
 * What comes next. In a segment LSNs rise by one, in a snapshot they do not
 * fall and end with its own; whatever breaks that is no record of it. A gap
 * ends at the first good record with a higher LSN.
 */
void segment_reader_next(struct segment_reader *, struct segment_item *out);

/*
 * The highest LSN that the heads met so far vouch for: it was durable when
 * they were written. 0: none.
 */
uint64_t segment_reader_durable_lsn(const struct segment_reader *);

/* Behind the last byte from `at` on that is not zero; `at`: there is none. */
int segment_reader_content_end(struct segment_reader *, uint64_t at,
    uint64_t *end);

#endif
