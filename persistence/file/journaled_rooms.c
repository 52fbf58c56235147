/* Which rooms the journal has records of. */
#include <stdlib.h>

#define DAY_MS INT64_C(86400000)

#include "persistence/file/file_internal.h"
#include "persistence/memory/memory_history.h"

static struct str
file_room_key(const void *entry)
{
	const struct file_room *room = entry;

	return str_slice(room->id, room->id_len);
}

void
journaled_rooms_init(struct file_store *self)
{
	id_map_init(&self->journaled, file_room_key);
	list_init(&self->all_journaled);
}

struct file_room *
journaled_rooms_find(const struct file_store *self, struct str id)
{
	return id_map_find(&self->journaled, id);
}

/* NULL: no memory. */
static struct file_room *
file_room_create(struct file_store *self, struct str id)
{
	struct file_room *room = malloc(sizeof(*room) + id.len);

	if (room == NULL)
		return NULL;
	*room = (struct file_room){ .id_len = (uint8_t)id.len };
	memcpy(room->id, id.data, id.len);
	if (!id_map_put(&self->journaled, room)) {
		free(room);
		return NULL;
	}
	list_append(&self->all_journaled, &room->link);
	return room;
}

static void
file_room_destroy(struct file_store *self, struct file_room *room)
{
	id_map_remove(&self->journaled, str_slice(room->id, room->id_len));
	list_remove(&room->link);
	free(room);
}

enum chat_error
journaled_rooms_create(struct file_store *self, const struct room *room,
    struct file_room **out)
{
	struct entry entry = { .kind = ENTRY_ROOM_CREATED,
		.room_id = str_from(room->id),
		.room = room };
	enum chat_error error;

	error =
	    entry_apply(&entry, self->rooms, self->history, self->attributes);
	if (error != CHAT_OK)
		return error;
	*out = file_room_create(self, entry.room_id);
	if (*out != NULL) {
		(*out)->recorded_ms = room->active_ms;
		return CHAT_OK;
	}
	entry.kind = ENTRY_ROOM_REMOVED;
	(void)entry_apply(&entry, self->rooms, self->history, self->attributes);
	return CHAT_UNAVAILABLE;
}

void
journaled_rooms_remove(struct file_store *self, struct str id)
{
	struct entry entry = { .kind = ENTRY_ROOM_REMOVED, .room_id = id };

	file_room_destroy(self, journaled_rooms_find(self, id));
	(void)entry_apply(&entry, self->rooms, self->history, self->attributes);
}

void
journaled_rooms_fini(struct file_store *self)
{
	while (!list_is_empty(&self->all_journaled))
		file_room_destroy(self, LIST_OWNER(self->all_journaled.next,
					    struct file_room, link));
	id_map_fini(&self->journaled);
}

static enum chat_error
append_epoch(struct file_store *self, struct file_room *journaled)
{
	struct room room;
	enum chat_error error;

	error = room_store_get(self->rooms,
	    str_slice(journaled->id, journaled->id_len), &room);
	if (error == CHAT_OK)
		error = file_log_append_epoch(self, &room);
	if (error == CHAT_OK) {
		journaled->epoch_is_unsaved = false;
		journaled->recorded_ms = room.active_ms;
	}
	return error;
}

enum chat_error
journaled_rooms_append_epochs(struct file_store *self)
{
	const struct list *all = &self->all_journaled;
	enum chat_error error = CHAT_OK;

	if (!self->epochs_are_unsaved)
		return CHAT_OK;
	for (struct list *at = all->next; at != all && error == CHAT_OK;
	     at = at->next) {
		struct file_room *room = LIST_OWNER(at, struct file_room, link);

		if (room->epoch_is_unsaved)
			error = append_epoch(self, room);
	}
	self->epochs_are_unsaved = error != CHAT_OK;
	return error;
}

void
journaled_rooms_note_activity(struct file_store *self)
{
	const struct list *all = &self->all_journaled;

	for (struct list *at = all->next; at != all; at = at->next) {
		struct file_room *journaled =
		    LIST_OWNER(at, struct file_room, link);
		struct room room;

		if (room_store_get(self->rooms,
			str_slice(journaled->id, journaled->id_len),
			&room) != CHAT_OK ||
		    room.active_ms - journaled->recorded_ms < DAY_MS)
			continue;
		journaled->epoch_is_unsaved = true;
		self->epochs_are_unsaved = true;
	}
}
