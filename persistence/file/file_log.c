/*
 * The log of a file store. An entry about a journaled room is written to the
 * journal and waits in a queue; when the disk has its record, the stores are
 * changed and the handler is called. All other entries are done at once.
 *
 * Invariants:
 * - What may fail for want of memory is done when an entry is appended: rooms
 *   are put, but hidden; messages are prepared, with number and key, and so are
 *   values of attributes and new bodies of messages.
 * - Entries are done in the order in which they were appended. A barrier and
 *   the duplicate of a message have no record: they wait for those before them.
 * - If the disk fails, waiting entries are dropped, the newest first. The
 *   handler is called for them in order.
 */
#include <assert.h>
#include <stdlib.h>

#include "persistence/file/file_internal.h"
#include "persistence/format/record_payload.h"
#include "persistence/memory/memory_history.h"
#include "persistence/memory/memory_rooms.h"

static struct file_store *
file_log_of(struct commit_log *base)
{
	return LIST_OWNER(base, struct file_store, log);
}

/* The message is prepared. */
static enum chat_error
write_message(struct file_store *self, struct str room_id,
    const struct message *message, uint64_t *lsn)
{
	enum chat_error error;
	char *payload = journal_reserve(self->journal,
	    message_payload_size(room_id, message), &error);

	if (payload == NULL)
		return error;
	message_payload_write(payload, room_id, message);
	*lsn = journal_commit(self->journal, RECORD_MESSAGE);
	return CHAT_OK;
}

static enum chat_error
write_room(struct file_store *self, const struct room *room, uint64_t *lsn)
{
	enum chat_error error;
	char *payload =
	    journal_reserve(self->journal, room_payload_size(room), &error);

	if (payload == NULL)
		return error;
	room_payload_write(payload, room);
	*lsn = journal_commit(self->journal, RECORD_ROOM);
	return CHAT_OK;
}

static enum chat_error
write_removal(struct file_store *self, struct str room_id, uint64_t *lsn)
{
	enum chat_error error;
	char *payload = journal_reserve(self->journal,
	    room_gone_payload_size(room_id), &error);

	if (payload == NULL)
		return error;
	room_gone_payload_write(payload, room_id);
	*lsn = journal_commit(self->journal, RECORD_ROOM_GONE);
	return CHAT_OK;
}

static enum chat_error
append_message(struct file_store *self, struct entry *entry,
    const struct command *requester)
{
	struct message *message = &entry->message;
	size_t body_len = message->body.len;
	struct pending_entry *pending;
	enum chat_error error;
	uint64_t lsn = 0;

	pending = file_pending_create(self, PENDING_MESSAGE, entry->room_id,
	    requester);
	if (pending == NULL)
		return CHAT_UNAVAILABLE;
	pending->bytes += body_len;
	error = journaled_rooms_append_epochs(self);
	if (error != CHAT_OK)
		goto free_pending;
	error = memory_history_prepare(self->history, entry->room_id, message,
	    &pending->posted);
	if (error != CHAT_OK)
		goto free_pending;
	error = write_message(self, entry->room_id, message, &lsn);
	if (error != CHAT_OK)
		goto abandon_message;
	file_pending_add(self, pending, lsn);
	return CHAT_OK;

abandon_message:
	memory_history_abandon(self->history, pending->posted);
free_pending:
	file_pending_free(self, pending);
	return error;
}

/* The first message with this key may wait itself. */
static enum chat_error
append_duplicate(struct file_store *self, const struct entry *entry,
    const struct command *requester)
{
	struct pending_entry *pending = file_pending_create(self,
	    PENDING_DUPLICATE, entry->room_id, requester);

	if (pending == NULL)
		return CHAT_UNAVAILABLE;
	pending->first.seq = entry->message.seq;
	pending->first.at_ms = entry->message.at_ms;
	file_pending_add(self, pending, journal_last(self->journal));
	return CHAT_OK;
}

static enum chat_error
append_created(struct file_store *self, const struct entry *entry,
    const struct command *requester)
{
	struct str id = entry->room_id;
	struct file_room *journaled;
	struct pending_entry *pending;
	enum chat_error error;
	uint64_t lsn = 0;

	pending = file_pending_create(self, PENDING_CREATED, id, requester);
	if (pending == NULL)
		return CHAT_UNAVAILABLE;
	error = journaled_rooms_append_epochs(self);
	if (error != CHAT_OK)
		goto free_pending;
	error = journaled_rooms_create(self, entry->room, &journaled);
	if (error != CHAT_OK)
		goto free_pending;
	error = write_room(self, entry->room, &lsn);
	if (error != CHAT_OK)
		goto remove_room;
	journaled->pending++;
	memory_rooms_hide(self->rooms, id, true);
	file_pending_add(self, pending, lsn);
	return CHAT_OK;

remove_room:
	journaled_rooms_remove(self, id);
free_pending:
	file_pending_free(self, pending);
	return error;
}

static enum chat_error
append_removed(struct file_store *self, const struct entry *entry,
    const struct command *requester)
{
	struct str id = entry->room_id;
	struct file_room *journaled = journaled_rooms_find(self, id);
	struct pending_entry *pending;
	enum chat_error error;
	uint64_t lsn = 0;

	assert(journaled != NULL && !journaled->is_removed);
	pending = file_pending_create(self, PENDING_REMOVED, id, requester);
	if (pending == NULL)
		return CHAT_UNAVAILABLE;
	error = write_removal(self, id, &lsn);
	if (error != CHAT_OK) {
		file_pending_free(self, pending);
		return error;
	}
	journaled->pending++;
	journaled->is_removed = true;
	memory_rooms_hide(self->rooms, id, true);
	file_pending_add(self, pending, lsn);
	return CHAT_OK;
}

