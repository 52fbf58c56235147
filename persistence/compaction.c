#include "persistence/compaction.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "persistence/census.h"
#include "persistence/segment_reader.h"
#include "persistence/snapshot_writer.h"
#include "persistence/store_names.h"

/* What a TRIM takes at most. */
#define TRIM_MOST (ROOM_ID_SIZE + 32)

struct lsn_range {
	uint64_t first, last;
};

/*
 * All is read twice: once to see what is alive, of which only numbers are
 * remembered, and once to copy it.
 */
struct compaction {
	struct disk *disk;
	uint64_t last_lsn;
	uint64_t snapshot_lsn; /* of the one there is; 0: none */
	uint64_t *segments;    /* first LSNs, in order */
	size_t segment_count;
	size_t segment_capacity;
	struct segment_reader *reader;
	struct lsn_range *gaps; /* LSNs of which there is no record */
	size_t gap_count;
	size_t gap_capacity;
	struct census census;
	struct snapshot_writer writer;
};

/* 0 or an errno, which ends it. */
typedef int record_visit(struct compaction *, const struct record *);

/* --- which files ---------------------------------------------------------- */

static bool
add_segment(struct compaction *self, uint64_t first_lsn)
{
	uint64_t *segments = self->segments;

	if (self->segment_count == self->segment_capacity) {
		size_t capacity = self->segment_capacity * 2 + 8;

		segments = realloc(segments, capacity * sizeof(*segments));
		if (segments == NULL)
			return false;
		self->segments = segments;
		self->segment_capacity = capacity;
	}
	segments[self->segment_count++] = first_lsn;
	return true;
}

struct listing {
	struct compaction *self;
	bool failed;
};

static bool
list_file(const char *name, void *arg)
{
	struct listing *listing = arg;
	struct compaction *self = listing->self;
	uint64_t lsn;

	if (snapshot_name_read(name, &lsn) && lsn <= self->last_lsn &&
	    lsn > self->snapshot_lsn)
		self->snapshot_lsn = lsn;
	if (segment_name_read(name, &lsn) && lsn <= self->last_lsn)
		listing->failed = !add_segment(self, lsn);
	return !listing->failed;
}

