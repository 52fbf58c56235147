#include "cluster/chat_state.h"

#include "domain/chat_snapshot.h"

#define STATE_VERSION 4

/* --- writing -------------------------------------------------------------- */

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
			pack_text(packer, node_connection_user(connection));
			pack_number(packer, connection->rights);
		}
	}
}

static struct chat_snapshot
chat_snapshot_of(const struct chat_state *state)
{
	return (struct chat_snapshot){
		.members = state->members,
		.rooms = state->rooms,
		.history = state->history,
		.attributes = state->attributes,
	};
}

bool
chat_state_pack(const struct chat_state *state, struct packer *packer)
{
	struct chat_snapshot chat = chat_snapshot_of(state);
	char place[PLACE_TEXT_SIZE];

	pack_number(packer, STATE_VERSION);
	pack_text(packer, place_format(&state->place, place));
	pack_text(packer, str_from(state->place.chain));
	pack_number(packer, state->newcomers);
	pack_text(packer, str_from(state->relay->node));
	pack_number(packer, state->relay->term);
	pack_number(packer, state->relay->number);
	pack_number(packer, (uint64_t)state->relay->sent_ms);
	nodes_pack(state->nodes, packer);
	return chat_snapshot_pack(&chat, packer);
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
		struct str user_id = unpack_id(from, ID_SIZE);
		unsigned rights = (unsigned)unpack_number(from);

		from->failed |= node.len == 0;
		from->failed =
		    from->failed || !nodes_add_connection(state->nodes, node,
					number, member_id, user_id, rights);
	}
}

bool
chat_state_unpack(struct chat_state *state, struct str bytes)
{
	struct unpacker from = { .rest = bytes };
	uint64_t version = unpack_number(&from);
	struct str place = unpack_text(&from);
	struct str chain = unpack_text(&from);
	struct chat_snapshot chat = chat_snapshot_of(state);

	if (version != STATE_VERSION || from.failed ||
	    !place_parse(place, chain, &state->place))
		return false;
	state->newcomers = unpack_number(&from);
	unpack_string(&from, state->relay->node, sizeof(state->relay->node));
	state->relay->term = unpack_number(&from);
	state->relay->number = unpack_number(&from);
	state->relay->sent_ms = (int64_t)unpack_number(&from);
	nodes_unpack(state, &from);
	return chat_snapshot_unpack(&chat, &from) && from.rest.len == 0;
}
