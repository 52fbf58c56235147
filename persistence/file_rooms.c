/* Rooms in memory; of the persistent ones the journal keeps a record. */
#include "domain/log.h"
#include "persistence/entries.h"
#include "persistence/file_parts.h"
#include "persistence/memory_rooms.h"

static struct file_store *
self_of(struct room_store *base)
{
	return LIST_OWNER(base, struct file_store, rooms);
}

static struct room_store *
memory_of(struct room_store *base)
{
	return self_of(base)->memory_rooms;
}

/* --- what changes --------------------------------------------------------- */

/* A room that is in memory already. */
static enum chat_error
keep(struct file_store *self, struct room *room)
{
	struct str id = str_from(room->id);
	struct file_room *kept;
	enum chat_error error = file_kept_append_epochs(self);

	if (error != CHAT_OK)
		return error;
	kept = file_kept_add(self, id);
	if (kept == NULL)
		return CHAT_UNAVAILABLE;
	error = file_kept_append(self, room, CHANGE_NEW_ROOM);
	if (error != CHAT_OK) {
		file_kept_remove(self, id);
		return error;
	}
	room->lsn = kept->lsn;
	memory_rooms_update(self->memory_rooms, room);
	return CHAT_OK;
}

static enum chat_error
put(struct room_store *base, struct room *room)
{
	struct file_store *self = self_of(base);
	enum chat_error error = room_store_put(self->memory_rooms, room);

	if (error != CHAT_OK || !room->persistent)
		return error;
	error = keep(self, room);
	if (error != CHAT_OK)
		room_store_remove(self->memory_rooms, str_from(room->id));
	return error;
}

/* If that cannot be written, the room is back after the next start: empty. */
static void
append_gone(struct file_store *self, struct str id)
{
	enum chat_error error;
	char *payload;

	payload = journal_reserve(self->journal, gone_entry_size(id), &error);
	if (payload == NULL) {
		log_warn("room %.*s is gone, and will be back: %s", (int)id.len,
		    id.data, chat_error_text(error));
		return;
	}
	gone_entry_write(payload, id);
	journal_commit(self->journal, RECORD_ROOM_GONE);
}

static void
remove_room(struct room_store *base, struct str id)
{
	struct file_store *self = self_of(base);

	room_store_remove(self->memory_rooms, id);
	if (file_kept_find(self, id) == NULL)
		return;
	file_kept_remove(self, id);
	append_gone(self, id);
}

/* --- what memory knows best ----------------------------------------------- */

static enum chat_error
get(struct room_store *base, struct str id, struct room *out)
{
	return room_store_get(memory_of(base), id, out);
}

static enum chat_error
join(struct room_store *base, struct str room, struct str member_id, bool guest)
{
	return room_store_join(memory_of(base), room, member_id, guest);
}

static enum chat_error
leave(struct room_store *base, struct str room, struct str member_id)
{
	return room_store_leave(memory_of(base), room, member_id);
}

static void
touch(struct room_store *base, struct str room, int64_t at_ms)
{
	room_store_touch(memory_of(base), room, at_ms);
}

static bool
has(struct room_store *base, struct str room, struct str member_id)
{
	return room_store_has(memory_of(base), room, member_id);
}

static size_t
rooms_of(struct room_store *base, struct str member_id)
{
	return room_store_rooms_of(memory_of(base), member_id);
}

static void
each_member(struct room_store *base, struct str room, room_member_visit *visit,
    void *arg)
{
	room_store_each_member(memory_of(base), room, visit, arg);
}

static void
each_room_of(struct room_store *base, struct str member_id, room_visit *visit,
    void *arg)
{
	room_store_each_room_of(memory_of(base), member_id, visit, arg);
}

static void
each(struct room_store *base, room_visit *visit, void *arg)
{
	room_store_each(memory_of(base), visit, arg);
}

static size_t
count(struct room_store *base)
{
	return room_store_count(memory_of(base));
}

static void
guests(struct room_store *base, struct room_guests *out)
{
	room_store_guests(memory_of(base), out);
}

/* It goes with the file store. */
static void
destroy(struct room_store *base)
{
	(void)base;
}

static const struct room_store_ops ops = {
	.put = put,
	.get = get,
	.remove = remove_room,
	.join = join,
	.leave = leave,
	.touch = touch,
	.has = has,
	.rooms_of = rooms_of,
	.each_member = each_member,
	.each_room_of = each_room_of,
	.each = each,
	.count = count,
	.guests = guests,
	.destroy = destroy,
};

void
file_rooms_init(struct file_store *self)
{
	self->rooms.ops = &ops;
}
