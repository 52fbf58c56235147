/*
 * The rooms in memory, but for three slots of their table: of the persistent
 * ones the journal keeps a record.
 */
#include "domain/log.h"
#include "persistence/file/file_internal.h"
#include "persistence/format/record_payload.h"
#include "persistence/memory/memory_rooms.h"

/* The table is a part of it. */
static struct file_store *
self_of(struct room_store *base)
{
	return LIST_OWNER(base->ops, struct file_store, rooms_ops);
}

/* A room that is in memory already. */
static enum chat_error
keep(struct file_store *self, struct room *room)
{
	struct str id = str_from(room->id);
	struct file_room *kept;
	enum chat_error error = journaled_rooms_append_epochs(self);

	if (error != CHAT_OK)
		return error;
	kept = journaled_rooms_add(self, id);
	if (kept == NULL)
		return CHAT_UNAVAILABLE;
	error = journaled_rooms_append(self, room, CHANGE_NEW_ROOM);
	if (error != CHAT_OK) {
		journaled_rooms_remove(self, id);
		return error;
	}
	room->lsn = kept->lsn;
	memory_rooms_update(self->rooms, room);
	return CHAT_OK;
}

static enum chat_error
put(struct room_store *base, struct room *room)
{
	struct file_store *self = self_of(base);
	enum chat_error error = self->memory_rooms->put(base, room);

	if (error != CHAT_OK || !room->persistent)
		return error;
	error = keep(self, room);
	if (error != CHAT_OK)
		self->memory_rooms->remove(base, str_from(room->id));
	return error;
}

/* If that cannot be written, the room is back after the next start: empty. */
static void
append_gone(struct file_store *self, struct str id)
{
	enum chat_error error;
	char *payload;

	payload =
	    journal_reserve(self->journal, room_gone_payload_size(id), &error);
	if (payload == NULL) {
		log_warn("room %.*s is gone, and will be back: %s", (int)id.len,
		    id.data, chat_error_text(error));
		return;
	}
	room_gone_payload_write(payload, id);
	journal_commit(self->journal, RECORD_ROOM_GONE);
}

static void
remove_room(struct room_store *base, struct str id)
{
	struct file_store *self = self_of(base);

	self->memory_rooms->remove(base, id);
	if (journaled_rooms_find(self, id) == NULL)
		return;
	journaled_rooms_remove(self, id);
	append_gone(self, id);
}

/* It goes with the file store. */
static void
destroy(struct room_store *base)
{
	(void)base;
}

bool
file_rooms_init(struct file_store *self)
{
	self->rooms = memory_rooms_create();
	if (self->rooms == NULL)
		return false;
	self->memory_rooms = self->rooms->ops;
	self->rooms_ops = *self->memory_rooms;
	self->rooms_ops.put = put;
	self->rooms_ops.remove = remove_room;
	self->rooms_ops.destroy = destroy;
	self->rooms->ops = &self->rooms_ops;
	return true;
}

void
file_rooms_fini(struct file_store *self)
{
	if (self->rooms != NULL)
		self->memory_rooms->destroy(self->rooms);
}
