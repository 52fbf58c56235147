/* What was appended to the journal, as long as it may have to be taken back. */
#include <assert.h>
#include <stdlib.h>

#include "persistence/file/file_internal.h"
#include "persistence/memory/memory_history.h"
#include "persistence/memory/memory_rooms.h"

static struct str
room_of(const struct change *change)
{
	return str_slice(change->id, change->id_len);
}

struct change *
change_create(enum change_kind kind, struct str room)
{
	struct change *change = malloc(sizeof(*change) + room.len);

	assert(room.len < ROOM_ID_SIZE);
	if (change == NULL)
		return NULL;
	*change = (struct change){ .kind = kind, .id_len = (uint8_t)room.len };
	memcpy(change->id, room.data, room.len);
	return change;
}

void
undo_log_note(struct file_store *self, struct change *change, uint64_t lsn)
{
	struct file_room *room = journaled_rooms_find(self, room_of(change));

	change->lsn = lsn;
	if (change->kind == CHANGE_NEW_ROOM)
		room->lsn = lsn;
	change->room_lsn = room->lsn;
	list_append(&self->changes, &change->link);
}

static void
forget(struct change *change)
{
	list_remove(&change->link);
	free(change);
}

void
undo_log_commit(struct file_store *self, uint64_t committed)
{
	while (!list_is_empty(&self->changes)) {
		struct change *change =
		    LIST_OWNER(self->changes.next, struct change, link);

		if (change->lsn > committed)
			return;
		forget(change);
	}
}

/* Who is in the room may stay: it lives on like any other. */
static void
take_back_room(struct file_store *self, struct str id)
{
	struct room room;

	journaled_rooms_remove(self, id);
	if (room_store_get(self->rooms, id, &room) != CHAT_OK)
		return;
	room.persistent = false;
	room.lsn = 0;
	memory_rooms_update(self->rooms, &room);
	if (room.member_count > 0)
		return;
	history_close(self->history, id);
	room_store_remove(self->rooms, id);
}

static void
take_back(struct file_store *self, const struct change *change)
{
	struct file_room *room = journaled_rooms_find(self, room_of(change));

	/* The room has gone, and perhaps come again. */
	if (room == NULL || room->lsn != change->room_lsn)
		return;
	switch (change->kind) {
	case CHANGE_NEW_ROOM:
		take_back_room(self, room_of(change));
		break;
	case CHANGE_EPOCH:
		room->epoch_is_due = true;
		self->epochs_are_due = true;
		break;
	case CHANGE_MESSAGE:
		memory_history_take_back(self->history, room_of(change),
		    change->seq);
		break;
	}
}

void
undo_log_take_back(struct file_store *self, uint64_t first)
{
	while (!list_is_empty(&self->changes)) {
		struct change *change =
		    LIST_OWNER(self->changes.previous, struct change, link);

		if (change->lsn < first)
			return;
		take_back(self, change);
		forget(change);
	}
}
