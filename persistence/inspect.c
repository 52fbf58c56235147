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
	struct message message;
	struct str room;

	if (to->message != NULL &&
	    message_payload_read(record->payload, &room, &message))
		to->message(room, &message, record->lsn, to->arg);
}

static void
attribute_show(const struct inspector *to, const struct record *record)
{
	struct attribute attribute;
	struct str room;

	if (to->attribute != NULL &&
	    attribute_payload_read(record->payload, &room, &attribute))
		to->attribute(room, &attribute, record->lsn, to->arg);
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
	case RECORD_MESSAGE_BARE:
		message_show(to, record);
		break;
	case RECORD_ATTRIBUTE:
		attribute_show(to, record);
		break;
	case RECORD_TRIM:
		trim_show(to, record);
		break;
	}
	return true;
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
	case RECOVERY_CHANGED:
	case RECOVERY_FAILED:
		break;
	}
	return INSPECT_UNREADABLE;
}

static enum inspect_status
inspect_recover_store(struct disk *disk, enum recovery_mode mode,
    const struct inspector *inspector, struct inspection *out)
{
	struct inspecting inspecting = { .base.record = record_show,
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
 * Not store_lock_take(), which creates the file: reading must not write.
 * Without the file, or on a read-only file system, no server is writing.
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
	end = inspect_recover_store(disk, RECOVERY_READ, inspector, out);
	recovery_result_fini(&out->result);
	if (lock >= 0)
		store_lock_release(disk, lock);
	return end;
}

/*
 * A journal that continues from the recovery and begins with its LOST records.
 * NULL: it cannot be written.
 */
static struct journal *
journal_open(struct disk *disk, const struct recovery_result *result)
{
	struct store_options options = { .sync = STORE_SYNC_ALWAYS,
		.segment_bytes = (size_t)1 << 20,
		.queue_bytes = (size_t)1 << 20,
		.probe_ms = 5000 };
	struct journal_config config = {
		.disk = disk, .options = &options, .recovered = result
	};
	struct journal *journal = journal_create(&config);

	if (journal == NULL || journal_error(journal) == NULL)
		return journal;
	journal_destroy(journal);
	return NULL;
}

static enum inspect_status
write_failed(struct inspection *out, const char *why)
{
	snprintf(out->why, sizeof(out->why), "%s", why);
	return INSPECT_UNREADABLE;
}

/*
 * Under the lock: repairs the files, and opens a journal if records are lost or
 * `writes` is set.
 */
static enum inspect_status
store_open(struct disk *disk, const struct inspector *inspector, bool writes,
    struct inspection *out, struct journal **journal)
{
	enum inspect_status status =
	    inspect_recover_store(disk, RECOVERY_REPAIR, inspector, out);

	*journal = NULL;
	if (status == INSPECT_UNREADABLE)
		return status;
	if (out->result.needs_repair)
		return write_failed(out, "no space to repair it");
	if (!writes && status != INSPECT_DAMAGED)
		return status;
	*journal = journal_open(disk, &out->result);
	return *journal != NULL
		   ? status
		   : write_failed(out, "the journal cannot be written");
}

enum inspect_status
inspect_repair(struct disk *disk, const struct inspector *inspector,
    struct inspection *out)
{
	struct journal *journal;
	enum inspect_status status;
	int lock, error = store_lock_take(disk, &lock);

	if (error != 0)
		return lock_failed(out, error);
	status = store_open(disk, inspector, false, out, &journal);
	journal_destroy(journal);
	recovery_result_fini(&out->result);
	store_lock_release(disk, lock);
	return status;
}

/* --- deleting a room ------------------------------------------------------ */

struct room_search {
	struct str id;
	bool is_found;
};

static void
search_room(const struct room *room, uint64_t lsn, void *arg)
{
	struct room_search *search = arg;

	(void)lsn;
	search->is_found |= str_equal(str_from(room->id), search->id);
}

static void
search_room_gone(struct str room, uint64_t lsn, void *arg)
{
	struct room_search *search = arg;

	(void)lsn;
	if (str_equal(room, search->id))
		search->is_found = false;
}

/* A room whose ROOM record was lost still has messages. */
static void
inspect_search_message(struct str room, const struct message *message,
    uint64_t lsn, void *arg)
{
	struct room_search *search = arg;

	(void)message;
	(void)lsn;
	search->is_found |= str_equal(room, search->id);
}

static bool
room_gone_write(struct journal *journal, struct str room)
{
	enum chat_error error;
	char *payload =
	    journal_reserve(journal, room_gone_payload_size(room), &error);

	if (payload == NULL)
		return false;
	room_gone_payload_write(payload, room);
	journal_commit(journal, RECORD_ROOM_GONE);
	while (journal_step(journal))
		continue;
	return journal_committed(journal) == journal_last(journal);
}

enum inspect_status
inspect_delete_room(struct disk *disk, struct str room, struct inspection *out)
{
	struct room_search search = { .id = room };
	struct inspector inspector = { .room = search_room,
		.room_gone = search_room_gone,
		.message = inspect_search_message,
		.arg = &search };
	struct journal *journal;
	enum inspect_status status;
	int lock, error = store_lock_take(disk, &lock);

	if (error != 0)
		return lock_failed(out, error);
	status = store_open(disk, &inspector, true, out, &journal);
	if (journal != NULL && !search.is_found)
		status = INSPECT_NO_ROOM;
	else if (journal != NULL && !room_gone_write(journal, room))
		status = write_failed(out, "the journal cannot be written");
	journal_destroy(journal);
	recovery_result_fini(&out->result);
	store_lock_release(disk, lock);
	return status;
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
inspect_name_copy(const char *name, void *arg)
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
	int error = disk_list(from, inspect_name_copy, &copying);

	if (error == 0)
		error = copying.error;
	return error == 0 ? disk_sync_dir(to, false) : error;
}
