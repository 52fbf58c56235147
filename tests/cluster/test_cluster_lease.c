/* A node's lease, with a broker that only notes what it is asked. */
#include "cluster/cluster.h"
#include "domain/command_order.h"
#include "persistence/memory/memory_attributes.h"
#include "persistence/memory/memory_history.h"
#include "persistence/memory/memory_members.h"
#include "persistence/memory/memory_rooms.h"
#include "tests/suite.h"

#define LEASE_MS 7500

static int64_t now_ms;

/* Of the last lease. */
static unsigned leases;
static broker_done *lease_done;
static void *lease_arg;
static char node[128];

static int64_t
test_clock_ms(struct clock *clock)
{
	(void)clock;
	return now_ms;
}

static const struct clock_ops test_clock_ops = { test_clock_ms, test_clock_ms };
static struct clock test_clock = { &test_clock_ops };

static void
test_ids_next(struct id_source *ids, enum id_style style, char out[ID_SIZE])
{
	(void)ids;
	(void)style;
	strcpy(out, "01234567");
}

static const struct id_source_ops test_ids_ops = { .next = test_ids_next };
static struct id_source test_ids = { &test_ids_ops };

static void
noting_call(struct broker *broker, const struct broker_call *call)
{
	(void)broker;
	if (call->script != BROKER_LEASE)
		return;
	leases++;
	lease_done = call->done;
	lease_arg = call->arg;
	*str_put(node, call->args[0]) = '\0';
}

static void
noting_log(struct broker *broker, struct str log)
{
	(void)broker;
	(void)log;
}

static unsigned
noting_shard(struct broker *broker, struct str log)
{
	(void)broker;
	(void)log;
	return 0;
}

static const struct broker_ops noting_ops = {
	.call = noting_call,
	.subscribe = noting_log,
	.unsubscribe = noting_log,
	.shard = noting_shard,
};

static void
host_wake(void *arg)
{
	(void)arg;
}

static const struct cluster_host_ops host_ops = { .wake = host_wake };

static void
lease_answer(enum broker_outcome outcome)
{
	const struct str reply[] = { str_from(node), STR("digest"), STR("1") };

	lease_done(lease_arg, outcome, reply, COUNT_OF(reply));
}

/*
 * A node that stood still asks for its lease, which has almost ended, and then
 * notices that its connection is overdue.
 */
START_TEST(renews_its_lease_when_the_broker_is_back)
{
	static const struct history_limits limits = { .messages = 1 };
	struct broker broker = { .ops = &noting_ops };
	struct ordered_handler handler = { NULL };
	struct cluster_config config = {
		.name = STR("n"),
		.digest = STR("digest"),
		.url = STR(""),
		.version = STR("0"),
		.members = memory_members_create(),
		.rooms = memory_rooms_create(),
		.history = memory_history_create(&limits),
		.attributes = memory_attributes_create(),
		.clock = &test_clock,
		.ids = &test_ids,
		.lease_ms = LEASE_MS,
		.give_up_ms = 5000,
		.host = &host_ops,
	};
	struct cluster *cluster = cluster_create(&config);
	const struct broker_listener_ops *listener;

	now_ms = 1000000;
	leases = 0;
	cluster_order(cluster)->handler = &handler;
	cluster_start(cluster, &broker);
	listener = broker.listener->ops;
	listener->on_state(broker.listener, 0, true);
	cluster_tick(cluster);
	lease_answer(BROKER_OK);
	now_ms += 5000;
	cluster_tick(cluster);
	ck_assert_uint_eq(leases, 2);

	now_ms += 50;
	listener->on_state(broker.listener, 0, false);
	lease_answer(BROKER_UNKNOWN);
	cluster_tick(cluster);
	ck_assert_uint_eq(leases, 2);
	now_ms += 50;
	listener->on_state(broker.listener, 0, true);
	cluster_tick(cluster);
	ck_assert_uint_eq(leases, 3);
	lease_answer(BROKER_OK);
	now_ms += 100;
	cluster_tick(cluster);
	ck_assert_uint_eq(leases, 3);

	cluster_destroy(cluster);
	history_destroy(config.history);
	attribute_store_destroy(config.attributes);
	room_store_destroy(config.rooms);
	member_store_destroy(config.members);
}
END_TEST

SUITE(cluster_lease)
{
	tcase_add_test(tests, renews_its_lease_when_the_broker_is_back);
}
