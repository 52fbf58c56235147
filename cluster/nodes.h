/* The nodes, and the connections of their members: the same on all nodes. */
#ifndef CLUSTER_NODES_H
#define CLUSTER_NODES_H

#include "cluster/item.h"
#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "domain/id_source.h"

struct node_connection {
	struct list link;
	struct node *node;
	uint64_t number;
	/* The user that it is of, unless that is the member; or NULL. */
	struct connected_member *user;
	unsigned rights; /* enum right: in all rooms */
	bool is_doomed;  /* its end was proposed, since its node is dead */
	char member_id[ID_SIZE];
	size_t key_len;
	char key[]; /* of the map */
};

#define NODE_URL_SIZE 256

struct node {
	struct list link;
	struct list connections; /* in the order in which they began */
	size_t count;
	bool is_alive;    /* as the broker reports */
	bool is_listed;   /* the broker knows it */
	int64_t alive_ms; /* when it was last known to be alive; 0: never */
	uint64_t rooms;   /* the rest is as the node itself reports it */
	uint64_t lag_ms;
	char version[32];
	char url[NODE_URL_SIZE]; /* "": unknown */
	char id[NODE_ID_SIZE];
};

/* The connections of a user to this node, and to all, have changed. */
typedef void nodes_user_changed(void *arg, struct str user_id, size_t here,
    size_t everywhere);

struct nodes {
	struct id_map by_id;
	struct list all;
	struct id_map connections;
	struct id_map members; /* by id: that have connections */
	char self[NODE_ID_SIZE];
	nodes_user_changed *on_user; /* may be NULL */
	void *arg;
};

void nodes_init(struct nodes *, struct str self);
void nodes_fini(struct nodes *);

/* NULL: no memory. */
struct node *nodes_need(struct nodes *, struct str id);

/* Forgets a node without connections. */
void nodes_remove(struct nodes *, struct node *);

/*
 * The user, the member id of its principal, may be the member; absent: it has
 * no account. The bool results: no memory.
 */
bool nodes_add_connection(struct nodes *, struct str node, uint64_t number,
    struct str member_id, struct str user_id, unsigned rights);
/* Absent: it is of no user, or that is the member. */
struct str node_connection_user(const struct node_connection *);
/* Removes it; false: there is none. */
bool nodes_take_connection(struct nodes *, struct str node, uint64_t number);

/* Whether a member has connections to this node. */
bool nodes_has_local(const struct nodes *, struct str member_id);

/* The rights in all rooms that its connections have had at their beginning. */
unsigned nodes_rights(const struct nodes *, struct str member_id);

#endif
