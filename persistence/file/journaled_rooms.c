/* Which rooms the journal keeps, and how it learns of them. */
#include <stdlib.h>

#include "persistence/file/file_internal.h"
#include "persistence/format/record_payload.h"

struct file_room *
journaled_rooms_find(const struct file_store *self, struct str id)
{
	return id_map_find(&self->kept, id);
}

struct file_room *
journaled_rooms_add(struct file_store *self, struct str id)
{
	struct file_room *room = malloc(sizeof(*room) + id.len);

	if (room == NULL)
		return NULL;
	*room = (struct file_room){ .id_len = (uint8_t)id.len };
	memcpy(room->id, id.data, id.len);
	if (!id_map_put(&self->kept, room)) {
		free(room);
		return NULL;
	}
	list_append(&self->all_kept, &room->link);
	return room;
}

void
journaled_rooms_remove(struct file_store *self, struct str id)
{
	struct file_room *room = id_map_remove(&self->kept, id);

	if (room == NULL)
		return;
	list_remove(&room->link);
	free(room);
}

enum chat_error
journaled_rooms_append(struct file_store *self, const struct room *room,
    enum change_kind kind)
{
	struct change *change = change_create(kind, str_from(room->id));
	enum chat_error error = CHAT_UNAVAILABLE;
	char *payload = NULL;

	if (change != NULL)
		payload = journal_reserve(self->journal,
		    room_payload_size(room), &error);
	if (payload == NULL) {
		free(change);
		return error;
	}
	room_payload_write(payload, room);
	undo_log_note(self, change, journal_commit(self->journal, RECORD_ROOM));
	return CHAT_OK;
}

static enum chat_error
append_epoch(struct file_store *self, struct file_room *kept)
{
	struct room room;
	enum chat_error error;

	error = room_store_get(self->rooms, str_slice(kept->id, kept->id_len),
	    &room);
	if (error == CHAT_OK)
		error = journaled_rooms_append(self, &room, CHANGE_EPOCH);
	if (error == CHAT_OK)
		kept->epoch_is_due = false;
	return error;
}

enum chat_error
journaled_rooms_append_epochs(struct file_store *self)
{
	const struct list *all = &self->all_kept;
	enum chat_error error = CHAT_OK;

	if (!self->epochs_are_due)
		return CHAT_OK;
	for (struct list *at = all->next; at != all && error == CHAT_OK;
	     at = at->next) {
		struct file_room *kept = LIST_OWNER(at, struct file_room, link);

		if (kept->epoch_is_due)
			error = append_epoch(self, kept);
	}
	self->epochs_are_due = error != CHAT_OK;
	return error;
}
