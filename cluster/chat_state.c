#include "cluster/chat_state.h"

#include <stdlib.h>

#include "domain/base/array.h"

#define STATE_VERSION 1

enum member_flag {
	MEMBER_IN_LOBBY = 1 << 0,
	MEMBER_IS_GUEST = 1 << 1,
	MEMBER_IS_USER = 1 << 2
};

enum room_flag {
	ROOM_PERSISTENT = 1 << 0,
	ROOM_PRIVATE = 1 << 1,
	ROOM_MODERATED = 1 << 2
};

bool
chat_state_is_of_room_log(const struct attribute *attribute)
{
	return attribute_has_trait(attribute->kind, ATTRIBUTE_OF_MESSAGE) ||
	       attribute->kind == ATTRIBUTE_READ;
}

/* --- writing -------------------------------------------------------------- */

struct packing {
	const struct chat_state *state;
	struct packer *packer;
};

static void
nodes_pack(const struct nodes *nodes, struct packer *packer)
{
	pack_number(packer, id_map_count(&nodes->connections));
	for (struct list *i = nodes->all.next; i != &nodes->all; i = i->next) {
		struct node *node = LIST_OWNER(i, struct node, link);

		for (struct list *j = node->connections.next;
		     j != &node->connections; j = j->next) {
			struct node_connection *connection =
			    LIST_OWNER(j, struct node_connection, link);

			pack_text(packer, str_from(node->id));
			pack_number(packer, connection->number);
			pack_text(packer, str_from(connection->member_id));
			pack_number(packer, connection->rights);
		}
	}
}

static bool
member_pack(const struct member *member, void *arg)
{
	struct packer *packer = arg;

	pack_text(packer, str_from(member->id));
	pack_text(packer, str_from(member->name));
	pack_number(packer, (member->in_lobby ? MEMBER_IN_LOBBY : 0U) |
				(member->is_guest ? MEMBER_IS_GUEST : 0U) |
				(member->is_user ? MEMBER_IS_USER : 0U));
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
attribute_pack(const struct attribute *attribute, void *arg)
{
	struct packer *packer = arg;

	pack_number(packer, attribute->kind);
	pack_text(packer, attribute->subject);
	pack_text(packer, attribute->label);
	pack_text(packer, attribute->value);
	pack_text(packer, attribute->by);
	pack_number(packer, (uint64_t)attribute->at_ms);
	return true;
}

/* A kind of 0 ends them. */
static void
attributes_pack(const struct packing *packing, struct str room)
{
	for (unsigned kind = 1; kind < ATTRIBUTE_KINDS; kind++)
		if (attribute_kind_exists(kind) &&
		    !chat_state_is_of_room_log(&(struct attribute){
			.kind = (enum attribute_kind)kind }))
			attribute_store_each(packing->state->attributes, room,
			    (enum attribute_kind)kind, attribute_pack,
			    packing->packer);
	pack_number(packing->packer, 0);
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
	room_store_each_member(packing->state->rooms, str_from(room->id),
	    member_of_room_pack, packer);
	attributes_pack(packing, str_from(room->id));
	return true;
}

bool
chat_state_pack(const struct chat_state *state, struct packer *packer)
{
	struct packing packing = { state, packer };
	char place[PLACE_TEXT_SIZE];

	pack_number(packer, STATE_VERSION);
	pack_text(packer, place_format(&state->place, place));
	pack_text(packer, str_from(state->place.chain));
	pack_number(packer, state->newcomers);
	nodes_pack(state->nodes, packer);
	pack_number(packer, member_store_count(state->members));
	member_store_each(state->members, member_pack, packer);
	pack_number(packer, room_store_count(state->rooms));
	room_store_each(state->rooms, room_pack, &packing);
	return !packer->failed;
}

/* --- reading -------------------------------------------------------------- */

static void
nodes_unpack(struct chat_state *state, struct unpacker *from)
{
	uint64_t count = unpack_number(from);

	while (count-- > 0 && !from->failed) {
		struct str node = unpack_id(from, NODE_ID_SIZE);
		uint64_t number = unpack_number(from);
		struct str member_id = unpack_id(from, ID_SIZE);
		unsigned rights = (unsigned)unpack_number(from);

		from->failed |= node.len == 0;
		from->failed =
		    from->failed || !nodes_add_connection(state->nodes, node,
					number, member_id, rights);
	}
}

/* A guest has no name before it is in a room. */
static void
member_unpack(struct chat_state *state, struct unpacker *from)
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
	member.connections = (unsigned)unpack_number(from);
	member.since_ms = (int64_t)unpack_number(from);
	from->failed |= member.id[0] == '\0' || member.connections == 0 ||
			member.connections > MEMBER_CONNECTIONS_MOST;
	if (from->failed)
		return;
	id = str_from(member.id);
	if (member.is_guest)
		member.name[0] = '\0';
	from->failed = member_store_put(state->members, &member) != CHAT_OK;
	if (!from->failed)
		member_store_set_connections(state->members, id,
		    member.connections);
}

