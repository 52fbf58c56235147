#include "tests/persistence/crash/ledger.h"

#include <assert.h>
#include <string.h>

#include "persistence/format/record_payload.h"
#include "tests/persistence/crash/samples.h"

static void
ledger_add(struct ledger *ledger, const char *file, bool is_in_snapshot,
    size_t at, const struct record *record)
{
	struct ledger_line *line = &ledger->lines[ledger->count++];
	struct message message;
	struct lost_range lost;
	struct str room;
	unsigned text;

	assert(ledger->count < LEDGER_LINES);
	*line = (struct ledger_line){ .is_in_snapshot = is_in_snapshot,
		.lsn = record->lsn,
		.type = (enum record_type)record->type,
		.from = at,
		.to = at + RECORD_HEAD_SIZE + record->payload.len };
	strcpy(line->file, file);
	if (record->type == RECORD_LOST &&
	    lost_payload_read(record->payload, &lost))
		ledger->reported += lost.records;
	if ((record->type == RECORD_MESSAGE ||
		record->type == RECORD_MESSAGE_BARE) &&
	    message_payload_read(record->payload, &room, &message))
		line->number = sample_message_number(&message, &text);
}

static void
ledger_read_file(struct ledger *ledger, const char *name, const char *bytes,
    size_t len)
{
	struct segment_head head;
	struct record record;
	size_t at = SEGMENT_HEAD_SIZE, size;

	if (segment_head_read(bytes, len, &head) != SEGMENT_HEAD_GOOD)
		return;
	while (at < len && record_read(bytes + at, len - at, head.salt, &record,
			       &size) == RECORD_GOOD) {
		ledger_add(ledger, name, head.is_snapshot, at, &record);
		at += size;
	}
}

static uint64_t
newest_snapshot(const struct memory_disk *disk)
{
	uint64_t newest = 0, lsn;
	const char *name;

	for (size_t i = 0; (name = memory_disk_name(disk, i)) != NULL; i++)
		if (snapshot_name_read(name, &lsn) && lsn > newest)
			newest = lsn;
	return newest;
}

static void
drop_covered(struct ledger *ledger, uint64_t snapshot)
{
	size_t kept = 0;

	for (size_t i = 0; i < ledger->count; i++)
		if (ledger->lines[i].is_in_snapshot ||
		    ledger->lines[i].lsn > snapshot)
			ledger->lines[kept++] = ledger->lines[i];
	ledger->count = kept;
}

void
ledger_read(struct ledger *ledger, const struct memory_disk *disk)
{
	uint64_t snapshot = newest_snapshot(disk), lsn;
	const char *name;

	ledger->count = 0;
	ledger->reported = 0;
	for (size_t i = 0; (name = memory_disk_name(disk, i)) != NULL; i++) {
		size_t len = 0;
		const char *bytes = memory_disk_file(disk, name, &len);

		if (segment_name_read(name, &lsn) ||
		    (snapshot_name_read(name, &lsn) && lsn == snapshot))
			ledger_read_file(ledger, name, bytes, len);
	}
	drop_covered(ledger, snapshot);
}

size_t
ledger_end(const struct ledger *ledger, const char *file)
{
	size_t end = 0;

	for (size_t i = 0; i < ledger->count; i++)
		if (strcmp(ledger->lines[i].file, file) == 0)
			end = (ledger->lines[i].to + 7) / 8 * 8;
	return end;
}
