#include "cluster/nodes.h"

#include <stdio.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

#define HERE STR("n1.00000001")
#define THERE STR("n2.00000002")
#define ALICE STR("ualicealicealicealicealicea")

static struct nodes nodes;
static char last_counts[64]; /* the last that on_user was called with */

static void
on_user(void *arg, struct str user_id, size_t here, size_t everywhere)
{
	(void)arg;
	ck_assert(str_equal(user_id, ALICE));
	snprintf(last_counts, sizeof(last_counts), "%zu of %zu", here,
	    everywhere);
}

static void
setup(void)
{
	nodes_init(&nodes, HERE);
	nodes.on_user = on_user;
	last_counts[0] = '\0';
}

static void
teardown(void)
{
	nodes_fini(&nodes);
}

START_TEST(counts_the_connections_of_a_user)
{
	ck_assert(nodes_add_connection(&nodes, HERE, 1, ALICE, ALICE, 1));
	ck_assert_str_eq(last_counts, "1 of 1");
	ck_assert(nodes_add_connection(&nodes, THERE, 1, ALICE, ALICE, 2));
	ck_assert_str_eq(last_counts, "1 of 2");
	ck_assert_uint_eq(nodes_rights(&nodes, ALICE), 3);
	/* In another dialect it is another member. */
	ck_assert(nodes_add_connection(&nodes, THERE, 2, STR("m1"), ALICE, 4));
	ck_assert_str_eq(last_counts, "1 of 3");
	ck_assert_uint_eq(nodes_rights(&nodes, ALICE), 3);
	ck_assert(nodes_take_connection(&nodes, THERE, 1));
	ck_assert_str_eq(last_counts, "1 of 2");
	ck_assert(nodes_take_connection(&nodes, HERE, 1));
	ck_assert_str_eq(last_counts, "0 of 1");
	ck_assert(!nodes_has_local(&nodes, ALICE));
	ck_assert(nodes_take_connection(&nodes, THERE, 2));
	ck_assert_str_eq(last_counts, "0 of 0");
	ck_assert(!nodes_take_connection(&nodes, THERE, 2));
}
END_TEST

START_TEST(members_without_an_account_share_nothing)
{
	ck_assert(nodes_add_connection(&nodes, HERE, 1, STR("m1"), STR_ABSENT,
	    0));
	ck_assert(nodes_has_local(&nodes, STR("m1")));
	ck_assert(nodes_take_connection(&nodes, HERE, 1));
	ck_assert_str_eq(last_counts, "");
}
END_TEST

START_TEST(without_memory_no_connection_is_added)
{
	bool ok = false;

	if (!malloc_can_fail())
		return;
	nodes.on_user = NULL; /* what it checks takes memory */
	for (unsigned nth = 1; !ok; nth++) {
		malloc_fail_at(nth);
		ok =
		    nodes_add_connection(&nodes, THERE, 1, STR("m1"), ALICE, 0);
		malloc_fail_at(0);
		ck_assert_int_eq(nodes_take_connection(&nodes, THERE, 1), ok);
		ck_assert_uint_eq(id_map_count(&nodes.members), 0);
	}
}
END_TEST

SUITE(nodes)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, counts_the_connections_of_a_user);
	tcase_add_test(tests, members_without_an_account_share_nothing);
	tcase_add_test(tests, without_memory_no_connection_is_added);
}
