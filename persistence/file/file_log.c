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

#include "domain/command_copy.h"
#include "persistence/file/file_internal.h"
#include "persistence/format/record_payload.h"
#include "persistence/memory/memory_history.h"
#include "persistence/memory/memory_rooms.h"

/* The memory of an entry is at most this many times its record. */
#define MEMORY_FACTOR 4

/* A slow disk releases thousands of entries at once; do some per turn. */
#define DONE_AT_ONCE 512

enum pending_kind {
	PENDING_MESSAGE,
	PENDING_DUPLICATE,
	PENDING_CREATED,
	PENDING_REMOVED,
	PENDING_ATTRIBUTE,
	PENDING_EPOCH,
	PENDING_BARRIER
};

struct pending_entry {
	struct list link;
	enum pending_kind kind;
	bool is_lost;
	bool has_requester;
	uint64_t lsn; /* its turn has come when this is committed */
	size_t bytes;
	union {
		struct kept_message *posted; /* prepared; gone if it is lost */
		struct {
			uint64_t seq;
			int64_t at_ms;
		} first; /* of which it is a duplicate */
		struct file_attribute *set;
	};
	struct str room_id;
	struct command requester;
	char texts[];
};

static struct file_store *
file_log_of(struct commit_log *base)
{
	return LIST_OWNER(base, struct file_store, log);
}

size_t
file_log_most(const struct file_store *self)
{
	return self->options->queue_bytes * MEMORY_FACTOR;
}

/* --- appending ------------------------------------------------------------ */

/* NULL: no memory, or more than may wait. */
static struct pending_entry *
pending_create(const struct file_store *self, enum pending_kind kind,
    struct str room_id, const struct command *requester)
{
	size_t most = file_log_most(self);
	size_t size = sizeof(struct pending_entry) + room_id.len;
	struct pending_entry *entry;

	if (requester != NULL)
		size += command_text_bytes(requester);
	if (size > most || self->pending_bytes > most - size)
		return NULL;
	entry = malloc(size);
	if (entry == NULL)
		return NULL;
	entry->kind = kind;
	entry->is_lost = false;
	entry->has_requester = requester != NULL;
	entry->bytes = size;
	entry->room_id = str_slice(entry->texts, room_id.len);
	if (room_id.len > 0)
		memcpy(entry->texts, room_id.data, room_id.len);
	if (requester != NULL)
		command_copy(requester, &entry->requester,
		    entry->texts + room_id.len);
	return entry;
}

/* The same for a message or an attribute. */
static struct pending_entry *
pending_create_for(const struct file_store *self, enum pending_kind kind,
    const struct entry *entry, const struct command *requester)
{
	struct command kept;

	if (requester == NULL)
		return pending_create(self, kind, entry->room_id, NULL);
	kept = entry_requester(entry, requester);
	return pending_create(self, kind, entry->room_id, &kept);
}

static void
pending_add(struct file_store *self, struct pending_entry *entry, uint64_t lsn)
{
	entry->lsn = lsn;
	list_append(&self->pending, &entry->link);
	self->pending_bytes += entry->bytes;
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

	pending = pending_create_for(self, PENDING_MESSAGE, entry, requester);
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
	pending_add(self, pending, lsn);
	return CHAT_OK;

abandon_message:
	memory_history_abandon(self->history, pending->posted);
free_pending:
	free(pending);
	return error;
}

