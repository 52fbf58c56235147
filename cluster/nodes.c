#include "cluster/nodes.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* A member with connections to this node. */
struct local_member {
	size_t count;
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
local_key(const void *entry)
{
	return str_from(((const struct local_member *)entry)->id);
}

void
nodes_init(struct nodes *nodes, struct str self)
{
	*nodes = (struct nodes){ 0 };
	id_map_init(&nodes->by_id, nodes_key);
	id_map_init(&nodes->connections, connection_key);
	id_map_init(&nodes->local, local_key);
	list_init(&nodes->all);
	*str_put(nodes->self, self) = '\0';
}

static void
local_remove(struct nodes *nodes, struct str member_id)
{
	struct local_member *local = id_map_find(&nodes->local, member_id);

	if (local == NULL || --local->count > 0)
		return;
	id_map_remove(&nodes->local, member_id);
	free(local);
}

static bool
local_add(struct nodes *nodes, struct str member_id)
{
	struct local_member *local = id_map_find(&nodes->local, member_id);

	if (local == NULL) {
		local = calloc(1, sizeof(*local));
		if (local == NULL)
			return false;
		*str_put(local->id, member_id) = '\0';
		if (!id_map_put(&nodes->local, local)) {
			free(local);
			return false;
		}
	}
	local->count++;
	return true;
}

static void
connection_remove(struct nodes *nodes, struct node_connection *connection)
{
	if (str_equal(str_from(connection->node->id), str_from(nodes->self)))
		local_remove(nodes, str_from(connection->member_id));
	id_map_remove(&nodes->connections, connection_key(connection));
	list_remove(&connection->link);
	connection->node->count--;
	free(connection);
}

void
nodes_fini(struct nodes *nodes)
{
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
	id_map_fini(&nodes->local);
}

struct node *
nodes_need(struct nodes *nodes, struct str id)
{
	struct node *node = id_map_find(&nodes->by_id, id);

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

bool
nodes_add_connection(struct nodes *nodes, struct str id, uint64_t number,
    struct str member_id)
{
	struct node *node = nodes_need(nodes, id);
	char buffer[KEY_SIZE];
	struct str key = connection_key_write(id, number, buffer);
	struct node_connection *connection;

	if (node == NULL || id_map_find(&nodes->connections, key) != NULL)
		return false;
	connection = calloc(1, sizeof(*connection) + key.len);
	if (connection == NULL)
		return false;
	connection->node = node;
	connection->number = number;
	connection->key_len = key.len;
	str_put(connection->key, key);
	*str_put(connection->member_id, member_id) = '\0';
	if (!id_map_put(&nodes->connections, connection)) {
		free(connection);
		return false;
	}
	list_append(&node->connections, &connection->link);
	node->count++;
	if (!str_equal(id, str_from(nodes->self)) ||
	    local_add(nodes, member_id))
		return true;
	connection_remove(nodes, connection);
	return false;
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
	return id_map_find(&nodes->local, member_id) != NULL;
}
