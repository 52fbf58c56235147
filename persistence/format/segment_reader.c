#include "persistence/format/segment_reader.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "persistence/format/little_endian.h"

#define READ_AT_ONCE ((size_t)256 << 10)
#define WINDOW_SIZE (RECORD_HEAD_SIZE + RECORD_PAYLOAD_MOST + READ_AT_ONCE)
#define STEP 8 /* records are aligned to it */

struct segment_reader {
	struct disk *disk;
	int file; /* -1: none is open */
	uint64_t size;
	struct segment_head head;
	uint64_t at; /* position of the next item */
	uint64_t last_lsn;
	uint64_t durable_lsn;
	uint64_t window_at; /* position of the part that is in memory */
	size_t window_len;  /* length of that part */
	char window[WINDOW_SIZE];
};

struct segment_reader *
segment_reader_create(struct disk *disk)
{
	struct segment_reader *reader = malloc(sizeof(*reader));

	if (reader == NULL)
		return NULL;
	reader->disk = disk;
	reader->file = -1;
	return reader;
}

/*
 * Files are read once, and from the disk, not from the cache: so their pages
 * need not displace others.
 */
static void
file_close(struct segment_reader *reader)
{
	if (reader->file < 0)
		return;
	disk_drop_cache(reader->disk, reader->file);
	disk_close(reader->disk, reader->file);
	reader->file = -1;
}

void
segment_reader_destroy(struct segment_reader *reader)
{
	if (reader == NULL)
		return;
	file_close(reader);
	free(reader);
}

/* Moves the window to `at` and reads more after it. */
static int
window_move(struct segment_reader *reader, uint64_t at, size_t want)
{
	uint64_t end = reader->window_at + reader->window_len;
	size_t kept = 0, more, got;
	int error;

	if (at >= reader->window_at && at < end) {
		kept = (size_t)(end - at);
		memmove(reader->window,
		    reader->window + (at - reader->window_at), kept);
	}
	reader->window_at = at;
	reader->window_len = kept;
	more = want - kept > READ_AT_ONCE ? want - kept : READ_AT_ONCE;
	if (more > reader->size - at - kept)
		more = (size_t)(reader->size - at - kept);
	error = disk_read(reader->disk, reader->file, reader->window + kept,
	    more, at + kept, &got);
	if (error == 0)
		reader->window_len += got;
	return error;
}

/*
 * The bytes at `at`, at least `want` unless the file ends before. Valid until
 * the window moves.
 */
static int
window_bytes(struct segment_reader *reader, uint64_t at, size_t want,
    struct str *bytes)
{
	uint64_t left = reader->size - at;
	uint64_t end = reader->window_at + reader->window_len;
	int error;

	assert(at <= reader->size && want <= WINDOW_SIZE - READ_AT_ONCE);
	if (want > left)
		want = (size_t)left;
	if (at < reader->window_at || at + want > end) {
		error = window_move(reader, at, want);
		if (error != 0)
			return error;
		end = reader->window_at + reader->window_len;
		if (at + want > end)
			return EIO; /* the file is shorter than its size */
	}
	*bytes = str_slice(reader->window + (at - reader->window_at),
	    (size_t)(end - at));
	return 0;
}

static int
reader_read_head(struct segment_reader *reader, enum segment_head_state *state)
{
	struct str bytes;
	int error;

	error = disk_size(reader->disk, reader->file, &reader->size);
	if (error == 0)
		error = window_bytes(reader, 0, SEGMENT_HEAD_SIZE, &bytes);
	if (error != 0)
		return error;
	*state = segment_head_read(bytes.data, bytes.len, &reader->head);
	/* The position of the first record. */
	if (reader->size < SEGMENT_HEAD_SIZE)
		reader->at = reader->size;
	else
		reader->at = SEGMENT_HEAD_SIZE;
	if (*state == SEGMENT_HEAD_GOOD && !reader->head.is_snapshot)
		reader->last_lsn = reader->head.first_lsn - 1;
	return 0;
}

int
segment_reader_open(struct segment_reader *reader, const char *name,
    enum segment_head_state *state)
{
	int error;

	file_close(reader);
	reader->head = (struct segment_head){ 0 };
	reader->window_at = 0;
	reader->window_len = 0;
	reader->last_lsn = 0;
	reader->durable_lsn = 0;
	error = disk_open(reader->disk, name, DISK_READ, &reader->file);
	if (error != 0) {
		reader->file = -1;
		return error;
	}
	disk_drop_cache(reader->disk, reader->file);
	error = reader_read_head(reader, state);
	if (error != 0)
		file_close(reader);
	return error;
}

const struct segment_head *
segment_reader_head(const struct segment_reader *reader)
{
	return &reader->head;
}

uint64_t
segment_reader_size(const struct segment_reader *reader)
{
	return reader->size;
}

uint64_t
segment_reader_durable_lsn(const struct segment_reader *reader)
{
	return reader->durable_lsn;
}

void
segment_reader_seek(struct segment_reader *reader, uint64_t at,
    uint64_t last_lsn)
{
	assert(at <= reader->size);
	reader->at = at;
	reader->last_lsn = last_lsn;
}

/* Reads the record at `at`. *size: the size of a record with a good head. */
static int
record_probe(struct segment_reader *reader, uint64_t at,
    enum record_state *state, struct record *record, size_t *size)
{
	struct str bytes;
	int error = window_bytes(reader, at, RECORD_HEAD_SIZE, &bytes);

