/* The journal and recovery, without stores. */
#include <stdlib.h>

#include "persistence/compaction/compaction.h"
#include "persistence/format/store_lock.h"
#include "persistence/journal/journal.h"
#include "persistence/recovery/recovery.h"
#include "tests/persistence/crash/subject.h"

static const struct history_limits limits = { .messages = KEPT };

struct subject {
	struct disk *disk;
	int lock;
	struct journal *journal;
	uint64_t repair_lsn;
	uint8_t store_id[STORE_ID_SIZE];
};

/* --- reading --------------------------------------------------------- */

struct reader {
	struct replay replay;
	struct content *content;
};

static void
content_read_room(struct content *content, struct str payload)
{
	struct room room;

	if (room_payload_read(payload, &room))
		content_add_room(content, &room);
	else
		content_complain(content, "a room that cannot be read");
}

static void
content_read_gone(struct content *content, struct str payload)
{
	struct str id;

	if (room_gone_payload_read(payload, &id))
		content_remove_room(content, id);
	else
		content_complain(content, "a room's end that cannot be read");
}

static void
content_read_message(struct content *content, struct str payload)
{
	struct message message;
	struct str room;

	if (message_payload_read(payload, &room, &message))
		content_add_message(content, room, &message);
	else
		content_complain(content, "a message that cannot be read");
}

/* The record of a message has the text that it was sent with, or none. */
static void
journal_read_attribute(struct content *content, struct str payload)
{
	struct attribute attribute;
	struct str room;
	unsigned mark, n;

	if (!attribute_payload_read(payload, &room, &attribute))
		content_complain(content, "an attribute that cannot be read");
	else if (content_add_attribute(content, room, &attribute) &&
		 sample_mark_read(&attribute, &mark, &n)) {
		if (attribute.kind == ATTRIBUTE_REDACTION)
			content_set_text(content, room, attribute.seq,
			    TEXT_GONE);
		else if (attribute.kind == ATTRIBUTE_EDIT)
			content_set_text(content, room, attribute.seq, n);
	}
}

static void
content_read_trim(struct content *content, struct str payload)
{
	struct str room;
	uint64_t seq;
	int64_t at_ms;

	if (trim_payload_read(payload, &room, &seq, &at_ms))
		content_trim(content, room, seq);
	else
		content_complain(content, "a trim that cannot be read");
}

static bool
read_record(struct replay *base, const struct record *record)
{
	struct content *content = ((struct reader *)base)->content;

	if (record->type == RECORD_ROOM)
		content_read_room(content, record->payload);
	else if (record->type == RECORD_ROOM_GONE)
		content_read_gone(content, record->payload);
	else if (record->type == RECORD_ATTRIBUTE)
		journal_read_attribute(content, record->payload);
	else if (record->type == RECORD_MESSAGE ||
		 record->type == RECORD_MESSAGE_BARE)
		content_read_message(content, record->payload);
	else if (record->type == RECORD_TRIM)
		content_read_trim(content, record->payload);
	return true;
}

static void
note_lost(struct replay *base, uint64_t first, uint64_t last)
{
	(void)base;
	(void)first;
	(void)last;
}

/* --- writing ------------------------------------------------------ */

static enum chat_error
journal_create_room(struct subject *self, const struct room *room,
    uint64_t *lsn)
{
	enum chat_error error = CHAT_OK;
	char *to =
	    journal_reserve(self->journal, room_payload_size(room), &error);

	if (to == NULL)
		return error;
	room_payload_write(to, room);
	*lsn = journal_commit(self->journal, RECORD_ROOM);
	return CHAT_OK;
}

static enum chat_error
journal_remove_room(struct subject *self, struct str id, uint64_t *lsn)
{
	enum chat_error error = CHAT_OK;
	char *to =
	    journal_reserve(self->journal, room_gone_payload_size(id), &error);

	if (to == NULL)
		return error;
	room_gone_payload_write(to, id);
	*lsn = journal_commit(self->journal, RECORD_ROOM_GONE);
	return CHAT_OK;
}

static enum chat_error
journal_write_message(struct subject *self, struct str room,
    struct message *message, uint64_t *lsn)
{
	enum chat_error error = CHAT_OK;
	char *to = journal_reserve(self->journal,
	    message_payload_size(room, message), &error);

	if (to == NULL)
		return error;
	message_payload_write(to, room, message);
	*lsn = journal_commit(self->journal, RECORD_MESSAGE);
	return CHAT_OK;
}

