#include "persistence/compaction/compaction.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "persistence/compaction/compaction_input.h"
#include "persistence/compaction/live_set.h"
#include "persistence/compaction/snapshot_writer.h"

/* The longest payload of a TRIM. */
#define TRIM_MOST (ROOM_ID_SIZE + 32)

/*
 * Reads everything twice: first to find what is live, keeping positions and
 * sizes only; then to copy it.
 */
struct compaction {
	struct compaction_input input;
	struct live_set live;
	struct snapshot_writer writer;
};

/* --- finding live records ------------------------------------------------- */

static int
live_add_record(const struct record *record, void *arg)
{
	struct compaction *self = arg;

	return live_set_add(&self->live, record);
}

static int
live_find(struct compaction *self)
{
	int error = compaction_input_read(&self->input, live_add_record, self);

	live_set_finish(&self->live);
	if (error == 0 && !compaction_input_is_whole(&self->input, &self->live))
		error = EIO;
	return error;
}

/* --- copying -------------------------------------------------------------- */

/* Writes the last state of a room, and up to where its messages are gone. */
static int
room_write(struct compaction *self, const struct live_set_room *room)
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
	assert(trim_payload_size(id) <= sizeof(trim));
	record.type = RECORD_TRIM;
	record.payload = str_slice(trim,
	    trim_payload_write(trim, id, room->trimmed, room->trimmed_ms));
	return snapshot_writer_add(&self->writer, &record);
}

/* The room of a record. False: it has none. */
static bool
record_room_id(const struct record *record, struct room *buffer, struct str *id)
{
	struct attribute attribute;
	struct message message;
	int64_t at_ms;
	uint64_t seq;

	switch (record->type) {
	case RECORD_ROOM:
		if (!room_payload_read(record->payload, buffer))
			return false;
		*id = str_from(buffer->id);
		return true;
	case RECORD_MESSAGE:
	case RECORD_MESSAGE_BARE:
		return message_payload_read(record->payload, id, &message);
	case RECORD_ATTRIBUTE:
		return attribute_payload_read(record->payload, id, &attribute);
	case RECORD_TRIM:
		return trim_payload_read(record->payload, id, &seq, &at_ms);
	default:
		return false;
	}
}

/* Writes a message without its body, which must not be on the disk any more. */
static int
message_write_bare(struct compaction *self, const struct record *record,
    struct str id, struct message *message)
{
	struct record bare = *record;
	char *payload;
	int error;

	message->body = STR_ABSENT;
	payload = malloc(message_payload_size(id, message));
	if (payload == NULL)
		return ENOMEM;
	bare.type = RECORD_MESSAGE_BARE;
	bare.payload =
	    str_slice(payload, message_payload_write(payload, id, message));
	error = snapshot_writer_add(&self->writer, &bare);
	free(payload);
	return error;
}

/* Each number is copied once, even if a later record repeats it. */
static int
message_copy(struct compaction *self, struct live_set_room *room,
    const struct record *record)
{
	struct message message;
	struct str id;

	if (!message_payload_read(record->payload, &id, &message) ||
	    message.seq <= room->trimmed || message.seq <= room->copied)
		return 0;
	room->copied = message.seq;
	if (live_set_is_bare(room, message.seq))
		return message_write_bare(self, record, id, &message);
	return snapshot_writer_add(&self->writer, record);
}

static int
attribute_copy(struct compaction *self, const struct live_set_room *room,
    const struct record *record)
{
	struct attribute attribute;
	struct str id;

	if (!attribute_payload_read(record->payload, &id, &attribute) ||
	    !live_set_has_attribute(room, &attribute, record->lsn))
		return 0;
	return snapshot_writer_add(&self->writer, record);
}

static int
record_copy(const struct record *record, void *arg)
{
	struct compaction *self = arg;
	struct live_set_room *room;
	struct room buffer;
	struct str id;
	int error = 0;

	if ((record->type == RECORD_OPEN || record->type == RECORD_CLOSE) &&
	    record->lsn >= self->live.first_open)
		return snapshot_writer_add(&self->writer, record);
	if (!record_room_id(record, &buffer, &id))
		return 0;
	room = live_set_find(&self->live, id);
	/* The room was removed and created again after this record. */
	if (room == NULL || record->lsn < room->born)
		return 0;
	if (record->lsn == room->born && !room->is_written) {
		room->is_written = true;
		error = room_write(self, room);
	}
	if (error != 0)
		return error;
	switch (record->type) {
	case RECORD_MESSAGE:
	case RECORD_MESSAGE_BARE:
		return message_copy(self, room, record);
	case RECORD_ATTRIBUTE:
		return attribute_copy(self, room, record);
	default:
		return 0;
	}
}

static int
snapshot_write(struct compaction *self, const uint8_t *store_id,
    uint64_t *live_bytes)
{
	int error = snapshot_writer_begin(&self->writer, self->input.disk,
	    store_id, self->input.last_lsn);

	if (error != 0)
		return error;
	self->writer.throttle = self->input.throttle;
	error = compaction_input_read(&self->input, record_copy, self);
	if (error == 0)
		error = snapshot_writer_publish(&self->writer, live_bytes);
	snapshot_writer_end(&self->writer);
	return error;
}

int
compaction_run(struct disk *disk, const uint8_t store_id[STORE_ID_SIZE],
    uint64_t last_lsn, const struct history_limits *limits, int64_t now_ms,
    struct io_throttle *throttle, uint64_t *live_bytes)
{
	struct compaction self;
	int error;

	assert(last_lsn > 0);
	live_set_init(&self.live, limits, now_ms);
	error = compaction_input_init(&self.input, disk, last_lsn);
	self.input.throttle = throttle;
	if (error == 0)
		error = live_find(&self);
	if (error == 0)
		error = snapshot_write(&self, store_id, live_bytes);
	if (error == 0)
		compaction_input_remove(&self.input);
	compaction_input_fini(&self.input);
	live_set_fini(&self.live);
	return error;
}
