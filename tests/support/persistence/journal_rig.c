#include "tests/support/persistence/journal_rig.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "persistence/format/store_names.h"

#define RECORDS_MOST 20000
#define SEGMENTS_MOST 2000
#define SHOWN_MOST (1u << 16)

void
journal_rig_init(struct journal_rig *rig)
{
	*rig = (struct journal_rig){ .memory = memory_disk_create() };
	rig->disk = memory_disk_disk(rig->memory);
	rig->options = (struct store_options){ .sync = STORE_SYNC_ALWAYS,
		.sync_interval_ms = 1000,
		.segment_bytes = 1u << 16,
		.queue_bytes = 1u << 20,
		.min_free_bytes = 1u << 20,
		.probe_ms = 5000,
		.compact_after_bytes = 64u << 20 };
	rig->recovered.next_lsn = 1;
	rig->config.disk = rig->disk;
	rig->config.options = &rig->options;
	rig->config.recovered = &rig->recovered;
}

void
journal_rig_open(struct journal_rig *rig)
{
	rig->journal = journal_create(&rig->config);
	ck_assert_ptr_nonnull(rig->journal);
}

void
journal_rig_fini(struct journal_rig *rig)
{
	journal_destroy(rig->journal);
	ck_assert_uint_eq(memory_disk_open_files(rig->memory), 0);
	memory_disk_destroy(rig->memory);
}

void
journal_rig_run(struct journal_rig *rig)
{
	for (int steps = 0; journal_step(rig->journal); steps++)
		ck_assert_int_lt(steps, 100000);
}

static uint64_t
journal_rig_append(struct journal_rig *rig, const char *text, size_t len)
{
	enum chat_error error;
	char *payload = journal_reserve(rig->journal, len, &error);

	ck_assert_int_eq(payload != NULL, error == CHAT_OK);
	if (payload == NULL)
		return 0;
	memcpy(payload, text, len);
	return journal_commit(rig->journal, RECORD_MESSAGE);
}

uint64_t
journal_rig_append_text(struct journal_rig *rig, const char *text)
{
	return journal_rig_append(rig, text, strlen(text));
}

uint64_t
journal_rig_fill(struct journal_rig *rig, char c, size_t len)
{
	static char bytes[RECORD_PAYLOAD_MOST];

	memset(bytes, c, len);
	return journal_rig_append(rig, bytes, len);
}

struct journal_progress
journal_rig_poll(struct journal_rig *rig)
{
	struct journal_progress news;

	journal_poll(rig->journal, &news);
	return news;
}

/* --- reading -------------------------------------------------------------- */

static struct journal_record records[RECORDS_MOST];
static size_t record_count;

static void
record_keep(const struct record *record, uint64_t segment)
{
	struct journal_record *kept = &records[record_count++];
	size_t len = record->payload.len;

	ck_assert_uint_lt(record_count, RECORDS_MOST);
	*kept = (struct journal_record){ .lsn = record->lsn,
		.type = record->type,
		.ahead = record->ahead,
		.segment = segment,
		.len = len };
	if (len >= sizeof(kept->text))
		len = sizeof(kept->text) - 1;
	memcpy(kept->text, record->payload.data, len);
}

static void
assert_zeros(const char *at, size_t len)
{
	size_t i = 0;

	while (i < len && at[i] == 0)
		i++;
	ck_assert_uint_eq(i, len);
}

static void
read_segment(struct memory_disk *memory, uint64_t first_lsn)
{
	char name[STORE_NAME_SIZE];
	struct segment_head head;
	struct record record;
	size_t len, at = SEGMENT_HEAD_SIZE, size;
	const char *bytes;

	segment_name(name, first_lsn);
	bytes = memory_disk_file(memory, name, &len);
	ck_assert_int_eq(segment_head_read(bytes, len, &head),
	    SEGMENT_HEAD_GOOD);
	ck_assert_uint_eq(head.first_lsn, first_lsn);
	if (record_count > 0)
		ck_assert_uint_eq(first_lsn, records[record_count - 1].lsn + 1);
	for (uint64_t lsn = first_lsn;
	     record_read(bytes + at, len - at, head.salt, &record, &size) ==
	     RECORD_GOOD;
	     lsn++) {
		ck_assert_uint_eq(record.lsn, lsn);
		record_keep(&record, first_lsn);
		at += size;
	}
	assert_zeros(bytes + at, len - at);
}

static int
by_number(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

size_t
journal_rig_read(struct memory_disk *memory, const struct journal_record **out)
{
	static uint64_t segments[SEGMENTS_MOST];
	size_t count = 0;
	const char *name;

	for (size_t i = 0; (name = memory_disk_name(memory, i)) != NULL; i++)
		count += segment_name_read(name, &segments[count]);
	qsort(segments, count, sizeof(segments[0]), by_number);
	record_count = 0;
	for (size_t i = 0; i < count; i++)
		read_segment(memory, segments[i]);
	*out = records;
	return record_count;
}

static const char *
word_for(const struct journal_record *record)
{
	switch (record->type) {
	case RECORD_OPEN:
		return "OPEN";
	case RECORD_CLOSE:
		return "CLOSE";
	case RECORD_SEAL:
		return "SEAL";
	case RECORD_LOST:
		return "LOST";
	default:
		return record->text;
	}
}

const char *
journal_rig_show(struct memory_disk *memory)
{
	static char shown[SHOWN_MOST];
	const struct journal_record *all;
	size_t count = journal_rig_read(memory, &all), used = 0;

	shown[0] = '\0';
	for (size_t i = 0; i < count; i++)
		used += (size_t)snprintf(shown + used, sizeof(shown) - used,
		    "%s%s", i > 0 ? " " : "", word_for(&all[i]));
	return shown;
}
