#include "persistence/inspect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "persistence/format/store_lock.h"
#include "persistence/format/store_names.h"
#include "persistence/journal/journal.h"

#define COPY_AT_ONCE ((size_t)64 << 10)

struct inspecting {
	struct replay base;
	const struct inspector *inspector;
};

static void
room_show(const struct inspector *to, const struct record *record)
{
	struct room room;

	if (to->room != NULL && room_payload_read(record->payload, &room))
		to->room(&room, record->lsn, to->arg);
}

static void
room_gone_show(const struct inspector *to, const struct record *record)
{
	struct str room;

	if (to->room_gone != NULL &&
	    room_gone_payload_read(record->payload, &room))
		to->room_gone(room, record->lsn, to->arg);
}

static void
message_show(const struct inspector *to, const struct record *record)
{
	struct message message = { 0 };
	struct str room;

	if (to->message != NULL &&
	    message_payload_read(record->payload, &room, &message))
		to->message(room, &message, record->lsn, to->arg);
}

static void
trim_show(const struct inspector *to, const struct record *record)
{
	struct str room;
	uint64_t seq;
	int64_t at_ms;

	if (to->trim != NULL &&
	    trim_payload_read(record->payload, &room, &seq, &at_ms))
		to->trim(room, seq, record->lsn, to->arg);
}

static bool
record_show(struct replay *base, const struct record *record)
{
	const struct inspector *to = ((struct inspecting *)base)->inspector;

	switch (record->type) {
	case RECORD_ROOM:
		room_show(to, record);
		break;
	case RECORD_ROOM_GONE:
		room_gone_show(to, record);
		break;
	case RECORD_MESSAGE:
		message_show(to, record);
		break;
	case RECORD_TRIM:
		trim_show(to, record);
		break;
	}
	return true;
}

/* The findings say it with more detail. */
static void
lost_ignore(struct replay *base, uint64_t first, uint64_t last)
{
	(void)base;
	(void)first;
	(void)last;
}

static enum inspect_status
status_of_recovery(enum recovery_status end)
{
	switch (end) {
	case RECOVERY_OK:
		return INSPECT_WHOLE;
	case RECOVERY_TORN:
		return INSPECT_TORN;
	case RECOVERY_DAMAGED:
		return INSPECT_DAMAGED;
	case RECOVERY_NEWER:
	case RECOVERY_FOREIGN:
	case RECOVERY_FAILED:
		break;
	}
	return INSPECT_UNREADABLE;
}

static enum inspect_status
store_recover(struct disk *disk, enum recovery_mode mode,
    const struct inspector *inspector, struct inspection *out)
{
	struct inspecting inspecting = { .base = { record_show, lost_ignore },
		.inspector = inspector };
	struct recovery_config config = { .disk = disk,
		.mode = mode,
		.found = inspector->found,
		.arg = inspector->arg };
	enum recovery_status end =
	    recovery_run(&config, &inspecting.base, &out->result);

	memcpy(out->why, out->result.why, sizeof(out->why));
	return status_of_recovery(end);
}

static enum inspect_status
lock_failed(struct inspection *out, int error)
{
	*out = (struct inspection){ 0 };
	if (error == EAGAIN || error == EACCES) {
		snprintf(out->why, sizeof(out->why), "a server has it open");
		return INSPECT_IN_USE;
	}
	snprintf(out->why, sizeof(out->why), LOCK_NAME ": %s", strerror(error));
	return INSPECT_UNREADABLE;
}

/*
 * Not store_lock_take(), which would make the file: who only looks writes
 * nothing. Without the file there is no server; nor is there one that could
 * write where nobody can.
 */
static int
lock_take_to_read(struct disk *disk, int *lock)
{
	int error = disk_open(disk, LOCK_NAME, DISK_WRITE, lock);

	if (error == ENOENT || error == EROFS) {
		*lock = -1;
		return 0;
	}
	if (error != 0)
		return error;
	error = disk_lock(disk, *lock);
	if (error != 0)
		disk_close(disk, *lock);
	return error;
}

enum inspect_status
inspect_read(struct disk *disk, const struct inspector *inspector,
    struct inspection *out)
{
	enum inspect_status end;
	int lock, error = lock_take_to_read(disk, &lock);

	if (error != 0)
		return lock_failed(out, error);
	end = store_recover(disk, RECOVERY_READ, inspector, out);
	recovery_result_fini(&out->result);
	if (lock >= 0)
		store_lock_release(disk, lock);
	return end;
}

/* LOST records, so that no later start reports it again. */
static bool
lost_write(struct disk *disk, const struct recovery_result *result)
{
	struct store_options options = { .sync = STORE_SYNC_ALWAYS,
		.segment_bytes = (size_t)1 << 20,
		.queue_bytes = (size_t)1 << 20,
		.probe_ms = 5000 };
	struct journal_config config = {
		.disk = disk, .options = &options, .recovered = result
	};
	struct journal *journal = journal_create(&config);
	bool is_noted = journal != NULL && journal_error(journal) == NULL;

	journal_destroy(journal);
	return is_noted;
}

enum inspect_status
inspect_repair(struct disk *disk, const struct inspector *inspector,
    struct inspection *out)
{
	enum inspect_status end;
	int lock, error = store_lock_take(disk, &lock);

	if (error != 0)
		return lock_failed(out, error);
	end = store_recover(disk, RECOVERY_REPAIR, inspector, out);
	if (out->result.needs_repair) {
		snprintf(out->why, sizeof(out->why), "no space to repair it");
		end = INSPECT_UNREADABLE;
	}
	if (end == INSPECT_DAMAGED && !lost_write(disk, &out->result)) {
		snprintf(out->why, sizeof(out->why),
		    "cannot write what is lost into the journal");
		end = INSPECT_UNREADABLE;
	}
	recovery_result_fini(&out->result);
	store_lock_release(disk, lock);
	return end;
}

/* --- copying -------------------------------------------------------------- */

struct copying {
	struct disk *from, *to;
	int error;
};

static int
bytes_copy(const struct copying *copying, int source, int target)
{
	char bytes[COPY_AT_ONCE];
	uint64_t at = 0;
	size_t got;

	do {
		int error = disk_read(copying->from, source, bytes,
		    sizeof(bytes), at, &got);

		if (error == 0 && got > 0)
			error = disk_write(copying->to, target, bytes, got, at);
		if (error != 0)
			return error;
		at += got;
	} while (got == sizeof(bytes));
	return disk_fsync(copying->to, target);
}

static int
file_copy(const struct copying *copying, const char *name)
{
	int source, target, error;

	error = disk_open(copying->from, name, DISK_READ, &source);
	if (error != 0)
		return error;
	error = disk_open(copying->to, name, DISK_CREATE, &target);
	if (error != 0)
		goto close_source;
	error = bytes_copy(copying, source, target);
	disk_close(copying->to, target);
close_source:
	disk_close(copying->from, source);
	return error;
}

static bool
name_copy(const char *name, void *arg)
{
	struct copying *copying = arg;

	if (strcmp(name, LOCK_NAME) != 0)
		copying->error = file_copy(copying, name);
	return copying->error == 0;
}

int
inspect_copy(struct disk *from, struct disk *to)
{
	struct copying copying = { .from = from, .to = to };
	int error = disk_list(from, name_copy, &copying);

	if (error == 0)
		error = copying.error;
	return error == 0 ? disk_sync_dir(to, false) : error;
}
