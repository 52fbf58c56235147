/*
 * The connections of users: to end those of one user or token, and for what all
 * connections of one user share.
 */
#ifndef TRANSPORT_WS_USERS_H
#define TRANSPORT_WS_USERS_H

#include <stdbool.h>

#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "domain/principal.h"
#include "transport/limits.h"
#include "transport/net/budget.h"

struct conn;

/* Connections of anonymous clients are not in it, and cost nothing. */
struct ws_users {
	struct id_map by_conn;
	struct id_map budgets; /* by member id */
	struct list idle;      /* budgets without a connection */
	struct list all;
};

void ws_users_init(struct ws_users *);

/* Every connection was removed before; budgets are freed. */
void ws_users_fini(struct ws_users *);

/*
 * Adds a connection, or replaces its mark, which is of the same user. Returns
 * the budget of the user, which is good until the connection is removed, and
 * outlives it until it is refilled. NULL: no memory.
 */
struct budget_pool *ws_users_put(struct ws_users *, struct conn *,
    const struct principal_mark *, const struct transport_limits *,
    int64_t now_ms);

/* Nothing happens if it is not in it. */
void ws_users_remove(struct ws_users *, struct conn *);

/* The mark of a connection; NULL: it is of no user. */
const struct principal_mark *ws_users_mark(const struct ws_users *,
    struct conn *);

/*
 * The budget of a user, with or without a connection. It is good until the next
 * ws_users_expire(). NULL: no memory.
 */
struct budget_pool *ws_users_budget(struct ws_users *, struct str member_id,
    const struct transport_limits *, int64_t now_ms);

/*
 * What the connections and requests of the user cause counts so many times, as
 * long as the budget exists. Without one nothing happens.
 */
void ws_users_set_cost(struct ws_users *, struct str member_id, float cost);

/* Frees budgets without a connection that are refilled. */
void ws_users_expire(struct ws_users *, const struct transport_limits *,
    int64_t now_ms);

typedef void ws_users_visit(struct conn *, const struct principal_mark *,
    void *arg);

/* Visits all connections; none may be added or removed meanwhile. */
void ws_users_each(const struct ws_users *, ws_users_visit *, void *arg);

#endif
