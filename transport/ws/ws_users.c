#include "transport/ws/ws_users.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What the connections and requests of one user share. */
struct user_budget {
	struct list idle; /* a link, while there is no connection */
	char member_id[PRINCIPAL_MEMBER_ID_LEN + 1]; /* the key */
	unsigned connections;
	struct budget_pool pool;
};

struct ws_user {
	struct list link;
	struct conn *conn; /* the key */
	struct principal_mark mark;
	struct user_budget *budget;
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

static struct str
user_budget_key(const void *entry)
{
	return str_from(((const struct user_budget *)entry)->member_id);
}

void
ws_users_init(struct ws_users *users)
{
	id_map_init(&users->by_conn, ws_user_key);
	id_map_init(&users->budgets, user_budget_key);
	list_init(&users->idle);
	list_init(&users->all);
}

static void
user_budget_free(struct ws_users *users, struct user_budget *budget)
{
	list_remove(&budget->idle);
	id_map_remove(&users->budgets, user_budget_key(budget));
	free(budget);
}

void
ws_users_fini(struct ws_users *users)
{
	assert(list_is_empty(&users->all));
	while (!list_is_empty(&users->idle))
		user_budget_free(users,
		    LIST_OWNER(users->idle.next, struct user_budget, idle));
	id_map_fini(&users->by_conn);
	id_map_fini(&users->budgets);
}

/* It has no connection. NULL: no memory. */
static struct user_budget *
user_budget_create(struct ws_users *users, struct str member_id,
    const struct transport_limits *limits, int64_t now_ms)
{
	struct user_budget *budget = calloc(1, sizeof(*budget));

	if (budget == NULL)
		return NULL;
	assert(member_id.len == PRINCIPAL_MEMBER_ID_LEN);
	memcpy(budget->member_id, member_id.data, member_id.len);
	budget_pool_init(&budget->pool, limits, 1, now_ms);
	if (!id_map_put(&users->budgets, budget)) {
		free(budget);
		return NULL;
	}
	list_append(&users->idle, &budget->idle);
	return budget;
}

/* NULL: no memory. */
static struct user_budget *
user_budget_find(struct ws_users *users, struct str member_id,
    const struct transport_limits *limits, int64_t now_ms)
{
	struct user_budget *budget = id_map_find(&users->budgets, member_id);

	return budget != NULL
		   ? budget
		   : user_budget_create(users, member_id, limits, now_ms);
}

/* Counts one more connection of the user. NULL: no memory. */
static struct user_budget *
user_budget_take(struct ws_users *users, const struct principal_mark *mark,
    const struct transport_limits *limits, int64_t now_ms)
{
	struct user_budget *budget =
	    user_budget_find(users, str_from(mark->member_id), limits, now_ms);

	if (budget != NULL && budget->connections++ == 0)
		list_remove(&budget->idle);
	return budget;
}

static void
user_budget_release(struct ws_users *users, struct user_budget *budget)
{
	if (--budget->connections == 0)
		list_append(&users->idle, &budget->idle);
}

struct budget_pool *
ws_users_budget(struct ws_users *users, struct str member_id,
    const struct transport_limits *limits, int64_t now_ms)
{
	struct user_budget *budget =
	    user_budget_find(users, member_id, limits, now_ms);

	return budget == NULL ? NULL : &budget->pool;
}

void
ws_users_set_cost(struct ws_users *users, struct str member_id, float cost)
{
	struct user_budget *budget = id_map_find(&users->budgets, member_id);

	assert(cost > 0);
	if (budget != NULL)
		budget->pool.cost = cost;
}

void
ws_users_expire(struct ws_users *users, const struct transport_limits *limits,
    int64_t now_ms)
{
	struct list *next;

	for (struct list *at = users->idle.next; at != &users->idle;
	     at = next) {
		struct user_budget *budget =
		    LIST_OWNER(at, struct user_budget, idle);

		next = at->next;
		budget_pool_update(&budget->pool, limits, now_ms);
		if (budget_pool_is_full(&budget->pool, limits))
			user_budget_free(users, budget);
	}
}

/* NULL: no memory. */
static struct ws_user *
ws_user_create(struct ws_users *users, struct conn *conn,
    const struct principal_mark *mark, const struct transport_limits *limits,
    int64_t now_ms)
{
	struct ws_user *user = malloc(sizeof(*user));

	if (user == NULL)
		return NULL;
	user->conn = conn;
	user->budget = user_budget_take(users, mark, limits, now_ms);
	if (user->budget == NULL)
		goto free_user;
	if (!id_map_put(&users->by_conn, user))
		goto release_budget;
	list_append(&users->all, &user->link);
	return user;
release_budget:
	user_budget_release(users, user->budget);
free_user:
	free(user);
	return NULL;
}

struct budget_pool *
ws_users_put(struct ws_users *users, struct conn *conn,
    const struct principal_mark *mark, const struct transport_limits *limits,
    int64_t now_ms)
{
	struct ws_user *user = id_map_find(&users->by_conn, conn_key(&conn));

	if (user == NULL)
		user = ws_user_create(users, conn, mark, limits, now_ms);
	if (user == NULL)
		return NULL;
	assert(strcmp(user->budget->member_id, mark->member_id) == 0);
	user->mark = *mark;
	return &user->budget->pool;
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
	user_budget_release(users, user->budget);
	free(user);
}

const struct principal_mark *
ws_users_mark(const struct ws_users *users, struct conn *conn)
{
	const struct ws_user *user =
	    id_map_find(&users->by_conn, conn_key(&conn));

	return user == NULL ? NULL : &user->mark;
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
