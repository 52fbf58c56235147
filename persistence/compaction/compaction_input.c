#include "persistence/compaction/compaction_input.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "domain/base/array.h"
#include "persistence/format/store_names.h"

/* --- files ---------------------------------------------------------------- */

static bool
segment_add(struct compaction_input *self, uint64_t first_lsn)
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
file_list(const char *name, void *arg)
{
	struct listing *listing = arg;
	struct compaction_input *self = listing->self;
	uint64_t lsn;

	if (snapshot_name_read(name, &lsn) && lsn <= self->last_lsn &&
	    lsn > self->snapshot_lsn)
		self->snapshot_lsn = lsn;
	if (segment_name_read(name, &lsn) && lsn <= self->last_lsn)
		listing->failed = !segment_add(self, lsn);
	return !listing->failed;
}

static int
lsns_compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int
files_find(struct compaction_input *self)
{
	struct listing listing = { self, false };
	int error = disk_list(self->disk, file_list, &listing);

	if (error != 0 || listing.failed)
		return error != 0 ? error : ENOMEM;
	if (self->segment_count > 0)
		qsort(self->segments, self->segment_count,
		    sizeof(*self->segments), lsns_compare);
	return 0;
}

/* --- reading -------------------------------------------------------------- */

static int
gap_note(struct compaction_input *self, uint64_t first, uint64_t last)
{
	struct lsn_range *gaps = array_grow(self->gaps, self->gap_count,
	    &self->gap_capacity, sizeof(*gaps));

	assert(first <= last);
	if (gaps == NULL)
		return ENOMEM;
	self->gaps = gaps;
	gaps[self->gap_count++] = (struct lsn_range){ first, last };
	return 0;
}

/* Reads the open file. *next: the next LSN that is expected. */
static int
records_read(struct compaction_input *self, compaction_visit *visit, void *arg,
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
			error = gap_note(self, *next, item.record.lsn - 1);
		*next = item.record.lsn + 1;
		if (error == 0)
			error = visit(&item.record, arg);
		if (error == 0)
			error = io_throttle_note(self->throttle, item.len);
	}
	return error;
}

static int
input_file_open(struct compaction_input *self, const char *name)
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
record_count(const struct record *record, void *arg)
{
	struct counting *counting = arg;

	if (record->type != RECORD_SNAP_END)
		++*counting->found;
	return counting->visit(record, counting->arg);
}

/* LSNs missing from a snapshot are those of dead records. */
static int
snapshot_read(struct compaction_input *self, compaction_visit *visit, void *arg)
{
	struct counting counting = { visit, arg, &self->snapshot_found };
	char name[STORE_NAME_SIZE];
	uint64_t next = 0;
	int error;

	if (self->snapshot_lsn == 0)
		return 0;
	self->snapshot_found = 0;
	snapshot_name(name, self->snapshot_lsn);
	error = input_file_open(self, name);
	if (error == 0)
		error = records_read(self, record_count, &counting, &next);
	self->gap_count = 0;
	self->snapshot_count = segment_reader_head(self->reader)->count;
	return error;
}

static int
segments_read(struct compaction_input *self, compaction_visit *visit, void *arg)
{
	uint64_t next = self->snapshot_lsn + 1;
	int error = 0;

	for (size_t i = 0; i < self->segment_count && error == 0; i++) {
		char name[STORE_NAME_SIZE];

		if (self->segments[i] <= self->snapshot_lsn)
			continue;
		segment_name(name, self->segments[i]);
		error = input_file_open(self, name);
		if (error == 0)
			error = records_read(self, visit, arg, &next);
	}
	if (error == 0 && next <= self->last_lsn)
		error = gap_note(self, next, self->last_lsn);
	return error;
}

int
compaction_input_read(struct compaction_input *self, compaction_visit *visit,
    void *arg)
{
	int error = snapshot_read(self, visit, arg);

	return error == 0 ? segments_read(self, visit, arg) : error;
}

bool
compaction_input_is_whole(const struct compaction_input *self,
    const struct live_set *live)
{
	uint64_t found = self->snapshot_found;

	for (size_t i = 0; i < live->lost.count; i++)
		if (self->snapshot_lsn != 0 &&
		    live->lost.ranges[i].snapshot == self->snapshot_lsn)
			found += live->lost.ranges[i].records;
	for (size_t i = 0; i < self->gap_count; i++)
		if (!live_set_knows_lost(live, self->gaps[i].first,
			self->gaps[i].last))
			return false;
	return found >= self->snapshot_count;
}

/* --- init and fini -------------------------------------------------------- */

int
compaction_input_init(struct compaction_input *self, struct disk *disk,
    uint64_t last_lsn)
{
	*self = (struct compaction_input){ .disk = disk,
		.last_lsn = last_lsn,
		.reader = segment_reader_create(disk) };
	return self->reader != NULL ? files_find(self) : ENOMEM;
}

void
compaction_input_fini(struct compaction_input *self)
{
	segment_reader_destroy(self->reader);
	free(self->segments);
	free(self->gaps);
}

/* Oldest first, so that what is left has no gap. */
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
