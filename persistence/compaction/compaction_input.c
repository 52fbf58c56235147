#include "persistence/compaction/compaction_input.h"

#include <errno.h>
#include <stdlib.h>

#include "domain/base/array.h"
#include "persistence/format/store_names.h"

/* --- which files ---------------------------------------------------------- */

static bool
add_segment(struct compaction_input *self, uint64_t first_lsn)
{
	uint64_t *segments = array_grow(self->segments, self->segment_count,
	    &self->segment_capacity, sizeof(*segments));

	if (segments == NULL)
		return false;
	self->segments = segments;
	segments[self->segment_count++] = first_lsn;
	return true;
}

struct listing {
	struct compaction_input *self;
	bool failed;
};

static bool
list_file(const char *name, void *arg)
{
	struct listing *listing = arg;
	struct compaction_input *self = listing->self;
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
find_files(struct compaction_input *self)
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
note_gap(struct compaction_input *self, uint64_t first, uint64_t last)
{
	struct lsn_range *gaps = array_grow(self->gaps, self->gap_count,
	    &self->gap_capacity, sizeof(*gaps));

	if (gaps == NULL)
		return ENOMEM;
	self->gaps = gaps;
	gaps[self->gap_count++] = (struct lsn_range){ first, last };
	return 0;
}

/* Of the file that is open. *next: the LSN that would come next. */
static int
read_records(struct compaction_input *self, compaction_visit *visit, void *arg,
    uint64_t *next)
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
			error = visit(&item.record, arg);
		io_throttle_note(self->rests, item.len);
	}
	return error;
}

static int
open_file(struct compaction_input *self, const char *name)
{
	enum segment_head_state state;
	int error = segment_reader_open(self->reader, name, &state);

	return error == 0 && state != SEGMENT_HEAD_GOOD ? EIO : error;
}

struct counting {
	compaction_visit *visit;
	void *arg;
	uint64_t *found;
};

static int
count_record(const struct record *record, void *arg)
{
	struct counting *counting = arg;

	if (record->type != RECORD_SNAP_END)
		++*counting->found;
	return counting->visit(record, counting->arg);
}

/* Numbers that a snapshot has not are those of what is dead. */
static int
read_snapshot(struct compaction_input *self, compaction_visit *visit, void *arg)
{
	struct counting counting = { visit, arg, &self->snapshot_found };
	char name[STORE_NAME_SIZE];
	uint64_t next = 0;
	int error;

	if (self->snapshot_lsn == 0)
		return 0;
	self->snapshot_found = 0;
	snapshot_name(name, self->snapshot_lsn);
	error = open_file(self, name);
	if (error == 0)
		error = read_records(self, count_record, &counting, &next);
	self->gap_count = 0;
	self->snapshot_count = segment_reader_head(self->reader)->count;
	return error;
}

static int
read_segments(struct compaction_input *self, compaction_visit *visit, void *arg)
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
			error = read_records(self, visit, arg, &next);
	}
	if (error == 0 && next <= self->last_lsn)
		error = note_gap(self, next, self->last_lsn);
	return error;
}

int
compaction_input_read(struct compaction_input *self, compaction_visit *visit,
    void *arg)
{
	int error = read_snapshot(self, visit, arg);

	return error == 0 ? read_segments(self, visit, arg) : error;
}

bool
compaction_input_is_whole(const struct compaction_input *self,
    const struct live_set *census)
{
	uint64_t found = self->snapshot_found;

	for (size_t i = 0; i < census->lost_count; i++)
		if (self->snapshot_lsn != 0 &&
		    census->lost[i].snapshot == self->snapshot_lsn)
			found += census->lost[i].records;
	for (size_t i = 0; i < self->gap_count; i++)
		if (!live_set_knows_lost(census, self->gaps[i].first,
			self->gaps[i].last))
			return false;
	return found >= self->snapshot_count;
}

/* --- birth and death ------------------------------------------------------ */

int
compaction_input_init(struct compaction_input *self, struct disk *disk,
    uint64_t last_lsn)
{
	*self = (struct compaction_input){ .disk = disk,
		.last_lsn = last_lsn,
		.reader = segment_reader_create(disk) };
	return self->reader != NULL ? find_files(self) : ENOMEM;
}

void
compaction_input_fini(struct compaction_input *self)
{
	segment_reader_destroy(self->reader);
	free(self->segments);
	free(self->gaps);
}

/* Oldest first: whatever is left of it has no hole. */
void
compaction_input_remove(struct compaction_input *self)
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