static enum chat_error
write_attribute(struct file_store *self, struct str room_id,
    const struct attribute *attribute, uint64_t *lsn)
{
	enum chat_error error;
	char *payload = journal_reserve(self->journal,
	    attribute_payload_size(room_id, attribute), &error);

	if (payload == NULL)
		return error;
	attribute_payload_write(payload, room_id, attribute);
	*lsn = journal_commit(self->journal, RECORD_ATTRIBUTE);
	return CHAT_OK;
}

static enum chat_error
append_attribute(struct file_store *self, const struct entry *entry,
    const struct command *requester)
{
	struct str id = entry->room_id;
	struct pending_entry *pending;
	enum chat_error error;
	uint64_t lsn = 0;

	if (!file_attribute_is_due(self, id, &entry->attribute))
		return CHAT_MESSAGE_NOT_FOUND;
	pending = file_pending_create(self, PENDING_ATTRIBUTE, id, requester);
	if (pending == NULL)
		return CHAT_UNAVAILABLE;
	error = CHAT_UNAVAILABLE;
	pending->set = file_attribute_create(&entry->attribute);
	if (pending->set == NULL)
		goto free_pending;
	pending->bytes += file_attribute_bytes(pending->set);
	error = journaled_rooms_append_epochs(self);
	if (error == CHAT_OK)
		error = file_attribute_prepare(self, id, pending->set);
	if (error != CHAT_OK)
		goto free_set;
	error = write_attribute(self, id, &entry->attribute, &lsn);
	if (error != CHAT_OK)
		goto abandon_attribute;
	file_pending_add(self, pending, lsn);
	return CHAT_OK;

abandon_attribute:
	file_attribute_abandon(self, pending->set);
free_set:
	free(pending->set);
free_pending:
	file_pending_free(self, pending);
	return error;
}

static enum chat_error
append_barrier(struct file_store *self, const struct command *requester)
{
	struct pending_entry *pending =
	    file_pending_create(self, PENDING_BARRIER, STR_ABSENT, requester);

	if (pending == NULL)
		return CHAT_UNAVAILABLE;
	if (list_is_empty(&self->pending))
		journal_wake_loop(self->journal);
	file_pending_add(self, pending, journal_last(self->journal));
	return CHAT_OK;
}

enum chat_error
file_log_append_epoch(struct file_store *self, const struct room *room)
{
	struct pending_entry *pending =
	    file_pending_create(self, PENDING_EPOCH, str_from(room->id), NULL);
	enum chat_error error;
	uint64_t lsn = 0;

	if (pending == NULL)
		return CHAT_UNAVAILABLE;
	error = write_room(self, room, &lsn);
	if (error == CHAT_OK)
		file_pending_add(self, pending, lsn);
	else
		file_pending_free(self, pending);
	return error;
}

static enum chat_error
do_at_once(struct file_store *self, struct entry *entry,
    const struct command *requester)
{
	enum chat_error error =
	    entry_apply(entry, self->rooms, self->history, self->attributes);

	if (error != CHAT_OK)
		return error;
	entry->room = NULL;
	commit_log_report(&self->log, entry, requester, CHAT_OK);
	return CHAT_OK;
}

/* Whether the room's history shows the message with this number. */
static bool
is_kept(struct file_store *self, const struct entry *entry)
{
	struct history_span span;

	return history_span(self->history, entry->room_id, entry->message.at_ms,
		   &span) == CHAT_OK &&
	       entry->message.seq <= span.last;
}

static enum chat_error
append_to_room(struct file_store *self, struct entry *entry,
    const struct command *requester)
{
	const struct file_room *journaled =
	    journaled_rooms_find(self, entry->room_id);

	if (journaled == NULL)
		return do_at_once(self, entry, requester);
	if (journaled->is_removed)
		return CHAT_ROOM_NOT_FOUND;
	if (entry->kind == ENTRY_ROOM_REMOVED)
		return append_removed(self, entry, requester);
	if (entry->kind == ENTRY_ATTRIBUTE)
		return append_attribute(self, entry, requester);
	if (!entry_find_first(entry, self->history))
		return append_message(self, entry, requester);
	if (!is_kept(self, entry))
		return append_duplicate(self, entry, requester);
	commit_log_report(&self->log, entry, requester, CHAT_OK);
	return CHAT_OK;
}

static enum chat_error
file_log_append(struct commit_log *base, struct entry *entry,
    const struct command *requester)
{
	struct file_store *self = file_log_of(base);

	switch (entry->kind) {
	case ENTRY_MESSAGE:
	case ENTRY_ROOM_REMOVED:
	case ENTRY_ATTRIBUTE:
		return append_to_room(self, entry, requester);
	case ENTRY_ROOM_CREATED:
		if (!entry->room->persistent)
			break;
		return append_created(self, entry, requester);
	case ENTRY_BARRIER:
		return append_barrier(self, requester);
	}
	return do_at_once(self, entry, requester);
}

static bool
file_log_is_room_pending(struct commit_log *base, struct str room_id)
{
	const struct file_room *journaled =
	    journaled_rooms_find(file_log_of(base), room_id);

	return journaled != NULL && journaled->pending > 0;
}

static size_t
file_log_bytes(struct commit_log *base)
{
	return file_log_of(base)->pending_bytes;
}

/* Does nothing: the file store owns the log. */
static void
file_log_destroy(struct commit_log *base)
{
	(void)base;
}

static const struct commit_log_ops file_log_ops = {
	.append = file_log_append,
	.is_room_pending = file_log_is_room_pending,
	.bytes = file_log_bytes,
	.destroy = file_log_destroy,
};

void
file_log_init(struct file_store *self)
{
	self->log.ops = &file_log_ops;
	list_init(&self->pending);
	list_init(&self->spare_pending);
}
