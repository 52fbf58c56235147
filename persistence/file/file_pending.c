/*
 * Entries of the log that wait for the disk, and what is done when it has them,
 * or has failed: see file_log.c.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "persistence/file/file_internal.h"
#include "persistence/memory/memory_history.h"
#include "persistence/memory/memory_rooms.h"

/* The memory of an entry is at most this many times its record. */
#define MEMORY_FACTOR 4

/* A slow disk releases thousands of entries at once; do some per turn. */
#define DONE_AT_ONCE 512

/* Entries of the usual size are used again: so many are kept for that. */
#define PENDING_COMMON 320
#define SPARE_MOST 1024

size_t
file_log_most(const struct file_store *self)
{
	return self->options->queue_bytes * MEMORY_FACTOR;
}

static struct pending_entry *
pending_of(struct list *link)
{
	return LIST_OWNER(link, struct pending_entry, link);
}

/* NULL: no memory. */
static struct pending_entry *
pending_allocate(struct file_store *self, size_t size)
{
	struct pending_entry *entry;

	if (size > PENDING_COMMON)
		return malloc(size);
	if (list_is_empty(&self->spare_pending))
		return malloc(PENDING_COMMON);
	entry = pending_of(self->spare_pending.next);
	list_remove(&entry->link);
	self->spare_count--;
	return entry;
}

void
file_pending_free(struct file_store *self, struct pending_entry *pending)
{
	if (pending->size > PENDING_COMMON || self->spare_count == SPARE_MOST) {
		free(pending);
		return;
	}
	list_prepend(&self->spare_pending, &pending->link);
	self->spare_count++;
}

/* The entry itself has what its requester wanted to be kept. */
static bool
has_content(enum pending_kind kind)
{
	return kind == PENDING_MESSAGE || kind == PENDING_DUPLICATE ||
	       kind == PENDING_ATTRIBUTE;
}

struct pending_entry *
file_pending_create(struct file_store *self, enum pending_kind kind,
    struct str room_id, const struct command *requester)
{
	size_t most = file_log_most(self);
	size_t size = sizeof(struct pending_entry) + room_id.len;
	struct command_pack pack = { .bytes = 0 };
	struct pending_entry *entry;

	if (requester != NULL)
		pack = command_pack_plan(requester, !has_content(kind));
	size += pack.bytes;
	if (size > most || self->pending_bytes > most - size)
		return NULL;
	entry = pending_allocate(self, size);
	if (entry == NULL)
		return NULL;
	entry->kind = kind;
	entry->is_lost = false;
	entry->has_requester = requester != NULL;
	entry->size = entry->bytes = size;
	entry->room_len = room_id.len;
	str_put(entry->packed, room_id);
	entry->requester = pack;
	if (requester != NULL)
		command_pack(requester, pack, entry->packed + room_id.len);
	return entry;
}

static struct str
room_id_of(const struct pending_entry *pending)
{
	return str_slice(pending->packed, pending->room_len);
}

void
file_pending_add(struct file_store *self, struct pending_entry *entry,
    uint64_t lsn)
{
	assert(lsn >= self->committed);
	entry->lsn = lsn;
	list_append(&self->pending, &entry->link);
	self->pending_bytes += entry->bytes;
}

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
		.room_id = room_id_of(pending),
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

	assert(journaled != NULL && journaled->pending > 0);
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
		settle_room(self, room_id_of(pending));
		break;
	case PENDING_REMOVED:
		journaled_rooms_remove(self, room_id_of(pending));
		break;
	case PENDING_ATTRIBUTE:
		if (!file_attribute_commit(self, room_id_of(pending),
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
		journaled_rooms_remove(self, room_id_of(pending));
		break;
	case PENDING_REMOVED:
		journaled_rooms_find(self, room_id_of(pending))->is_removed =
		    false;
		settle_room(self, room_id_of(pending));
		break;
	case PENDING_ATTRIBUTE:
		file_attribute_abandon(self, pending->set);
		break;
	case PENDING_EPOCH:
		journaled = journaled_rooms_find(self, room_id_of(pending));
		journaled->epoch_is_unsaved = true;
		self->epochs_are_unsaved = true;
		break;
	case PENDING_DUPLICATE:
	case PENDING_BARRIER:
		break;
	}
}

static void
requester_of(const struct pending_entry *pending, struct command *requester)
{
	command_unpack(pending->requester, pending->packed + pending->room_len,
	    requester);
	if (has_content(pending->kind))
		requester->room = room_id_of(pending);
}

static void
pending_do(struct file_store *self, struct pending_entry *pending)
{
	struct entry entry = entry_of(pending);
	struct command requester;
	enum chat_error outcome = CHAT_STORE_FAILED;

	if (!pending->is_lost)
		outcome = pending_apply(self, pending, &entry);
	if (pending->has_requester)
		requester_of(pending, &requester);
	if (pending->kind != PENDING_EPOCH)
		commit_log_report(&self->log, &entry,
		    pending->has_requester ? &requester : NULL, outcome);
}

static void
pending_remove(struct file_store *self, struct pending_entry *pending)
{
	assert(self->pending_bytes >= pending->bytes);
	list_remove(&pending->link);
	self->pending_bytes -= pending->bytes;
}

static void
pending_end(struct file_store *self, struct pending_entry *pending)
{
	if (pending->kind == PENDING_ATTRIBUTE)
		free(pending->set);
	file_pending_free(self, pending);
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
		pending_end(self, pending);
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
			file_attribute_commit(self, room_id_of(pending),
			    pending->set);
		pending_remove(self, pending);
		pending_end(self, pending);
	}
	while (!list_is_empty(&self->spare_pending)) {
		struct pending_entry *spare =
		    pending_of(self->spare_pending.next);

		list_remove(&spare->link);
		free(spare);
	}
}
