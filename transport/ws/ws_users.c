#include "transport/ws/ws_users.h"

#include <assert.h>
#include <stdlib.h>

struct ws_user {
	struct list link;
	struct conn *conn; /* the key */
	struct principal_mark mark;
};

static struct str
conn_key(struct conn *const *conn)
{
	return str_slice((const char *)conn, sizeof(*conn));
}

static struct str
ws_user_key(const void *entry)
{
	return conn_key(&((const struct ws_user *)entry)->conn);
}

void
ws_users_init(struct ws_users *users)
{
	id_map_init(&users->by_conn, ws_user_key);
	list_init(&users->all);
}

void
ws_users_fini(struct ws_users *users)
{
	assert(list_is_empty(&users->all));
	id_map_fini(&users->by_conn);
}

bool
ws_users_add(struct ws_users *users, struct conn *conn,
    const struct principal_mark *mark)
{
	struct ws_user *user = malloc(sizeof(*user));

	if (user == NULL)
		return false;
	user->conn = conn;
	user->mark = *mark;
	if (!id_map_put(&users->by_conn, user)) {
		free(user);
		return false;
	}
	list_append(&users->all, &user->link);
	return true;
}

void
ws_users_remove(struct ws_users *users, struct conn *conn)
{
	struct ws_user *user;

	if (id_map_count(&users->by_conn) == 0)
		return;
	user = id_map_remove(&users->by_conn, conn_key(&conn));
	if (user == NULL)
		return;
	list_remove(&user->link);
	free(user);
}

void
ws_users_each(const struct ws_users *users, ws_users_visit *visit, void *arg)
{
	for (const struct list *at = users->all.next; at != &users->all;
	     at = at->next) {
		const struct ws_user *user =
		    LIST_OWNER(at, struct ws_user, link);

		visit(user->conn, &user->mark, arg);
	}
}
