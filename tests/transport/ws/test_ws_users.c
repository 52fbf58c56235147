#include "transport/ws/ws_users.h"

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

#define ALICE STR("ualicealicealicealicealicea")
#define BOB STR("ubobbobbobbobbobbobbobbobbo")

/* Nothing looks into the connections. */
static char conns[3];

static struct conn *
conn_at(int i)
{
	return (struct conn *)(void *)&conns[i];
}

static const struct transport_limits limits = {
	.messages = { .rate = 10, .burst = 5 },
	.joins = { .rate = 10, .burst = 5 },
};

static struct budget_pool *
user_put(struct ws_users *users, int i, struct str member_id)
{
	struct principal principal = {
		.member_id = member_id,
		.token = (uint64_t)i + 1,
	};
	struct principal_mark mark = principal_mark_of(&principal);

	return ws_users_put(users, conn_at(i), &mark, &limits, 0);
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
	ck_assert(user_put(&users, 0, ALICE));
	ck_assert(user_put(&users, 1, BOB));
	ck_assert(user_put(&users, 2, ALICE));
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

START_TEST(the_connections_of_a_user_share_a_budget)
{
	struct budget_pool *of_alice, *of_bob;
	struct ws_users users;

	ws_users_init(&users);
	of_alice = user_put(&users, 0, ALICE);
	of_bob = user_put(&users, 1, BOB);
	ck_assert_ptr_ne(of_alice, of_bob);
	for (int i = 0; i < 5; i++)
		budget_pool_charge_message(of_alice, &limits);
	ck_assert_ptr_eq(user_put(&users, 2, ALICE), of_alice);
	ck_assert(!budget_pool_is_ample(of_alice));
	ck_assert(budget_pool_is_ample(of_bob));
	/* A connection with a new token, and one that is gone, change nothing.
	 */
	ck_assert_ptr_eq(user_put(&users, 0, ALICE), of_alice);
	ws_users_remove(&users, conn_at(0));
	ck_assert(!budget_pool_is_ample(of_alice));
	ws_users_remove(&users, conn_at(1));
	ws_users_remove(&users, conn_at(2));
	ws_users_fini(&users);
}
END_TEST

START_TEST(a_budget_outlives_its_connections_until_it_is_refilled)
{
	struct budget_pool *of_alice;
	struct ws_users users;

	ws_users_init(&users);
	of_alice = user_put(&users, 0, ALICE);
	for (int i = 0; i < 5; i++)
		budget_pool_charge_message(of_alice, &limits);
	ws_users_remove(&users, conn_at(0));
	ws_users_expire(&users, &limits, 100);
	ck_assert_ptr_eq(ws_users_budget(&users, ALICE, &limits, 100),
	    of_alice);
	ck_assert(of_alice->budget.messages < 2.0f);
	ck_assert_ptr_eq(user_put(&users, 1, ALICE), of_alice);
	ws_users_expire(&users, &limits, 9000);
	ck_assert_ptr_eq(ws_users_budget(&users, ALICE, &limits, 9000),
	    of_alice);
	ws_users_remove(&users, conn_at(1));
	ws_users_expire(&users, &limits, 9000);
	ck_assert_uint_eq(id_map_count(&users.budgets), 0);
	ws_users_fini(&users);
}
END_TEST

START_TEST(requests_have_the_budget_of_their_user)
{
	struct budget_pool *of_bob;
	struct ws_users users;

	ws_users_init(&users);
	of_bob = ws_users_budget(&users, BOB, &limits, 0);
	ck_assert_ptr_nonnull(of_bob);
	budget_pool_charge_join(of_bob, &limits);
	ck_assert_ptr_eq(user_put(&users, 0, BOB), of_bob);
	ws_users_remove(&users, conn_at(0));
	ck_assert_uint_eq(id_map_count(&users.budgets), 1);
	ws_users_fini(&users);
}
END_TEST

/* The rest of the rates is that of connections to other nodes. */
START_TEST(a_user_may_have_a_part_of_its_rates)
{
	struct budget_pool *pool;
	struct ws_users users;

	ws_users_init(&users);
	ws_users_set_cost(&users, ALICE, 2.0f); /* it has no budget */
	pool = user_put(&users, 0, ALICE);
	ws_users_set_cost(&users, ALICE, 2.5f);
	for (int i = 0; i < 2; i++) {
		ck_assert(budget_pool_is_ample(pool));
		budget_pool_charge_message(pool, &limits);
	}
	/* 10 / 2.5 commands a second. */
	ck_assert_int_eq(budget_pool_wait_ms(pool, &limits, 0, NULL), 101);
	ws_users_set_cost(&users, ALICE, 1.0f);
	ck_assert(!budget_pool_is_ample(pool));
	budget_pool_update(pool, &limits, 1000);
	for (int i = 0; i < 5; i++)
		budget_pool_charge_message(pool, &limits);
	ck_assert_int_eq(budget_pool_wait_ms(pool, &limits, 1000, NULL), 101);
	ws_users_remove(&users, conn_at(0));
	ws_users_fini(&users);
}
END_TEST

START_TEST(without_memory_no_connection_is_added)
{
	struct ws_users users;
	bool failed = true;

	if (!malloc_can_fail())
		return;
	for (unsigned nth = 1; failed; nth++) {
		ws_users_init(&users);
		malloc_fail_at(nth);
		failed = user_put(&users, 0, ALICE) == NULL;
		malloc_fail_at(0);
		ck_assert_uint_eq(connections_of(&users, ALICE), !failed);
		ws_users_remove(&users, conn_at(0));
		ws_users_fini(&users);
	}
}
END_TEST

SUITE(ws_users)
{
	tcase_add_test(tests, visits_the_connections_of_one_user);
	tcase_add_test(tests, the_connections_of_a_user_share_a_budget);
	tcase_add_test(tests,
	    a_budget_outlives_its_connections_until_it_is_refilled);
	tcase_add_test(tests, a_user_may_have_a_part_of_its_rates);
	tcase_add_test(tests, requests_have_the_budget_of_their_user);
	tcase_add_test(tests, without_memory_no_connection_is_added);
}