	if (error != 0)
		return error;
	*state =
	    record_read(bytes.data, bytes.len, reader->head.salt, record, size);
	if (*state == RECORD_CUT && *size > 0 && *size <= reader->size - at) {
		error = window_bytes(reader, at, *size, &bytes);
		if (error != 0)
			return error;
		*state = record_read(bytes.data, bytes.len, reader->head.salt,
		    record, size);
	}
	return 0;
}

/* A good head shows which LSN was durable when it was written. */
static void
reader_raise_durable(struct segment_reader *reader, const struct record *record)
{
	uint64_t lsn =
	    record->lsn > record->ahead ? record->lsn - record->ahead : 0;

	if (lsn > reader->durable_lsn)
		reader->durable_lsn = lsn;
}

/* Whether a record with this LSN can follow the last one. */
static bool
lsn_may_follow(const struct segment_reader *reader, uint64_t lsn)
{
	if (reader->head.is_snapshot)
		return lsn >= reader->last_lsn && lsn <= reader->head.first_lsn;
	return lsn > reader->last_lsn;
}

static bool
bytes_are_zero(struct str bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.data[i] != 0)
			return false;
	return true;
}

/* Skips words of zeros within the window. */
static uint64_t
zeros_skip(const struct segment_reader *reader, uint64_t at)
{
	const char *from = reader->window + (at - reader->window_at);
	const char *end = reader->window + reader->window_len;

	for (; end - from >= STEP && get_u64(from) == 0; from += STEP)
		at += STEP;
	return at;
}

/*
 * Tries one position in the search for a good record; *step: how far to go on.
 * Reads payloads only of heads that would fit, and steps over them, so that no
 * byte is read twice.
 */
static int
record_try(struct segment_reader *reader, uint64_t at, uint64_t *next_lsn,
    size_t *step)
{
	enum record_state state;
	struct record record;
	struct str bytes;
	size_t size;
	int error = window_bytes(reader, at, RECORD_HEAD_SIZE, &bytes);

	*step = STEP;
	if (error != 0 || bytes.len < RECORD_HEAD_SIZE)
		return error;
	(void)record_read(bytes.data, RECORD_HEAD_SIZE, reader->head.salt,
	    &record, &size);
	if (size == 0)
		return 0;
	reader_raise_durable(reader, &record);
	if (!lsn_may_follow(reader, record.lsn))
		return 0;
	error = record_probe(reader, at, &state, &record, &size);
	if (error == 0 && state == RECORD_GOOD)
		*next_lsn = record.lsn;
	else if (error == 0 && state == RECORD_BAD_PAYLOAD)
		*step = size;
	return error;
}

/* Searches for the next good record. The bytes before it are a gap. */
static int
record_search(struct segment_reader *reader, struct segment_item *gap)
{
	uint64_t at = reader->at, content_end = reader->at;
	int error = 0;

	while (error == 0 && at < reader->size) {
		struct str bytes;
		size_t step = STEP;

		error = window_bytes(reader, at, STEP, &bytes);
		if (error != 0)
			break;
		if (bytes_are_zero(str_slice(bytes.data,
			bytes.len < STEP ? bytes.len : STEP))) {
			at = bytes.len < STEP ? reader->size
					      : zeros_skip(reader, at);
			continue;
		}
		error = record_try(reader, at, &gap->next_lsn, &step);
		if (gap->next_lsn > 0)
			break;
		at = step < reader->size - at ? at + step : reader->size;
		content_end = at;
	}
	gap->is_blank = content_end == reader->at;
	gap->len = (gap->next_lsn > 0 ? at : content_end) - reader->at;
	reader->at = at;
	return error;
}

static void
gap_find(struct segment_reader *reader, struct segment_item *out)
{
	uint64_t from = reader->at;

	out->error = record_search(reader, out);
	if (out->error != 0) {
		out->kind = SEGMENT_FAILED;
		return;
	}
	out->kind = SEGMENT_GAP;
	if (out->next_lsn > 0 && !reader->head.is_snapshot)
		reader->last_lsn = out->next_lsn - 1;
	if (out->next_lsn == 0 && out->len == 0) {
		out->kind = SEGMENT_END;
		reader->at = from;
	}
}

void
segment_reader_next(struct segment_reader *reader, struct segment_item *out)
{
	uint64_t last_lsn = reader->last_lsn;
	enum record_state state;
	size_t size;

	*out =
	    (struct segment_item){ .kind = SEGMENT_FAILED, .at = reader->at };
	out->error =
	    record_probe(reader, reader->at, &state, &out->record, &size);
	if (out->error != 0)
		return;
	if (state != RECORD_GOOD || !lsn_may_follow(reader, out->record.lsn) ||
	    (!reader->head.is_snapshot && out->record.lsn != last_lsn + 1)) {
		gap_find(reader, out);
		return;
	}
	out->kind = SEGMENT_RECORD;
	out->len = size;
	reader_raise_durable(reader, &out->record);
	reader->last_lsn = out->record.lsn;
	reader->at += size;
}

int
segment_reader_content_end(struct segment_reader *reader, uint64_t at,
    uint64_t *end)
{
	struct str bytes;

	for (*end = at; at < reader->size; at += bytes.len) {
		int error = window_bytes(reader, at, STEP, &bytes);

		if (error != 0)
			return error;
		for (size_t i = 0; i < bytes.len; i++)
			if (bytes.data[i] != 0)
				*end = at + i + 1;
	}
	return 0;
}