/* The first message with this key may wait itself. */
static enum chat_error
append_duplicate(struct file_store *self, const struct entry *entry,
    const struct command *requester)
{
	struct pending_entry *pending =
	    pending_create_for(self, PENDING_DUPLICATE, entry, requester);

	if (pending == NULL)
		return CHAT_UNAVAILABLE;
	pending->first.seq = entry->message.seq;
	pending->first.at_ms = entry->message.at_ms;
	pending_add(self, pending, journal_last(self->journal));
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

	pending = pending_create(self, PENDING_CREATED, id, requester);
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
	pending_add(self, pending, lsn);
	return CHAT_OK;

remove_room:
	journaled_rooms_remove(self, id);
free_pending:
	free(pending);
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

	pending = pending_create(self, PENDING_REMOVED, id, requester);
	if (pending == NULL)
		return CHAT_UNAVAILABLE;
	error = write_removal(self, id, &lsn);
	if (error != CHAT_OK) {
		free(pending);
		return error;
	}
	journaled->pending++;
	journaled->is_removed = true;
	memory_rooms_hide(self->rooms, id, true);
	pending_add(self, pending, lsn);
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
	pending = pending_create_for(self, PENDING_ATTRIBUTE, entry, requester);
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
	pending_add(self, pending, lsn);
	return CHAT_OK;

abandon_attribute:
	file_attribute_abandon(self, pending->set);
free_set:
	free(pending->set);
free_pending:
	free(pending);
	return error;
}

static enum chat_error
append_barrier(struct file_store *self, const struct command *requester)
{
	struct pending_entry *pending =
	    pending_create(self, PENDING_BARRIER, STR_ABSENT, requester);

	if (pending == NULL)
		return CHAT_UNAVAILABLE;
	if (list_is_empty(&self->pending))
		journal_notify_again(self->journal);
	pending_add(self, pending, journal_last(self->journal));
	return CHAT_OK;
}

