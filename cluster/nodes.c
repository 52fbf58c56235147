#include "cluster/nodes.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "domain/private_talk.h"

struct connected_member {
	size_t count;    /* of connections */
	size_t local;    /* of those, to this node */
	unsigned rights; /* that any of them has had */
	char id[ID_SIZE];
};

static struct str
nodes_key(const void *entry)
{
	return str_from(((const struct node *)entry)->id);
}

static struct str
connection_key(const void *entry)
{
	const struct node_connection *connection = entry;

	return str_slice(connection->key, connection->key_len);
}

static struct str
connected_member_key(const void *entry)
{
	return str_from(((const struct connected_member *)entry)->id);
}

void
nodes_init(struct nodes *nodes, struct str self)
{
	assert(self.len > 0 && self.len < NODE_ID_SIZE);
	*nodes = (struct nodes){ 0 };
	id_map_init(&nodes->by_id, nodes_key);
	id_map_init(&nodes->connections, connection_key);
	id_map_init(&nodes->members, connected_member_key);
	list_init(&nodes->all);
	*str_put(nodes->self, self) = '\0';
}

static void
connected_member_notify(const struct nodes *nodes,
    const struct connected_member *member)
{
	struct str id = str_from(member->id);

	if (nodes->on_user != NULL && member_id_is_of_user(id))
		nodes->on_user(nodes->arg, id, member->local, member->count);
}

static void
connected_member_remove(struct nodes *nodes, struct connected_member *member,
    bool is_local)
{
	member->local -= is_local;
	member->count--;
	connected_member_notify(nodes, member);
	if (member->count > 0)
		return;
	id_map_remove(&nodes->members, connected_member_key(member));
	free(member);
}

/* NULL: no memory. */
static struct connected_member *
connected_member_add(struct nodes *nodes, struct str id, unsigned rights,
    bool is_local)
{
	struct connected_member *member = id_map_find(&nodes->members, id);

	if (member == NULL) {
		member = calloc(1, sizeof(*member));
		if (member == NULL)
			return NULL;
		*str_put(member->id, id) = '\0';
		if (!id_map_put(&nodes->members, member)) {
			free(member);
			return NULL;
		}
	}
	member->count++;
	member->local += is_local;
	member->rights |= rights;
	connected_member_notify(nodes, member);
	return member;
}

static void
connection_remove(struct nodes *nodes, struct node_connection *connection)
{
	bool is_local =
	    str_equal(str_from(connection->node->id), str_from(nodes->self));
	struct connected_member *member =
	    id_map_find(&nodes->members, str_from(connection->member_id));

	assert(connection->node->count > 0);
	if (member != NULL)
		connected_member_remove(nodes, member, is_local);
	if (connection->user != NULL)
		connected_member_remove(nodes, connection->user, is_local);
	id_map_remove(&nodes->connections, connection_key(connection));
	list_remove(&connection->link);
	connection->node->count--;
	free(connection);
}

void
nodes_fini(struct nodes *nodes)
{
	nodes->on_user = NULL;
	while (!list_is_empty(&nodes->all)) {
		struct node *node =
		    LIST_OWNER(nodes->all.next, struct node, link);

		while (!list_is_empty(&node->connections))
			connection_remove(nodes,
			    LIST_OWNER(node->connections.next,
				struct node_connection, link));
		list_remove(&node->link);
		free(node);
	}
	id_map_fini(&nodes->by_id);
	id_map_fini(&nodes->connections);
	id_map_fini(&nodes->members);
}

struct node *
nodes_need(struct nodes *nodes, struct str id)
{
	struct node *node = id_map_find(&nodes->by_id, id);

	assert(id.len < NODE_ID_SIZE);
	if (node != NULL)
		return node;
	node = calloc(1, sizeof(*node));
	if (node == NULL)
		return NULL;
	*str_put(node->id, id) = '\0';
	list_init(&node->connections);
	if (!id_map_put(&nodes->by_id, node)) {
		free(node);
		return NULL;
	}
	list_append(&nodes->all, &node->link);
	return node;
}

void
nodes_remove(struct nodes *nodes, struct node *node)
{
	assert(node->count == 0);
	id_map_remove(&nodes->by_id, nodes_key(node));
	list_remove(&node->link);
	free(node);
}

#define KEY_SIZE (NODE_ID_SIZE + 1 + 20)

static struct str
connection_key_write(struct str node, uint64_t number, char out[KEY_SIZE])
{
	int len = snprintf(out, KEY_SIZE, "%.*s/%llu", (int)node.len, node.data,
	    (unsigned long long)number);

	return str_slice(out, (size_t)len);
}

/* False: no memory; it is in the list of its node then, and is removed. */
static bool
connection_count(struct nodes *nodes, struct node_connection *connection,
    struct str user_id)
{
	struct str member_id = str_from(connection->member_id);
	bool is_local =
	    str_equal(str_from(connection->node->id), str_from(nodes->self));

	if (connected_member_add(nodes, member_id, connection->rights,
		is_local) == NULL)
		return false;
	if (user_id.len == 0 || str_equal(user_id, member_id))
		return true;
	connection->user = connected_member_add(nodes, user_id, 0, is_local);
	return connection->user != NULL;
}

bool
nodes_add_connection(struct nodes *nodes, struct str id, uint64_t number,
    struct str member_id, struct str user_id, unsigned rights)
{
	struct node *node = nodes_need(nodes, id);
	char buffer[KEY_SIZE];
	struct str key = connection_key_write(id, number, buffer);
	struct node_connection *connection;

	assert(member_id.len < ID_SIZE);
	if (node == NULL || id_map_find(&nodes->connections, key) != NULL)
		return false;
	connection = calloc(1, sizeof(*connection) + key.len);
	if (connection == NULL)
		return false;
	connection->node = node;
	connection->number = number;
	connection->rights = rights;
	connection->key_len = key.len;
	str_put(connection->key, key);
	*str_put(connection->member_id, member_id) = '\0';
	if (!id_map_put(&nodes->connections, connection)) {
		free(connection);
		return false;
	}
	list_append(&node->connections, &connection->link);
	node->count++;
	if (connection_count(nodes, connection, user_id))
		return true;
	connection_remove(nodes, connection);
	return false;
}

struct str
node_connection_user(const struct node_connection *connection)
{
	return connection->user == NULL ? STR_ABSENT
					: str_from(connection->user->id);
}

bool
nodes_take_connection(struct nodes *nodes, struct str id, uint64_t number)
{
	char buffer[KEY_SIZE];
	struct node_connection *connection = id_map_find(&nodes->connections,
	    connection_key_write(id, number, buffer));

	if (connection == NULL)
		return false;
	connection_remove(nodes, connection);
	return true;
}

bool
nodes_has_local(const struct nodes *nodes, struct str member_id)
{
	const struct connected_member *member =
	    id_map_find(&nodes->members, member_id);

	return member != NULL && member->local > 0;
}

unsigned
nodes_rights(const struct nodes *nodes, struct str member_id)
{
	const struct connected_member *member =
	    id_map_find(&nodes->members, member_id);

	return member == NULL ? 0 : member->rights;
}
