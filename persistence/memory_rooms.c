#include "persistence/memory_rooms.h"

#include <assert.h>
#include <stdlib.h>

#include "domain/id_map.h"

struct entry {
	struct room room;
	struct entry *older; /* in order of creation */
	struct entry *newer;
	struct membership *first; /* in order of joining */
	struct membership *last;
};

/* Somebody who is in a room at least; all others cost nothing. */
struct person {
	struct membership *first; /* in order of joining */
	uint32_t count;
	uint8_t id_len;
	char id[]; /* without NUL */
};

/*
 * A person in a room: in two lists. The person's is short (there is a limit
 * of rooms per member), so it is walked, and linked in one direction only.
 */
struct membership {
	struct entry *entry;
	struct person *person;
	struct membership *previous; /* of the room */
	struct membership *next;
	struct membership *next_room; /* of the person */
};

struct memory_rooms {
	struct room_store base;
	struct id_map entries;
	struct id_map persons;
	struct entry *oldest;
	struct entry *newest;
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

static struct str
person_id(const struct person *person)
{
	return str_slice(person->id, person->id_len);
}

static struct str
person_key(const void *person)
{
	return person_id(person);
}

static struct person *
find_person(struct memory_rooms *self, struct str id)
{
	return id_map_find(&self->persons, id);
}

/* Finds the person, or makes one who is in no room yet. */
static struct person *
need_person(struct memory_rooms *self, struct str id)
{
	struct person *person = find_person(self, id);

	if (person != NULL)
		return person;
	person = malloc(sizeof(*person) + id.len);
	if (person == NULL)
		return NULL;
	*person = (struct person){ .id_len = (uint8_t)id.len };
	memcpy(person->id, id.data, id.len);
	if (id_map_put(&self->persons, person))
		return person;
	free(person);
	return NULL;
}

static void
drop_person_without_rooms(struct memory_rooms *self, struct person *person)
{
	if (person->count > 0)
		return;
	id_map_remove(&self->persons, person_id(person));
	free(person);
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
	struct person *person = find_person(self, member_id);
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
link_to_room(struct membership *membership)
{
	struct entry *entry = membership->entry;

	membership->previous = entry->last;
	if (entry->last != NULL)
		entry->last->next = membership;
	else
		entry->first = membership;
	entry->last = membership;
	entry->room.member_count++;
}

static void
unlink_from_room(struct membership *membership)
{
	struct entry *entry = membership->entry;

	if (membership->previous != NULL)
		membership->previous->next = membership->next;
	else
		entry->first = membership->next;
	if (membership->next != NULL)
		membership->next->previous = membership->previous;
	else
		entry->last = membership->previous;
	entry->room.member_count--;
}

static void
end_membership(struct memory_rooms *self, struct membership **link)
{
	struct membership *membership = *link;
	struct person *person = membership->person;

	*link = membership->next_room;
	person->count--;
	unlink_from_room(membership);
	free(membership);
	drop_person_without_rooms(self, person);
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
	*entry = (struct entry){ .room = *room, .older = self->newest };
	entry->room.member_count = 0;
	if (!id_map_put(&self->entries, entry)) {
		free(entry);
		return CHAT_UNAVAILABLE;
	}
	if (self->newest != NULL)
		self->newest->newer = entry;
	else
		self->oldest = entry;
	self->newest = entry;
	return CHAT_OK;
}

static enum chat_error
get(struct room_store *base, struct str id, struct room *out)
{
	const struct entry *entry = id_map_find(&self_of(base)->entries, id);

	if (entry == NULL)
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
	assert(entry->first == NULL);
	if (entry->older != NULL)
		entry->older->newer = entry->newer;
	else
		self->oldest = entry->newer;
	if (entry->newer != NULL)
		entry->newer->older = entry->older;
	else
		self->newest = entry->older;
	free(entry);
}

static enum chat_error
join(struct room_store *base, struct str room, struct str member_id)
{
	struct memory_rooms *self = self_of(base);
	struct entry *entry = id_map_find(&self->entries, room);
	struct membership *membership;
	struct membership **link;
	struct person *person;

	if (entry == NULL)
		return CHAT_ROOM_NOT_FOUND;
	person = need_person(self, member_id);
	if (person == NULL)
		return CHAT_UNAVAILABLE;
	link = find_link(person, entry);
	if (*link != NULL)
		return CHAT_MEMBER_EXISTS;
	membership = malloc(sizeof(*membership));
	if (membership == NULL) {
		drop_person_without_rooms(self, person);
		return CHAT_UNAVAILABLE;
	}
	*membership = (struct membership){ .entry = entry, .person = person };
	*link = membership;
	person->count++;
	link_to_room(membership);
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

static bool
has(struct room_store *base, struct str room, struct str member_id)
{
	return find_membership(self_of(base), room, member_id) != NULL;
}

static size_t
rooms_of(struct room_store *base, struct str member_id)
{
	const struct person *person = find_person(self_of(base), member_id);

	return person != NULL ? person->count : 0;
}

static void
each_member(struct room_store *base, struct str room, room_member_visit *visit,
    void *arg)
{
	const struct entry *entry = id_map_find(&self_of(base)->entries, room);
	const struct membership *membership =
	    entry != NULL ? entry->first : NULL;

	for (; membership != NULL; membership = membership->next)
		if (!visit(person_id(membership->person), arg))
			return;
}

static void
each_room_of(struct room_store *base, struct str member_id, room_visit *visit,
    void *arg)
{
	const struct person *person = find_person(self_of(base), member_id);
	const struct membership *membership =
	    person != NULL ? person->first : NULL;

	for (; membership != NULL; membership = membership->next_room)
		if (!visit(&membership->entry->room, arg))
			return;
}

static void
each(struct room_store *base, room_visit *visit, void *arg)
{
	const struct entry *entry = self_of(base)->oldest;

	for (; entry != NULL; entry = entry->newer)
		if (!visit(&entry->room, arg))
			return;
}

static size_t
count(struct room_store *base)
{
	return id_map_count(&self_of(base)->entries);
}

static void
destroy(struct room_store *base)
{
	struct memory_rooms *self = self_of(base);
	struct entry *next;

	for (struct entry *entry = self->oldest; entry != NULL; entry = next) {
		while (entry->first != NULL)
			end_membership(self,
			    find_link(entry->first->person, entry));
		next = entry->newer;
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
	.has = has,
	.rooms_of = rooms_of,
	.each_member = each_member,
	.each_room_of = each_room_of,
	.each = each,
	.count = count,
	.destroy = destroy,
};

struct room_store *
memory_rooms_create(void)
{
	struct memory_rooms *self = calloc(1, sizeof(*self));

	if (self == NULL)
		return NULL;
	self->base.ops = &ops;
	id_map_init(&self->entries, entry_key);
	id_map_init(&self->persons, person_key);
	return &self->base;
}
