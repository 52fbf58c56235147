#include "persistence/memory/memory_rooms.h"

#include <assert.h>
#include <stdlib.h>

#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "persistence/memory/membership_index.h"
#include "persistence/memory/room_origins.h"

struct entry {
	struct room room;
	struct list in_order;
	struct list memberships; /* in order of joining */
	uint8_t id_len;          /* of room.id */
	bool is_hidden;
};

/* A member in a room, in two lists; that of the member is a ring. */
struct membership {
	struct entry *entry;
	struct room_member *member;
	struct list in_room;
	struct membership *next_room; /* of the member */
};

/* Rooms of a member that are compared by their ids. */
#define COMPARED_MOST 16

struct memory_rooms {
	struct room_store base;
	struct id_map entries;
	struct id_map members;
	struct id_map origins;
	struct list in_order; /* of creation */
	struct room_guests guests;
	size_t bytes; /* of entries, memberships and members; not of maps */
};

static struct memory_rooms *
memory_rooms_of(struct room_store *base)
{
	return (struct memory_rooms *)base;
}

static struct str
room_entry_key(const void *entry)
{
	const struct entry *self = entry;

	return str_slice(self->room.id, self->id_len);
}

/* The membership in front of that of this room; NULL: there is none. */
static struct membership *
membership_before(const struct room_member *member, const struct entry *entry)
{
	struct membership *at = member->last;

	if (at == NULL)
		return NULL;
	do {
		if (at->next_room->entry == entry)
			return at;
		at = at->next_room;
	} while (at != member->last);
	return NULL;
}

/* The shorter list is searched. */
static bool
membership_exists(const struct room_member *member, const struct entry *entry)
{
	const struct list *all = &entry->memberships;

	if (member->count <= entry->room.member_count)
		return membership_before(member, entry) != NULL;
	for (const struct list *at = all->next; at != all; at = at->next)
		if (LIST_OWNER(at, struct membership, in_room)->member ==
		    member)
			return true;
	return false;
}

/* NULL: the member is not in it, or there is no such room. */
static const struct entry *
entry_of_member(struct memory_rooms *self, struct str room,
    struct str member_id)
{
	const struct room_member *member =
	    membership_index_find(&self->members, member_id);
	const struct membership *at;
	const struct entry *entry;

	if (member == NULL)
		return NULL;
	if (member->count > COMPARED_MOST) {
		entry = id_map_find(&self->entries, room);
		return entry != NULL && membership_exists(member, entry) ? entry
									 : NULL;
	}
	at = member->last;
	for (uint32_t i = 0; i < member->count; i++) {
		at = at->next_room;
		if (str_equal(room_entry_key(at->entry), room))
			return at->entry;
	}
	return NULL;
}

static void
room_count_member(struct memory_rooms *self, struct room *room, bool guest)
{
	room->member_count++;
	if (!guest)
		return;
	self->guests.members++;
	if (room->guest_count++ == 0)
		self->guests.rooms++;
}

static void
room_uncount_member(struct memory_rooms *self, struct room *room, bool guest)
{
	room->member_count--;
	if (!guest)
		return;
	self->guests.members--;
	if (--room->guest_count == 0)
		self->guests.rooms--;
}

static void
membership_end(struct memory_rooms *self, struct membership *before)
{
	struct membership *membership = before->next_room;
	struct room_member *member = membership->member;

	before->next_room = membership->next_room;
	if (member->last == membership)
		member->last = before != membership ? before : NULL;
	member->count--;
	list_remove(&membership->in_room);
	room_uncount_member(self, &membership->entry->room, member->is_guest);
	free(membership);
	self->bytes -= sizeof(*membership);
	if (member->count == 0)
		self->bytes -= room_member_bytes(member);
	membership_index_release(&self->members, member);
}

static enum chat_error
rooms_put(struct room_store *base, const struct room *room)
{
	struct memory_rooms *self = memory_rooms_of(base);
	struct entry *entry;

	if (id_map_find(&self->entries, str_from(room->id)) != NULL)
		return CHAT_ROOM_EXISTS;
	entry = malloc(sizeof(*entry));
	if (entry == NULL)
		return CHAT_UNAVAILABLE;
	*entry = (struct entry){ .room = *room,
		.id_len = (uint8_t)strlen(room->id) };
	entry->room.member_count = 0;
	entry->room.guest_count = 0;
	if (!room_origins_add(&self->origins, room))
		goto free_entry;
	if (!id_map_put(&self->entries, entry))
		goto forget_origin;
	self->bytes += sizeof(*entry);
	list_init(&entry->memberships);
	list_append(&self->in_order, &entry->in_order);
	return CHAT_OK;
forget_origin:
	room_origins_remove(&self->origins, room);
free_entry:
	free(entry);
	return CHAT_UNAVAILABLE;
}