static int
compare_lsns(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int
find_files(struct compaction *self)
{
	struct listing listing = { self, false };
	int error = disk_list(self->disk, list_file, &listing);

	if (error != 0 || listing.failed)
		return error != 0 ? error : ENOMEM;
	if (self->segment_count > 0)
		qsort(self->segments, self->segment_count,
		    sizeof(*self->segments), compare_lsns);
	return 0;
}

/* --- reading -------------------------------------------------------------- */

static int
note_gap(struct compaction *self, uint64_t first, uint64_t last)
{
	struct lsn_range *gaps = self->gaps;

	if (self->gap_count == self->gap_capacity) {
		size_t capacity = self->gap_capacity * 2 + 8;

		gaps = realloc(gaps, capacity * sizeof(*gaps));
		if (gaps == NULL)
			return ENOMEM;
		self->gaps = gaps;
		self->gap_capacity = capacity;
	}
	gaps[self->gap_count++] = (struct lsn_range){ first, last };
	return 0;
}

/* Of the file that is open. *next: the LSN that would come next. */
static int
read_records(struct compaction *self, record_visit *visit, uint64_t *next)
{
	struct segment_item item;
	int error = 0;

	while (error == 0) {
		segment_reader_next(self->reader, &item);
		if (item.kind == SEGMENT_FAILED)
			return item.error;
		if (item.kind == SEGMENT_END)
			return 0;
		if (item.kind != SEGMENT_RECORD)
			continue;
		if (item.record.lsn > *next)
			error = note_gap(self, *next, item.record.lsn - 1);
		*next = item.record.lsn + 1;
		if (error == 0)
			error = visit(self, &item.record);
	}
	return error;
}

static int
open_file(struct compaction *self, const char *name)
{
	enum segment_head_state state;
	int error = segment_reader_open(self->reader, name, &state);

	return error == 0 && state != SEGMENT_HEAD_GOOD ? EIO : error;
}

/* Numbers that a snapshot has not are those of what is dead. */
static int
read_snapshot(struct compaction *self, record_visit *visit)
{
	char name[STORE_NAME_SIZE];
	uint64_t next = 0;
	int error;

	if (self->snapshot_lsn == 0)
		return 0;
	snapshot_name(name, self->snapshot_lsn);
	error = open_file(self, name);
	if (error == 0)
		error = read_records(self, visit, &next);
	self->gap_count = 0;
	return error;
}

static int
read_segments(struct compaction *self, record_visit *visit)
{
	uint64_t next = self->snapshot_lsn + 1;
	int error = 0;

	for (size_t i = 0; i < self->segment_count && error == 0; i++) {
		char name[STORE_NAME_SIZE];

		if (self->segments[i] <= self->snapshot_lsn)
			continue;
		segment_name(name, self->segments[i]);
		error = open_file(self, name);
		if (error == 0)
			error = read_records(self, visit, &next);
	}
	if (error == 0 && next <= self->last_lsn)
		error = note_gap(self, next, self->last_lsn);
	return error;
}

static int
read_all(struct compaction *self, record_visit *visit)
{
	int error = read_snapshot(self, visit);

	return error == 0 ? read_segments(self, visit) : error;
}

/* --- what is alive -------------------------------------------------------- */

static int
count_record(struct compaction *self, const struct record *record)
{
	return census_add(&self->census, record);
}

static int
take_census(struct compaction *self, int64_t now_ms)
{
	int error = read_all(self, count_record);

	for (size_t i = 0; i < self->gap_count && error == 0; i++)
		if (!census_knows_lost(&self->census, self->gaps[i].first,
			self->gaps[i].last))
			error = EIO;
	census_finish(&self->census, now_ms);
	return error;
}

/* --- copying -------------------------------------------------------------- */

/* What the room is now, and how far its messages are gone. */
static int
write_room(struct compaction *self, const struct census_room *room)
{
	struct record record = { .lsn = room->born,
		.type = RECORD_ROOM,
		.version = RECORD_VERSION,
		.payload = str_slice(room->payload, room->payload_len) };
	struct str id = str_slice(room->id, room->id_len);
	char trim[TRIM_MOST];
	int error = 0;

	if (room->payload != NULL)
		error = snapshot_writer_add(&self->writer, &record);
	if (error != 0 || room->trimmed == 0)
		return error;
	assert(trim_entry_size(id) <= sizeof(trim));
	record.type = RECORD_TRIM;
	record.payload = str_slice(trim,
	    trim_entry_write(trim, id, room->trimmed, room->trimmed_ms));
	return snapshot_writer_add(&self->writer, &record);
}

/* Which room a record is about. False: about none. */
static bool
read_room_id(const struct record *record, struct room *buffer, struct str *id)
{
	struct message message;
	int64_t at_ms;
	uint64_t seq;

	switch (record->type) {
	case RECORD_ROOM:
		if (!room_entry_read(record->payload, buffer))
			return false;
		*id = str_from(buffer->id);
		return true;
	case RECORD_MESSAGE:
		return message_entry_read(record->payload, id, &message);
	case RECORD_TRIM:
		return trim_entry_read(record->payload, id, &seq, &at_ms);
	default:
		return false;
	}
}

/* Each once, though a later one may say the same number again. */
static bool
is_alive(struct census_room *room, const struct record *record)
{
	struct message message;
	struct str id;

	if (!message_entry_read(record->payload, &id, &message) ||
	    message.seq <= room->trimmed || message.seq <= room->copied)
		return false;
	room->copied = message.seq;
	return true;
}

static int
copy_record(struct compaction *self, const struct record *record)
{
	struct census_room *room;
	struct room buffer;
	struct str id;
	int error = 0;

	if ((record->type == RECORD_OPEN || record->type == RECORD_CLOSE) &&
	    record->lsn >= self->census.first_open)
		return snapshot_writer_add(&self->writer, record);
	if (!read_room_id(record, &buffer, &id))
		return 0;
	room = census_find(&self->census, id);
	/* It is of a room that went, and came again. */
	if (room == NULL || record->lsn < room->born)
		return 0;
	if (record->lsn == room->born && !room->is_written) {
		room->is_written = true;
		error = write_room(self, room);
	}
	if (error == 0 && record->type == RECORD_MESSAGE &&
	    is_alive(room, record))
		error = snapshot_writer_add(&self->writer, record);
	return error;
}

static int
write_snapshot(struct compaction *self, const uint8_t *store_id,
    uint64_t *live_bytes)
{
	int error = snapshot_writer_begin(&self->writer, self->disk, store_id,
	    self->last_lsn);

	if (error != 0)
		return error;
	error = read_all(self, copy_record);
	if (error == 0)
		error = snapshot_writer_publish(&self->writer, live_bytes);
	snapshot_writer_end(&self->writer);
	return error;
}

/* --- tidying up ----------------------------------------------------------- */

/*
 * What the new snapshot covers is of no use any more. Oldest first: whatever
 * is left of it has no hole.
 */
static void
remove_covered(struct compaction *self)
{
	char name[STORE_NAME_SIZE];

	if (self->snapshot_lsn != 0) {
		snapshot_name(name, self->snapshot_lsn);
		(void)disk_unlink(self->disk, name);
	}
	for (size_t i = 0; i < self->segment_count; i++) {
		segment_name(name, self->segments[i]);
		(void)disk_unlink(self->disk, name);
	}
}

int
compaction_run(struct disk *disk, const uint8_t store_id[STORE_ID_SIZE],
    uint64_t last_lsn, const struct history_limits *limits, int64_t now_ms,
    uint64_t *live_bytes)
{
	struct compaction self = { .disk = disk, .last_lsn = last_lsn };
	int error = ENOMEM;

	census_init(&self.census, limits);
	self.reader = segment_reader_create(disk);
	if (self.reader != NULL)
		error = find_files(&self);
	if (error == 0)
		error = take_census(&self, now_ms);
	if (error == 0)
		error = write_snapshot(&self, store_id, live_bytes);
	if (error == 0)
		remove_covered(&self);
	segment_reader_destroy(self.reader);
	census_fini(&self.census);
	free(self.segments);
	free(self.gaps);
	return error;
}