static enum chat_error
journal_set_attribute(struct subject *self, struct str room,
    const struct attribute *attribute, uint64_t *lsn)
{
	enum chat_error error = CHAT_OK;
	char *to = journal_reserve(self->journal,
	    attribute_payload_size(room, attribute), &error);

	if (to == NULL)
		return error;
	attribute_payload_write(to, room, attribute);
	*lsn = journal_commit(self->journal, RECORD_ATTRIBUTE);
	return CHAT_OK;
}

static bool
journal_subject_step(struct subject *self)
{
	return journal_step(self->journal);
}

static void
journal_subject_poll(struct subject *self, struct poll_result *news)
{
	struct journal_progress from;

	journal_poll(self->journal, &from);
	*news = (struct poll_result){ .committed = from.committed,
		.failed_first = from.failed_first };
}

/*
 * --- generation cycle
 * -----------------------------------------------------------
 */

static int
journal_subject_compact(void *arg, uint64_t last_lsn, uint64_t *live_bytes)
{
	struct subject *self = arg;

	return compaction_run(self->disk, self->store_id, last_lsn, &limits, 0,
	    NULL, live_bytes);
}

static int
journal_subject_repair(void *arg)
{
	struct subject *self = arg;

	return recovery_repair(self->disk, self->repair_lsn);
}

static enum opened
journal_subject_recover(struct subject *self, struct content *content,
    struct recovery_result *result)
{
	struct recovery_config config = { .disk = self->disk,
		.mode = RECOVERY_REPAIR };
	struct reader reader = { { read_record, note_lost }, content };

	content_clear(content);
	switch (recovery_run(&config, &reader.replay, result)) {
	case RECOVERY_OK:
	case RECOVERY_TORN:
	case RECOVERY_DAMAGED:
		return OPENED;
	case RECOVERY_FAILED:
		return OPENED_NOT;
	default:
		return OPENED_REFUSED;
	}
}

/* Their numbering is another one from now on. */
static bool
renew_rooms(struct subject *self, const struct content *content)
{
	bool is_renewed = true;

	for (unsigned i = 0; i < ROOMS; i++) {
		struct room room;
		uint64_t lsn;

		if (content->rooms[i].generation == 0)
			continue;
		sample_room(&room, i, content->rooms[i].generation);
		is_renewed =
		    journal_create_room(self, &room, &lsn) == CHAT_OK &&
		    is_renewed;
	}
	while (journal_subject_step(self))
		;
	return is_renewed;
}

static bool
journal_subject_start(struct subject *self, const struct store_options *options,
    const struct recovery_result *result, const struct content *content)
{
	struct journal_config config = {
		.disk = self->disk,
		.options = options,
		.recovered = result,
		.compact = journal_subject_compact,
		.repair = journal_subject_repair,
		.arg = self,
	};

	self->repair_lsn = result->next_lsn;

	memcpy(self->store_id, result->store_id, STORE_ID_SIZE);
	self->journal = journal_create(&config);
	return self->journal != NULL && (result->epochs_invalid_up_to == 0 ||
					    renew_rooms(self, content));
}

static void
journal_subject_destroy(struct subject *self)
{
	journal_destroy(self->journal);
	store_lock_release(self->disk, self->lock);
	free(self);
}

static enum opened
journal_subject_open(struct memory_disk *memory,
    const struct store_options *options, struct subject **out,
    struct content *content, struct finding *finding)
{
	struct subject *self = calloc(1, sizeof(*self));
	struct recovery_result result = { 0 };
	enum opened opened;

	if (self == NULL)
		return OPENED_NOT;
	self->disk = memory_disk_disk(memory);
	if (store_lock_take(self->disk, &self->lock) != 0) {
		free(self);
		return OPENED_NOT;
	}
	opened = journal_subject_recover(self, content, &result);
	*finding = (struct finding){ .is_reported = true,
		.lost_records = result.lost_records,
		.numbering_holds = result.epochs_invalid_up_to == 0 };
	if (opened == OPENED &&
	    !journal_subject_start(self, options, &result, content))
		opened = OPENED_NOT;
	recovery_result_fini(&result);
	*out = self;
	if (opened != OPENED) {
		journal_subject_destroy(self);
		*out = NULL;
	}
	return opened;
}

const struct subject_kind journal_subject = {
	.name = "journal",
	.open = journal_subject_open,
	.close = journal_subject_destroy,
	.make_room = journal_create_room,
	.remove_room = journal_remove_room,
	.message_write = journal_write_message,
	.set_attribute = journal_set_attribute,
	.step = journal_subject_step,
	.poll = journal_subject_poll,
};