static enum chat_error
rooms_get(struct room_store *base, struct str id, struct room *out)
{
	const struct entry *entry =
	    id_map_find(&memory_rooms_of(base)->entries, id);

	if (entry == NULL || entry->is_hidden)
		return CHAT_ROOM_NOT_FOUND;
	*out = entry->room;
	return CHAT_OK;
}

static void
rooms_remove(struct room_store *base, struct str id)
{
	struct memory_rooms *self = memory_rooms_of(base);
	struct entry *entry = id_map_remove(&self->entries, id);

	if (entry == NULL)
		return;
	assert(list_is_empty(&entry->memberships));
	list_remove(&entry->in_order);
	room_origins_remove(&self->origins, &entry->room);
	self->bytes -= sizeof(*entry);
	free(entry);
}

static enum chat_error
rooms_join(struct room_store *base, struct str room, struct str member_id,
    bool guest)
{
	struct memory_rooms *self = memory_rooms_of(base);
	struct entry *entry = id_map_find(&self->entries, room);
	struct membership *membership;
	struct room_member *member;

	if (entry == NULL)
		return CHAT_ROOM_NOT_FOUND;
	member = membership_index_need(&self->members, member_id, guest);
	if (member == NULL)
		return CHAT_UNAVAILABLE;
	if (membership_exists(member, entry))
		return CHAT_MEMBER_EXISTS;
	membership = malloc(sizeof(*membership));
	if (membership == NULL) {
		membership_index_release(&self->members, member);
		return CHAT_UNAVAILABLE;
	}
	*membership = (struct membership){ .entry = entry, .member = member };
	membership->next_room =
	    member->last != NULL ? member->last->next_room : membership;
	if (member->last != NULL)
		member->last->next_room = membership;
	member->last = membership;
	self->bytes += sizeof(*membership);
	if (member->count == 0)
		self->bytes += room_member_bytes(member);
	member->count++;
	list_append(&entry->memberships, &membership->in_room);
	room_count_member(self, &entry->room, member->is_guest);
	return CHAT_OK;
}

static enum chat_error
rooms_leave(struct room_store *base, struct str room, struct str member_id)
{
	struct memory_rooms *self = memory_rooms_of(base);
	const struct entry *entry = id_map_find(&self->entries, room);
	const struct room_member *member =
	    membership_index_find(&self->members, member_id);
	struct membership *before = NULL;

	if (entry != NULL && member != NULL)
		before = membership_before(member, entry);
	if (before == NULL)
		return CHAT_NOT_IN_ROOM;
	membership_end(self, before);
	return CHAT_OK;
}

static void
rooms_touch(struct room_store *base, struct str room, int64_t at_ms)
{
	struct entry *entry =
	    id_map_find(&memory_rooms_of(base)->entries, room);

	if (entry != NULL)
		entry->room.active_ms = at_ms;
}

static void
rooms_set_epoch(struct room_store *base, const struct room *room)
{
	struct entry *entry =
	    id_map_find(&memory_rooms_of(base)->entries, str_from(room->id));

	if (entry == NULL)
		return;
	memcpy(entry->room.epoch, room->epoch, sizeof(room->epoch));
	memcpy(entry->room.former_epoch, room->former_epoch,
	    sizeof(room->former_epoch));
	entry->room.former_seq = room->former_seq;
}

static bool
rooms_has(struct room_store *base, struct str room, struct str member_id)
{
	return entry_of_member(memory_rooms_of(base), room, member_id) != NULL;
}

static bool
rooms_get_joined(struct room_store *base, struct str room, struct str member_id,
    struct room *out)
{
	const struct entry *entry =
	    entry_of_member(memory_rooms_of(base), room, member_id);

	if (entry == NULL || entry->is_hidden)
		return false;
	*out = entry->room;
	return true;
}

static size_t
rooms_of_member(struct room_store *base, struct str member_id)
{
	const struct room_member *member =
	    membership_index_find(&memory_rooms_of(base)->members, member_id);

	return member != NULL ? member->count : 0;
}

