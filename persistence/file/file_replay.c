/* Puts the records that recovery reads into the stores. */
#include <inttypes.h>

#include "domain/log.h"
#include "persistence/file/file_internal.h"
#include "persistence/format/record_payload.h"
#include "persistence/memory/memory_history.h"
#include "persistence/memory/memory_rooms.h"

static struct file_replay *
file_replay_of(struct replay *base)
{
	return (struct file_replay *)base;
}

/* --- the observer --------------------------------------------------------- */

static struct entry_observer *
replay_observer(const struct file_replay *self)
{
	return self->result->cursor > 0 ? self->store->log.observer : NULL;
}

/* Once it is known which snapshot there is. */
static void
lacking_count(struct file_replay *self)
{
	const struct recovery_result *result = self->result;

	if (!self->has_counted && result->snapshot_lsn > result->cursor)
		self->lacking = result->snapshot_lsn - result->cursor;
	self->has_counted = true;
}

static void
lacking_report(struct file_replay *self)
{
	struct entry_observer *observer = replay_observer(self);

	if (observer != NULL && self->lacking > 0)
		observer->ops->lost(observer, self->lacking);
	self->lacking = 0;
}

/* The observer gets what it has not acknowledged. */
static void
entry_replay(struct file_replay *self, const struct record *record,
    const struct entry *done)
{
	struct entry_observer *observer = replay_observer(self);
	struct entry entry = *done;
	struct room room;

	if (observer == NULL || record->lsn <= self->result->cursor)
		return;
	lacking_count(self);
	if (record->lsn > self->result->snapshot_lsn)
		lacking_report(self);
	else if (self->lacking > 0)
		self->lacking--;
	if (entry.room == NULL &&
	    room_store_get(self->store->rooms, entry.room_id, &room) == CHAT_OK)
		entry.room = &room;
	entry.lsn = record->lsn;
	observer->ops->entry(observer, &entry, NULL);
}

/* --- record by record ----------------------------------------------------- */

/* A new room, or new values of one. */
static enum chat_error
replay_room(struct file_replay *self, const struct record *record)
{
	struct file_store *store = self->store;
	enum chat_error error = CHAT_OK;
	struct file_room *journaled;
	struct room room;
	struct entry entry = { .kind = ENTRY_ROOM_CREATED, .room = &room };
	struct str id;

	if (!room_payload_read(record->payload, &room))
		return CHAT_BAD_FIELD;
	entry.room_id = id = str_from(room.id);
	room.persistent = true;
	journaled = journaled_rooms_find(store, id);
	if (journaled != NULL)
		memory_rooms_update(store->rooms, &room);
	else
		error = journaled_rooms_create(store, &room, &journaled);
	if (error != CHAT_OK)
		return error;
	journaled->epoch_is_unsaved = false;
	if (journaled->replayed == 0)
		entry_replay(self, record, &entry);
	journaled->replayed = record->lsn;
	journaled->recorded_ms = room.active_ms;
	return CHAT_OK;
}

static enum chat_error
replay_room_gone(struct file_replay *self, const struct record *record)
{
	struct file_store *store = self->store;
	struct entry entry = { .kind = ENTRY_ROOM_REMOVED };
	struct str id;

	if (!room_gone_payload_read(record->payload, &id))
		return CHAT_BAD_FIELD;
	if (journaled_rooms_find(store, id) == NULL)
		return CHAT_OK;
	journaled_rooms_remove(store, id);
	entry.room_id = id;
	entry_replay(self, record, &entry);
	return CHAT_OK;
}

/* A room whose record is lost gets its id as its name. */
static enum chat_error
find_or_create_room(struct file_store *store, struct str id,
    struct file_room **out)
{
	struct room room = { .persistent = true };
	enum chat_error error;

	*out = journaled_rooms_find(store, id);
	if (*out != NULL)
		return CHAT_OK;
	if (!room_id_is_stored(id))
		return CHAT_BAD_FIELD;
	memcpy(room.id, id.data, id.len);
	memcpy(room.name, id.data, id.len);
	id_source_next(store->ids, ID_HEX16, room.epoch);
	error = journaled_rooms_create(store, &room, out);
	if (error == CHAT_OK)
		(*out)->epoch_is_unsaved = true;
	return error;
}

