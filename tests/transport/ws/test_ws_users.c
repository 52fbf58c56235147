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

static bool
user_add(struct ws_users *users, int i, struct str member_id)
{
	struct principal principal = {
		.member_id = member_id,
		.token = (uint64_t)i + 1,
	};
	struct principal_mark mark = principal_mark_of(&principal);

	return ws_users_add(users, conn_at(i), &mark);
}

struct seen {
	struct str member_id; /* of those that count */
	unsigned conns;
};

static void
visit_count(struct conn *conn, const struct principal_mark *mark, void *arg)
{
	long i = (char *)(void *)conn - conns;
	struct seen *seen = arg;

	ck_assert_uint_eq(mark->token, (uint64_t)i + 1);
	if (str_equal(str_from(mark->member_id), seen->member_id))
		seen->conns |= 1u << i;
}

static unsigned
connections_of(const struct ws_users *users, struct str member_id)
{
	struct seen seen = { .member_id = member_id };

	ws_users_each(users, visit_count, &seen);
	return seen.conns;
}

START_TEST(visits_the_connections_of_one_user)
{
	struct ws_users users;

	ws_users_init(&users);
	ws_users_remove(&users, conn_at(0));
	ck_assert(user_add(&users, 0, ALICE));
	ck_assert(user_add(&users, 1, BOB));
	ck_assert(user_add(&users, 2, ALICE));
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
