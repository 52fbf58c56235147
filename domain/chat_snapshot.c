#include "domain/chat_snapshot.h"

#include <stdlib.h>

#include "domain/base/array.h"

enum member_flag {
	MEMBER_IN_LOBBY = 1 << 0,
	MEMBER_IS_GUEST = 1 << 1,
	MEMBER_IS_USER = 1 << 2,
	MEMBER_HAS_NO_DM = 1 << 3
};

enum room_flag {
	ROOM_PERSISTENT = 1 << 0,
	ROOM_PRIVATE = 1 << 1,
	ROOM_MODERATED = 1 << 2
};

bool
attribute_is_of_room_log(const struct attribute *attribute)
{
	return attribute_has_trait(attribute->kind, ATTRIBUTE_OF_MESSAGE) ||
	       attribute->kind == ATTRIBUTE_READ;
}

/* Whether only the members of the room are in the snapshot. */
static bool
room_is_kept(const struct chat_snapshot *chat, const struct room *room)
{
	return chat->keeps_rooms && room->persistent;
}

/* --- writing -------------------------------------------------------------- */

struct packing {
	const struct chat_snapshot *chat;
	struct packer *packer;
};

static bool
member_pack(const struct member *member, void *arg)
{
	struct packer *packer = arg;

	pack_text(packer, str_from(member->id));
	pack_text(packer, str_from(member->name));
	pack_number(packer, (member->in_lobby ? MEMBER_IN_LOBBY : 0U) |
				(member->is_guest ? MEMBER_IS_GUEST : 0U) |
				(member->is_user ? MEMBER_IS_USER : 0U) |
				(member->has_no_dm ? MEMBER_HAS_NO_DM : 0U));
	pack_number(packer, member->connections);
	pack_number(packer, (uint64_t)member->since_ms);
	return true;
}

static bool
member_of_room_pack(struct str member_id, void *arg)
{
	pack_text(arg, member_id);
	return true;
}

static bool
attribute_of_room_pack(const struct attribute *attribute, void *arg)
{
	attribute_pack(arg, attribute);
	return true;
}

/* A kind of 0 ends them. */
static void
attributes_pack(const struct packing *packing, struct str room)
{
	struct attribute attribute = { .seq = 0 };

	for (unsigned kind = 1; kind < ATTRIBUTE_KINDS; kind++) {
		attribute.kind = (enum attribute_kind)kind;
		if (attribute_kind_exists(kind) &&
		    !attribute_is_of_room_log(&attribute))
			attribute_store_each(packing->chat->attributes, room,
			    attribute.kind, attribute_of_room_pack,
			    packing->packer);
	}
	pack_number(packing->packer, 0);
}

static void
span_pack(const struct packing *packing, struct str room)
{
	struct history_span span = { .first = 1 };

	(void)history_span(packing->chat->history, room, packing->chat->now_ms,
	    &span);
	pack_number(packing->packer, span.first);
	pack_number(packing->packer, span.last);
	pack_number(packing->packer, (uint64_t)span.last_at_ms);
	pack_number(packing->packer, span.evicted);
}

static bool
room_pack(const struct room *room, void *arg)
{
	const struct packing *packing = arg;
	struct packer *packer = packing->packer;

	pack_text(packer, str_from(room->id));
	pack_text(packer, str_from(room->name));
	pack_text(packer, str_from(room->epoch));
	pack_text(packer, str_from(room->creator));
	pack_number(packer, (room->persistent ? ROOM_PERSISTENT : 0U) |
				(room->is_private ? ROOM_PRIVATE : 0U) |
				(room->is_moderated ? ROOM_MODERATED : 0U));
	pack_number(packer, (uint64_t)room->ttl_ms);
	pack_number(packer, (uint64_t)room->created_ms);
	pack_number(packer, (uint64_t)room->active_ms);
	pack_number(packer, room->max_members);
	pack_number(packer, (uint64_t)room->slow_ms);
	pack_number(packer, room->origin);
	pack_number(packer, room->member_count);
	room_store_each_member(packing->chat->rooms, str_from(room->id),
	    member_of_room_pack, packer);
	if (room_is_kept(packing->chat, room))
		return true;
	if (packing->chat->messages != NULL)
		span_pack(packing, str_from(room->id));
	else
		attributes_pack(packing, str_from(room->id));
	return true;
}

bool
chat_snapshot_pack(const struct chat_snapshot *chat, struct packer *packer)
{
	struct packing packing = { chat, packer };

	pack_number(packer, member_store_count(chat->members));
	member_store_each(chat->members, member_pack, packer);
	pack_number(packer, room_store_count(chat->rooms));
	room_store_each(chat->rooms, room_pack, &packing);
	return !packer->failed;
}

/* --- reading -------------------------------------------------------------- */

/* A guest has no name before it is in a room. */
static void
member_unpack(struct chat_snapshot *chat, struct unpacker *from)
{
	struct member member = { .id = "" };
	uint64_t flags;
	struct str id;

	unpack_string(from, member.id, sizeof(member.id));
	unpack_string(from, member.name, sizeof(member.name));
	flags = unpack_number(from);
	member.in_lobby = (flags & MEMBER_IN_LOBBY) != 0;
	member.is_guest = (flags & MEMBER_IS_GUEST) != 0;
	member.is_user = (flags & MEMBER_IS_USER) != 0;
	member.has_no_dm = (flags & MEMBER_HAS_NO_DM) != 0;
	member.connections = (unsigned)unpack_number(from);
	member.since_ms = (int64_t)unpack_number(from);
	from->failed |= member.id[0] == '\0' || member.connections == 0 ||
			member.connections > MEMBER_CONNECTIONS_MOST;
	if (from->failed)
		return;
	id = str_from(member.id);
	if (member.is_guest)
		member.name[0] = '\0';
	from->failed = member_store_put(chat->members, &member) != CHAT_OK;
	if (!from->failed)
		member_store_set_connections(chat->members, id,
		    member.connections);
}

