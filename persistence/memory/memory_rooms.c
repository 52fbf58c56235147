#include "persistence/memory/memory_rooms.h"

#include <assert.h>
#include <stdlib.h>

#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "persistence/memory/membership_index.h"

struct entry {
	struct room room;
	struct list in_order;
	struct list memberships; /* in order of joining */
	bool is_hidden;
};

/*
 * A person in a room: in two lists. The person's is short (there is a limit
 * of rooms per member), so it is walked, and linked in one direction only.
 */
struct membership {
	struct entry *entry;
	struct person *person;
	struct list in_room;
	struct membership *next_room; /* of the person */
};

struct memory_rooms {
	struct room_store base;
	struct id_map entries;
	struct id_map persons;
	struct list in_order; /* of creation */
	struct room_guests guests;
};

static struct memory_rooms *
self_of(struct room_store *base)
{
	return (struct memory_rooms *)base;
}

static struct str
entry_key(const void *entry)
{
	return str_from(((const struct entry *)entry)->room.id);
}

/*
 * Where the person's list leads to its membership of this room, or to its
 * end.
 */
static struct membership **
find_link(struct person *person, const struct entry *entry)
{
	struct membership **link = &person->first;

	while (*link != NULL && (*link)->entry != entry)
		link = &(*link)->next_room;
	return link;
}

/* NULL also if there is no such room. */
static struct membership **
find_membership(struct memory_rooms *self, struct str room,
    struct str member_id)
{
	struct person *person =
	    membership_index_find(&self->persons, member_id);
	struct entry *entry;
	struct membership **link;

	if (person == NULL)
		return NULL;
	entry = id_map_find(&self->entries, room);
	if (entry == NULL)
		return NULL;
	link = find_link(person, entry);
	return *link != NULL ? link : NULL;
}

static void
count_one_more(struct memory_rooms *self, struct room *room, bool guest)
{
	room->member_count++;
	if (!guest)
		return;
	self->guests.members++;
	if (room->guest_count++ == 0)
		self->guests.rooms++;
}

static void
count_one_less(struct memory_rooms *self, struct room *room, bool guest)
{
	room->member_count--;
	if (!guest)
		return;
	self->guests.members--;
	if (--room->guest_count == 0)
		self->guests.rooms--;
}

static void
end_membership(struct memory_rooms *self, struct membership **link)
{
	struct membership *membership = *link;
	struct person *person = membership->person;

	*link = membership->next_room;
	person->count--;
	list_remove(&membership->in_room);
	count_one_less(self, &membership->entry->room, person->is_guest);
	free(membership);
	membership_index_release(&self->persons, person);
}

static enum chat_error
put(struct room_store *base, const struct room *room)
{
	struct memory_rooms *self = self_of(base);
	struct entry *entry;

	if (id_map_find(&self->entries, str_from(room->id)) != NULL)
		return CHAT_ROOM_EXISTS;
	entry = malloc(sizeof(*entry));
	if (entry == NULL)
		return CHAT_UNAVAILABLE;
	*entry = (struct entry){ .room = *room };
	entry->room.member_count = 0;
	entry->room.guest_count = 0;
	if (!id_map_put(&self->entries, entry)) {
		free(entry);
		return CHAT_UNAVAILABLE;
	}
	list_init(&entry->memberships);
	list_append(&self->in_order, &entry->in_order);
	return CHAT_OK;
}

static enum chat_error
get(struct room_store *base, struct str id, struct room *out)
{
	const struct entry *entry = id_map_find(&self_of(base)->entries, id);

	if (entry == NULL || entry->is_hidden)
		return CHAT_ROOM_NOT_FOUND;
	*out = entry->room;
	return CHAT_OK;
}

static void
remove_room(struct room_store *base, struct str id)
{
	struct memory_rooms *self = self_of(base);
	struct entry *entry = id_map_remove(&self->entries, id);

	if (entry == NULL)
		return;
	assert(list_is_empty(&entry->memberships));
	list_remove(&entry->in_order);
	free(entry);
}

static enum chat_error
join(struct room_store *base, struct str room, struct str member_id, bool guest)
{
	struct memory_rooms *self = self_of(base);
	struct entry *entry = id_map_find(&self->entries, room);
	struct membership *membership;
	struct membership **link;
	struct person *person;

	if (entry == NULL)
		return CHAT_ROOM_NOT_FOUND;
	person = membership_index_need(&self->persons, member_id, guest);
	if (person == NULL)
		return CHAT_UNAVAILABLE;
	link = find_link(person, entry);
	if (*link != NULL)
		return CHAT_MEMBER_EXISTS;
	membership = malloc(sizeof(*membership));
	if (membership == NULL) {
		membership_index_release(&self->persons, person);
		return CHAT_UNAVAILABLE;
	}
	*membership = (struct membership){ .entry = entry, .person = person };
	*link = membership;
	person->count++;
	list_append(&entry->memberships, &membership->in_room);
	count_one_more(self, &entry->room, person->is_guest);
	return CHAT_OK;
}