static enum chat_error
replay_message(struct file_replay *self, const struct record *record)
{
	struct file_store *store = self->store;
	struct file_room *journaled;
	struct message message;
	struct entry entry = { .kind = ENTRY_MESSAGE };
	enum chat_error error;
	struct str id;

	if (!message_payload_read(record->payload, &id, &message))
		return CHAT_BAD_FIELD;
	error = find_or_create_room(store, id, &journaled);
	if (error == CHAT_OK)
		error = memory_history_put(store->history, id, &message);
	if (error != CHAT_OK)
		return error;
	entry.room_id = id;
	entry.message = message;
	entry_replay(self, record, &entry);
	return CHAT_OK;
}

/*
 * Ignores one of a message that is lost, dropped or redacted. A text that
 * replaces another one comes behind the message, which may be bare.
 */
static enum chat_error
replay_attribute(struct file_replay *self, const struct record *record)
{
	struct file_store *store = self->store;
	struct file_room *journaled;
	struct entry entry = { .kind = ENTRY_ATTRIBUTE };
	enum chat_error error;
	struct str id;

	if (!attribute_payload_read(record->payload, &id, &entry.attribute))
		return CHAT_BAD_FIELD;
	error = find_or_create_room(store, id, &journaled);
	if (error == CHAT_OK)
		error = file_attribute_replay(store, id, &entry.attribute);
	if (error != CHAT_OK)
		return error;
	entry.room_id = id;
	entry_replay(self, record, &entry);
	return CHAT_OK;
}

static enum chat_error
replay_trim(struct file_replay *self, const struct record *record)
{
	struct file_store *store = self->store;
	struct file_room *journaled;
	enum chat_error error;
	struct str id;
	int64_t at_ms;
	uint64_t seq;

	if (!trim_payload_read(record->payload, &id, &seq, &at_ms))
		return CHAT_BAD_FIELD;
	error = find_or_create_room(store, id, &journaled);
	if (error == CHAT_OK)
		memory_history_trim(store->history, id, seq, at_ms);
	return error;
}

static enum chat_error
replay_record(struct file_replay *self, const struct record *record)
{
	switch (record->type) {
	case RECORD_ROOM:
		return replay_room(self, record);
	case RECORD_ROOM_GONE:
		return replay_room_gone(self, record);
	case RECORD_MESSAGE:
	case RECORD_MESSAGE_BARE:
		return replay_message(self, record);
	case RECORD_ATTRIBUTE:
		return replay_attribute(self, record);
	case RECORD_TRIM:
		return replay_trim(self, record);
	default:
		return CHAT_OK;
	}
}

static bool
on_record(struct replay *base, const struct record *record)
{
	struct file_replay *self = file_replay_of(base);
	enum chat_error error = replay_record(self, record);

	if (error == CHAT_BAD_FIELD)
		log_error("record %" PRIu64 " cannot be decoded", record->lsn);
	return error == CHAT_OK || error == CHAT_BAD_FIELD;
}

/* Recovery has logged it, and invalidates the epochs. */
static void
on_lost(struct replay *base, uint64_t first, uint64_t last)
{
	struct file_replay *self = file_replay_of(base);

	if (first <= self->result->cursor)
		first = self->result->cursor + 1;
	if (last < first || replay_observer(self) == NULL)
		return;
	lacking_count(self);
	self->lacking += last - first + 1;
	lacking_report(self);
}

void
file_replay_init(struct file_replay *self, struct file_store *store,
    const struct recovery_result *result)
{
	*self = (struct file_replay){
		.base = { on_record, on_lost }, .store = store, .result = result
	};
}

/* --- after the last record ------------------------------------------------ */

static void
renew_epoch(struct file_store *store, struct file_room *journaled)
{
	struct str id = str_slice(journaled->id, journaled->id_len);
	struct room room;

	if (room_store_get(store->rooms, id, &room) != CHAT_OK)
		return;
	id_source_next(store->ids, ID_HEX16, room.epoch);
	memory_rooms_update(store->rooms, &room);
	journaled->epoch_is_unsaved = true;
}

void
file_replay_finish(struct file_replay *self, uint64_t epochs_invalid_up_to)
{
	struct file_store *store = self->store;
	const struct list *all = &store->all_journaled;

	lacking_count(self);
	lacking_report(self);
	for (struct list *at = all->next; at != all; at = at->next) {
		struct file_room *journaled =
		    LIST_OWNER(at, struct file_room, link);

		if (journaled->epoch_is_unsaved)
			log_warn("room %.*s: its record is lost, its messages "
				 "are kept",
			    (int)journaled->id_len, journaled->id);
		if (journaled->replayed <= epochs_invalid_up_to)
			renew_epoch(store, journaled);
		store->epochs_are_unsaved |= journaled->epoch_is_unsaved;
	}
}