static void
rooms_each_member(struct room_store *base, struct str room,
    room_member_visit *visit, void *arg)
{
	const struct entry *entry =
	    id_map_find(&memory_rooms_of(base)->entries, room);
	const struct list *all, *at;

	if (entry == NULL)
		return;
	all = &entry->memberships;
	for (at = all->next; at != all; at = at->next) {
		const struct membership *membership =
		    LIST_OWNER(at, struct membership, in_room);

		if (!visit(room_member_id(membership->member), arg))
			return;
	}
}

static void
rooms_each_of_member(struct room_store *base, struct str member_id,
    room_visit *visit, void *arg)
{
	const struct room_member *member =
	    membership_index_find(&memory_rooms_of(base)->members, member_id);
	const struct membership *at = member != NULL ? member->last : NULL;

	for (uint32_t left = at != NULL ? member->count : 0; left > 0; left--) {
		at = at->next_room;
		if (!visit(&at->entry->room, arg))
			return;
	}
}

static void
rooms_each(struct room_store *base, room_visit *visit, void *arg)
{
	const struct list *all = &memory_rooms_of(base)->in_order;

	for (const struct list *at = all->next; at != all; at = at->next) {
		const struct entry *entry =
		    LIST_OWNER(at, struct entry, in_order);

		if (!entry->is_hidden && !visit(&entry->room, arg))
			return;
	}
}

static size_t
rooms_count(struct room_store *base)
{
	return id_map_count(&memory_rooms_of(base)->entries);
}

static struct room_counts
rooms_count_of(struct room_store *base, uint64_t origin)
{
	return room_origins_count(&memory_rooms_of(base)->origins, origin);
}

static void
rooms_guests(struct room_store *base, struct room_guests *out)
{
	*out = memory_rooms_of(base)->guests;
}

static void
entry_end_memberships(struct memory_rooms *self, struct entry *entry)
{
	while (!list_is_empty(&entry->memberships)) {
		struct membership *membership =
		    LIST_OWNER(entry->memberships.next, struct membership,
			in_room);

		membership_end(self,
		    membership_before(membership->member, entry));
	}
}

static void
rooms_destroy(struct room_store *base)
{
	struct memory_rooms *self = memory_rooms_of(base);
	while (!list_is_empty(&self->in_order)) {
		struct entry *entry =
		    LIST_OWNER(self->in_order.next, struct entry, in_order);

		entry_end_memberships(self, entry);
		list_remove(&entry->in_order);
		room_origins_remove(&self->origins, &entry->room);
		free(entry);
	}
	id_map_fini(&self->entries);
	id_map_fini(&self->members);
	id_map_fini(&self->origins);
	free(self);
}

/* Maps are counted by their slots. */
static size_t
rooms_bytes(struct room_store *base)
{
	const struct memory_rooms *self = memory_rooms_of(base);

	return self->bytes + id_map_bytes(&self->entries) +
	       id_map_bytes(&self->members) + id_map_bytes(&self->origins);
}

static const struct room_store_ops ops = {
	.put = rooms_put,
	.get = rooms_get,
	.remove = rooms_remove,
	.join = rooms_join,
	.leave = rooms_leave,
	.set_epoch = rooms_set_epoch,
	.touch = rooms_touch,
	.has = rooms_has,
	.get_joined = rooms_get_joined,
	.rooms_of = rooms_of_member,
	.each_member = rooms_each_member,
	.each_room_of = rooms_each_of_member,
	.each = rooms_each,
	.count = rooms_count,
	.count_of = rooms_count_of,
	.guests = rooms_guests,
	.bytes = rooms_bytes,
	.destroy = rooms_destroy,
};

struct room_store *
memory_rooms_create(void)
{
	struct memory_rooms *self = calloc(1, sizeof(*self));

	if (self == NULL)
		return NULL;
	self->base.ops = &ops;
	list_init(&self->in_order);
	id_map_init(&self->entries, room_entry_key);
	membership_index_init(&self->members);
	room_origins_init(&self->origins);
	return &self->base;
}

void
memory_rooms_update(struct room_store *base, const struct room *room)
{
	struct entry *entry =
	    id_map_find(&memory_rooms_of(base)->entries, str_from(room->id));
	struct room was;

	assert(entry != NULL);
	was = entry->room;
	assert(was.persistent == room->persistent);
	entry->room = *room;
	entry->room.origin = was.origin;
	entry->room.member_count = was.member_count;
	entry->room.guest_count = was.guest_count;
}

void
memory_rooms_hide(struct room_store *base, struct str id, bool is_hidden)
{
	struct entry *entry = id_map_find(&memory_rooms_of(base)->entries, id);

	assert(entry != NULL);
	entry->is_hidden = is_hidden;
}