enum chat_error
file_log_append_epoch(struct file_store *self, const struct room *room)
{
	struct pending_entry *pending =
	    pending_create(self, PENDING_EPOCH, str_from(room->id), NULL);
	enum chat_error error;
	uint64_t lsn = 0;

	if (pending == NULL)
		return CHAT_UNAVAILABLE;
	error = write_room(self, room, &lsn);
	if (error == CHAT_OK)
		pending_add(self, pending, lsn);
	else
		free(pending);
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

/* --- an entry's turn ------------------------------------------------------ */

static struct entry
entry_of(const struct pending_entry *pending)
{
	static const enum entry_kind kinds[] = {
		[PENDING_MESSAGE] = ENTRY_MESSAGE,
		[PENDING_DUPLICATE] = ENTRY_MESSAGE,
		[PENDING_CREATED] = ENTRY_ROOM_CREATED,
		[PENDING_REMOVED] = ENTRY_ROOM_REMOVED,
		[PENDING_ATTRIBUTE] = ENTRY_ATTRIBUTE,
		[PENDING_BARRIER] = ENTRY_BARRIER,
	};

	return (struct entry){ .kind = kinds[pending->kind],
		.room_id = pending->room_id,
		.lsn = pending->lsn,
		.attribute = pending->kind == PENDING_ATTRIBUTE
				 ? pending->set->attribute
				 : (struct attribute){ 0 } };
}

/* Shows the room unless a removal or creation of it still waits. */
static void
settle_room(struct file_store *self, struct str id)
{
	struct file_room *journaled = journaled_rooms_find(self, id);

	if (--journaled->pending == 0)
		memory_rooms_hide(self->rooms, id, false);
}

/* Changes the stores. CHAT_MESSAGE_NOT_FOUND: nothing has changed. */
static enum chat_error
pending_apply(struct file_store *self, const struct pending_entry *pending,
    struct entry *entry)
{
	switch (pending->kind) {
	case PENDING_MESSAGE:
		memory_history_commit(self->history, pending->posted,
		    &entry->message);
		break;
	case PENDING_DUPLICATE:
		entry->is_duplicate = true;
		entry->message.seq = pending->first.seq;
		entry->message.at_ms = pending->first.at_ms;
		break;
	case PENDING_CREATED:
		settle_room(self, pending->room_id);
		break;
	case PENDING_REMOVED:
		journaled_rooms_remove(self, pending->room_id);
		break;
	case PENDING_ATTRIBUTE:
		if (!file_attribute_commit(self, pending->room_id,
			pending->set))
			return CHAT_MESSAGE_NOT_FOUND;
		break;
	case PENDING_EPOCH:
	case PENDING_BARRIER:
		break;
	}
	return CHAT_OK;
}

/* Reverts the preparation of an entry. */
static void
pending_drop(struct file_store *self, struct pending_entry *pending)
{
	struct file_room *journaled;

	pending->is_lost = true;
	switch (pending->kind) {
	case PENDING_MESSAGE:
		memory_history_abandon(self->history, pending->posted);
		break;
	case PENDING_CREATED:
		journaled_rooms_remove(self, pending->room_id);
		break;
	case PENDING_REMOVED:
		journaled_rooms_find(self, pending->room_id)->is_removed =
		    false;
		settle_room(self, pending->room_id);
		break;
	case PENDING_ATTRIBUTE:
		file_attribute_abandon(self, pending->set);
		break;
	case PENDING_EPOCH:
		journaled = journaled_rooms_find(self, pending->room_id);
		journaled->epoch_is_unsaved = true;
		self->epochs_are_unsaved = true;
		break;
	case PENDING_DUPLICATE:
	case PENDING_BARRIER:
		break;
	}
}

static void
pending_do(struct file_store *self, struct pending_entry *pending)
{
	struct entry entry = entry_of(pending);
	enum chat_error outcome = CHAT_STORE_FAILED;

	if (!pending->is_lost)
		outcome = pending_apply(self, pending, &entry);
	if (pending->kind != PENDING_EPOCH)
		commit_log_report(&self->log, &entry,
		    pending->has_requester ? &pending->requester : NULL,
		    outcome);
}

static struct pending_entry *
pending_of(struct list *link)
{
	return LIST_OWNER(link, struct pending_entry, link);
}

static void
pending_remove(struct file_store *self, struct pending_entry *pending)
{
	list_remove(&pending->link);
	self->pending_bytes -= pending->bytes;
}

static void
pending_free(struct pending_entry *pending)
{
	if (pending->kind == PENDING_ATTRIBUTE)
		free(pending->set);
	free(pending);
}

bool
file_log_run(struct file_store *self)
{
	for (int count = 0; !list_is_empty(&self->pending); count++) {
		struct pending_entry *pending = pending_of(self->pending.next);

		if (!pending->is_lost && pending->lsn > self->committed)
			return false;
		if (count == DONE_AT_ONCE)
			return true;
		pending_remove(self, pending);
		pending_do(self, pending);
		pending_free(pending);
	}
	return false;
}

uint64_t
file_log_done(const struct file_store *self)
{
	const struct pending_entry *first = pending_of(self->pending.next);

	return list_is_empty(&self->pending) || first->lsn > self->committed
		   ? self->committed
		   : first->lsn - 1;
}

void
file_log_commit(struct file_store *self, uint64_t committed)
{
	assert(committed >= self->committed);
	self->committed = committed;
}

void
file_log_drop(struct file_store *self, uint64_t first)
{
	struct list *at = self->pending.previous;

	assert(first > self->committed);
	for (; at != &self->pending; at = at->previous) {
		struct pending_entry *pending = pending_of(at);

		if (!pending->is_lost && pending->lsn >= first)
			pending_drop(self, pending);
	}
}

/* --- the log -------------------------------------------------------------- */

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
}

void
file_log_fini(struct file_store *self)
{
	file_log_drop(self, self->committed + 1);
	while (!list_is_empty(&self->pending)) {
		struct pending_entry *pending = pending_of(self->pending.next);

		if (!pending->is_lost && pending->kind == PENDING_MESSAGE)
			memory_history_commit(self->history, pending->posted,
			    NULL);
		if (!pending->is_lost && pending->kind == PENDING_ATTRIBUTE)
			file_attribute_commit(self, pending->room_id,
			    pending->set);
		pending_remove(self, pending);
		pending_free(pending);
	}
}