/* Attributes are visited last first, and set in the order of before. */
static void
attributes_unpack(struct chat_state *state, struct unpacker *from,
    struct str room)
{
	struct attribute *all = NULL;
	size_t count = 0, capacity = 0;
	uint64_t kind;

	while ((kind = unpack_number(from)) != 0 && !from->failed) {
		struct attribute *grown =
		    array_grow(all, count, &capacity, sizeof(*all));

		from->failed |= grown == NULL;
		if (grown == NULL)
			break;
		all = grown;
		all[count] =
		    (struct attribute){ .kind = (enum attribute_kind)kind };
		all[count].subject = unpack_text(from);
		all[count].label = unpack_text(from);
		all[count].value = unpack_text(from);
		all[count].by = unpack_text(from);
		all[count].at_ms = (int64_t)unpack_number(from);
		from->failed |= !attribute_can_be_set(&all[count]);
		count++;
	}
	while (count-- > 0 && !from->failed)
		from->failed = attribute_store_set(state->attributes, room,
				   &all[count]) != CHAT_OK;
	free(all);
}

static void
room_members_unpack(struct chat_state *state, struct unpacker *from,
    struct str room, uint64_t count)
{
	struct member member;

	while (count-- > 0 && !from->failed) {
		struct str id = unpack_text(from);

		from->failed =
		    from->failed ||
		    member_store_get(state->members, id, &member) != CHAT_OK ||
		    room_store_join(state->rooms, room, id, member.is_guest) !=
			CHAT_OK;
	}
}

static void
room_unpack(struct chat_state *state, struct unpacker *from)
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
		       room_store_put(state->rooms, &room) != CHAT_OK ||
		       history_open(state->history, id, room.ttl_ms,
			   room.persistent) != CHAT_OK;
	if (from->failed)
		return;
	room_members_unpack(state, from, id, members);
	attributes_unpack(state, from, id);
}

/* The names of guests, which their rooms give them. */
struct guest_naming {
	struct chat_state *state;
	struct str id;
	struct str name;
};

static bool
guest_name(const struct room *room, void *arg)
{
	struct guest_naming *naming = arg;

	(void)member_store_rename(naming->state->members, naming->id,
	    str_from(room->id), naming->name);
	return false;
}

static void
guests_unpack(struct chat_state *state, struct str members, uint64_t count)
{
	struct unpacker from = { .rest = members };

	while (count-- > 0) {
		struct guest_naming naming = { .state = state,
			.id = unpack_text(&from),
			.name = unpack_text(&from) };
		uint64_t flags = unpack_number(&from);

		(void)unpack_number(&from);
		(void)unpack_number(&from);
		if ((flags & MEMBER_IS_GUEST) && naming.name.len > 0)
			room_store_each_room_of(state->rooms, naming.id,
			    guest_name, &naming);
	}
}

bool
chat_state_unpack(struct chat_state *state, struct str bytes)
{
	struct unpacker from = { .rest = bytes };
	uint64_t version = unpack_number(&from);
	struct str place = unpack_text(&from);
	struct str chain = unpack_text(&from);
	struct str members;
	uint64_t count, rooms;

	if (version != STATE_VERSION || from.failed ||
	    !place_parse(place, chain, &state->place))
		return false;
	state->newcomers = unpack_number(&from);
	nodes_unpack(state, &from);
	count = unpack_number(&from);
	members = from.rest;
	for (uint64_t i = 0; i < count && !from.failed; i++)
		member_unpack(state, &from);
	rooms = unpack_number(&from);
	for (uint64_t i = 0; i < rooms && !from.failed; i++)
		room_unpack(state, &from);
	if (from.failed || from.rest.len > 0)
		return false;
	guests_unpack(state, members, count);
	return true;
}
