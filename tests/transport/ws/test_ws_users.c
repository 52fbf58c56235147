#include "transport/ws/ws_users.h"

#include "tests/suite.h"

#define ALICE STR("ualicealicealicealicealicea")
#define BOB STR("ubobbobbobbobbobbobbobbobbo")

/* Nothing looks into the connections. */
static char conns[3];

static struct conn *
conn_at(int i)
{
	return (struct conn *)(void *)&conns[i];
}

static void
visit_count(struct conn *conn, void *arg)
{
	unsigned *seen = arg;

	*seen |= 1u << ((char *)(void *)conn - conns);
}

static unsigned
connections_of(const struct ws_users *users, struct str member_id)
{
	unsigned seen = 0;

	ws_users_each(users, member_id, visit_count, &seen);
	return seen;
}

START_TEST(visits_the_connections_of_one_user)
{
	struct ws_users users;

	ws_users_init(&users);
	ws_users_remove(&users, conn_at(0));
	ck_assert(ws_users_add(&users, conn_at(0), ALICE));
	ck_assert(ws_users_add(&users, conn_at(1), BOB));
	ck_assert(ws_users_add(&users, conn_at(2), ALICE));
	ck_assert_uint_eq(connections_of(&users, ALICE), 5);
	ck_assert_uint_eq(connections_of(&users, BOB), 2);
	ws_users_remove(&users, conn_at(0));
	ws_users_remove(&users, conn_at(0));
	ck_assert_uint_eq(connections_of(&users, ALICE), 4);
	ws_users_remove(&users, conn_at(1));
	ck_assert_uint_eq(connections_of(&users, BOB), 0);
	ws_users_remove(&users, conn_at(2));
	ws_users_fini(&users);
}
END_TEST

SUITE(ws_users)
{
	tcase_add_test(tests, visits_the_connections_of_one_user);
}