static enum chat_error
leave(struct room_store *base, struct str room, struct str member_id)
{
	struct memory_rooms *self = self_of(base);
	struct membership **link = find_membership(self, room, member_id);

	if (link == NULL)
		return CHAT_NOT_IN_ROOM;
	end_membership(self, link);
	return CHAT_OK;
}

static void
touch(struct room_store *base, struct str room, int64_t at_ms)
{
	struct entry *entry = id_map_find(&self_of(base)->entries, room);

	if (entry != NULL)
		entry->room.active_ms = at_ms;
}

static bool
has(struct room_store *base, struct str room, struct str member_id)
{
	return find_membership(self_of(base), room, member_id) != NULL;
}

static size_t
rooms_of(struct room_store *base, struct str member_id)
{
	const struct person *person =
	    membership_index_find(&self_of(base)->persons, member_id);

	return person != NULL ? person->count : 0;
}

static void
each_member(struct room_store *base, struct str room, room_member_visit *visit,
    void *arg)
{
	const struct entry *entry = id_map_find(&self_of(base)->entries, room);
	const struct list *all, *at;

	if (entry == NULL)
		return;
	all = &entry->memberships;
	for (at = all->next; at != all; at = at->next) {
		const struct membership *membership =
		    LIST_OWNER(at, struct membership, in_room);

		if (!visit(person_id(membership->person), arg))
			return;
	}
}

static void
each_room_of(struct room_store *base, struct str member_id, room_visit *visit,
    void *arg)
{
	const struct person *person =
	    membership_index_find(&self_of(base)->persons, member_id);
	const struct membership *membership =
	    person != NULL ? person->first : NULL;

	for (; membership != NULL; membership = membership->next_room)
		if (!visit(&membership->entry->room, arg))
			return;
}

static void
each(struct room_store *base, room_visit *visit, void *arg)
{
	const struct list *all = &self_of(base)->in_order;

	for (const struct list *at = all->next; at != all; at = at->next) {
		const struct entry *entry =
		    LIST_OWNER(at, struct entry, in_order);

		if (!entry->is_hidden && !visit(&entry->room, arg))
			return;
	}
}

static size_t
count(struct room_store *base)
{
	return id_map_count(&self_of(base)->entries);
}

static void
guests(struct room_store *base, struct room_guests *out)
{
	*out = self_of(base)->guests;
}

static void
end_all_memberships(struct memory_rooms *self, struct entry *entry)
{
	while (!list_is_empty(&entry->memberships)) {
		struct membership *membership =
		    LIST_OWNER(entry->memberships.next, struct membership,
			in_room);

		end_membership(self, find_link(membership->person, entry));
	}
}

static void
destroy(struct room_store *base)
{
	struct memory_rooms *self = self_of(base);
	while (!list_is_empty(&self->in_order)) {
		struct entry *entry =
		    LIST_OWNER(self->in_order.next, struct entry, in_order);

		end_all_memberships(self, entry);
		list_remove(&entry->in_order);
		free(entry);
	}
	id_map_fini(&self->entries);
	id_map_fini(&self->persons);
	free(self);
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

struct room_store *
memory_rooms_create(void)
{
	struct memory_rooms *self = calloc(1, sizeof(*self));

	if (self == NULL)
		return NULL;
	self->base.ops = &ops;
	list_init(&self->in_order);
	id_map_init(&self->entries, entry_key);
	membership_index_init(&self->persons);
	return &self->base;
}

void
memory_rooms_update(struct room_store *base, const struct room *room)
{
	struct entry *entry =
	    id_map_find(&self_of(base)->entries, str_from(room->id));
	struct room was;

	assert(entry != NULL);
	was = entry->room;
	entry->room = *room;
	entry->room.member_count = was.member_count;
	entry->room.guest_count = was.guest_count;
}

void
memory_rooms_hide(struct room_store *base, struct str id, bool is_hidden)
{
	struct entry *entry = id_map_find(&self_of(base)->entries, id);

	assert(entry != NULL);
	entry->is_hidden = is_hidden;
}