void
chat_attributes_unpack(struct attribute_store *store, struct str room,
    struct unpacker *from)
{
	struct attribute *all = NULL, next = { .seq = 0 };
	size_t count = 0, capacity = 0;

	while (attribute_unpack(from, &next) && !from->failed) {
		struct attribute *grown =
		    array_grow(all, count, &capacity, sizeof(*all));

		from->failed |= grown == NULL;
		if (grown == NULL)
			break;
		all = grown;
		all[count++] = next;
		from->failed |=
		    !attribute_is_valid(&next) || next.value.len == 0;
	}
	while (count-- > 0 && !from->failed)
		from->failed =
		    attribute_store_set(store, room, &all[count]) != CHAT_OK;
	free(all);
}

/* The messages were transferred; those that are gone since then go. */
static void
span_unpack(struct chat_snapshot *chat, struct unpacker *from, struct str room)
{
	struct history_span span;

	span.first = unpack_number(from);
	span.last = unpack_number(from);
	span.last_at_ms = (int64_t)unpack_number(from);
	span.evicted = unpack_number(from);
	from->failed |= span.first == 0 || span.first > span.last + 1;
	if (from->failed)
		return;
	chat->messages->shrink(chat->history, room, &span);
	chat->messages->set_span(chat->history, room, &span);
}

static void
room_members_unpack(struct chat_snapshot *chat, struct unpacker *from,
    struct str room, uint64_t count)
{
	struct member member;

	while (count-- > 0 && !from->failed) {
		struct str id = unpack_text(from);

		from->failed =
		    from->failed ||
		    member_store_get(chat->members, id, &member) != CHAT_OK ||
		    room_store_join(chat->rooms, room, id, member.is_guest) !=
			CHAT_OK;
	}
}

static bool
room_add(struct chat_snapshot *chat, const struct room *room, struct str id)
{
	enum chat_error error;
	struct room before;

	if (room_is_kept(chat, room)) {
		room_store_touch(chat->rooms, id, room->active_ms);
		return room_store_get(chat->rooms, id, &before) == CHAT_OK;
	}
	if (room_store_put(chat->rooms, room) != CHAT_OK)
		return false;
	error = history_open(chat->history, id, room->ttl_ms, room->persistent);
	return error == CHAT_OK ||
	       (error == CHAT_ROOM_EXISTS && chat->messages != NULL);
}

static void
room_unpack(struct chat_snapshot *chat, struct unpacker *from)
{
	struct room room = { .id = "" };
	uint64_t flags, members;
	struct str id;

	unpack_string(from, room.id, sizeof(room.id));
	unpack_string(from, room.name, sizeof(room.name));
	unpack_string(from, room.epoch, sizeof(room.epoch));
	unpack_string(from, room.creator, sizeof(room.creator));
	flags = unpack_number(from);
	room.persistent = (flags & ROOM_PERSISTENT) != 0;
	room.is_private = (flags & ROOM_PRIVATE) != 0;
	room.is_moderated = (flags & ROOM_MODERATED) != 0;
	room.ttl_ms = (int64_t)unpack_number(from);
	room.created_ms = (int64_t)unpack_number(from);
	room.active_ms = (int64_t)unpack_number(from);
	room.max_members = unpack_number(from);
	room.slow_ms = (int64_t)unpack_number(from);
	room.origin = unpack_number(from);
	members = unpack_number(from);
	id = str_from(room.id);
	from->failed = from->failed || !room_id_is_stored(id) ||
		       !room_add(chat, &room, id);
	if (from->failed)
		return;
	room_members_unpack(chat, from, id, members);
	if (room_is_kept(chat, &room))
		return;
	if (chat->messages != NULL)
		span_unpack(chat, from, id);
	else
		chat_attributes_unpack(chat->attributes, id, from);
}

/* The names of guests, which their rooms give them. */
struct guest_naming {
	struct chat_snapshot *chat;
	struct str id;
	struct str name;
};

static bool
guest_name(const struct room *room, void *arg)
{
	struct guest_naming *naming = arg;

	(void)member_store_rename(naming->chat->members, naming->id,
	    str_from(room->id), naming->name);
	return false;
}

static void
guests_unpack(struct chat_snapshot *chat, struct str members, uint64_t count)
{
	struct unpacker from = { .rest = members };

	while (count-- > 0) {
		struct guest_naming naming = { .chat = chat,
			.id = unpack_text(&from),
			.name = unpack_text(&from) };
		uint64_t flags = unpack_number(&from);

		(void)unpack_number(&from);
		(void)unpack_number(&from);
		if ((flags & MEMBER_IS_GUEST) && naming.name.len > 0)
			room_store_each_room_of(chat->rooms, naming.id,
			    guest_name, &naming);
	}
}

bool
chat_snapshot_unpack(struct chat_snapshot *chat, struct unpacker *from)
{
	uint64_t count = unpack_number(from), rooms;
	struct str members = from->rest;

	for (uint64_t i = 0; i < count && !from->failed; i++)
		member_unpack(chat, from);
	rooms = unpack_number(from);
	for (uint64_t i = 0; i < rooms && !from->failed; i++)
		room_unpack(chat, from);
	if (from->failed)
		return false;
	guests_unpack(chat, members, count);
	return true;
}
