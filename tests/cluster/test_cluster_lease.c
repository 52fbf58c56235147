/* Leases of nodes, with a broker that only notes its calls. */
#include "cluster/cluster.h"
#include "cluster/item.h"
#include "domain/base/count_of.h"
#include "domain/command_order.h"
#include "persistence/memory/memory_attributes.h"
#include "persistence/memory/memory_history.h"
#include "persistence/memory/memory_members.h"
#include "persistence/memory/memory_rooms.h"
#include "tests/suite.h"

#define LEASE_MS 7500

static int64_t now_ms;

/* The last call of each script, until it is answered. */
static struct broker_call calls[BROKER_SCRIPTS];

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
	calls[call->script] = *call;
	if (call->script != BROKER_LEASE || str_equal(call->args[2], STR("0")))
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

static void
host_relay(void *arg, bool is_here, uint64_t number, int64_t sent_ms)
{
	(void)arg;
	(void)is_here;
	(void)number;
	(void)sent_ms;
}

static uint64_t
host_newcomers(void *arg)
{
	(void)arg;
	return 0;
}

/* There is nothing to report. */
static bool
host_relayed(void *arg, uint64_t *number, int64_t *sent_ms)
{
	(void)arg;
	(void)number;
	(void)sent_ms;
	return false;
}

static const struct cluster_host_ops host_ops = {
	.wake = host_wake,
	.newcomers = host_newcomers,
	.relay = host_relay,
	.relayed = host_relayed,
};

static void
lease_answer(enum broker_outcome outcome)
{
	const struct str reply[] = { str_from(node), STR("digest"), STR("1"),
		STR("other"), STR("digest"), STR("0") };

	lease_done(lease_arg, outcome, reply, COUNT_OF(reply));
}

/* False: there was none. */
static bool
noted_call_answer(enum broker_script script, enum broker_outcome outcome,
    const struct str *reply, size_t count)
{
	struct broker_call call = calls[script];

	calls[script].done = NULL;
	if (call.done != NULL)
		call.done(call.arg, outcome, reply, count);
	return call.done != NULL;
}

static struct broker broker = { .ops = &noting_ops };
static struct ordered_handler handler;
static struct cluster_config config;
static struct cluster *cluster;

static void
setup(void)
{
	static const struct history_limits limits = { .messages = 1 };

	config = (struct cluster_config){
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
		.relays = true,
		.host = &host_ops,
	};
	cluster = cluster_create(&config);
	now_ms = 1000000;
	leases = 0;
	cluster_order(cluster)->handler = &handler;
	cluster_start(cluster, &broker);
	broker.listener->ops->on_state(broker.listener, 0, true);
	cluster_tick(cluster);
	lease_answer(BROKER_OK);
}

static void
teardown(void)
{
	cluster_destroy(cluster);
	history_destroy(config.history);
	attribute_store_destroy(config.attributes);
	room_store_destroy(config.rooms);
	member_store_destroy(config.members);
}

/*
 * A node that stood still asks for its lease, which has almost ended, and then
 * notices that its connection is overdue.
 */
START_TEST(renews_its_lease_when_the_broker_is_back)
{
	const struct broker_listener_ops *listener = broker.listener->ops;

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
}
END_TEST

/* The log of the chat has a claim of the node, and is live. */
static void
chat_read(const char *claimer)
{
	struct item item = { .kind = ITEM_RELAY,
		.node = str_from(claimer),
		.relay = { .term = 1, .number = 1, .sent_ms = 1 } };
	struct packer packer = { .len = 0 };
	struct str reply[12] = { STR("ok"), STR("1-0"), STR("chain"), STR("1"),
		STR("0"), STR("1-0"), STR("chain"), STR("origin"), STR(""),
		STR(""), STR("1") };

	ck_assert(item_pack(&item, &packer));
	reply[11] = packer_str(&packer);
	broker.listener->ops->on_subscribed(broker.listener, STR("chat"));
	cluster_flush(cluster);
	noted_call_answer(BROKER_READ, BROKER_OK, reply, COUNT_OF(reply));
	packer_fini(&packer);
}

/* How long it takes until it appends a claim; more than most: it does not. */
static int64_t
time_to_claim(int64_t most_ms)
{
	const struct str all[] = { STR("ok"), STR("1-0"), STR("chain") };
	int64_t begin_ms = now_ms;

	while (now_ms - begin_ms <= most_ms &&
	       !noted_call_answer(BROKER_APPEND, BROKER_UNKNOWN, NULL, 0)) {
		unsigned before = leases;

		now_ms += 100;
		cluster_tick(cluster);
		cluster_flush(cluster);
		noted_call_answer(BROKER_TOPS, BROKER_UNKNOWN, NULL, 0);
		noted_call_answer(BROKER_HEAL, BROKER_OK, all, COUNT_OF(all));
		noted_call_answer(BROKER_RANGE, BROKER_OK, all, COUNT_OF(all));
		if (leases > before)
			lease_answer(BROKER_OK);
	}
	return now_ms - begin_ms;
}

/* Redis has lost it, and the other node may rely on it. */
START_TEST(a_lease_of_the_relay_that_is_lost_is_waited_for)
{
	int64_t took_ms;

	chat_read("other");
	took_ms = time_to_claim(2 * LEASE_MS);
	ck_assert_int_ge(took_ms, LEASE_MS);
	ck_assert_int_le(took_ms, 2 * LEASE_MS);
}
END_TEST

/* Another node may have claimed in the meantime, and Redis have lost that. */
START_TEST(a_relay_whose_log_has_lost_entries_claims_anew)
{
	const struct broker_listener_ops *listener = broker.listener->ops;
	const struct str behind[] = { STR("behind"), STR("0-0"), STR("") };

	chat_read(node);
	ck_assert_int_gt(time_to_claim(2 * LEASE_MS), 2 * LEASE_MS);
	ck_assert(cluster_may_relay(cluster));

	listener->on_state(broker.listener, 0, false);
	listener->on_state(broker.listener, 0, true);
	listener->on_subscribed(broker.listener, STR("chat"));
	cluster_flush(cluster);
	ck_assert(noted_call_answer(BROKER_RANGE, BROKER_OK, behind,
	    COUNT_OF(behind)));
	ck_assert_int_le(time_to_claim(2 * LEASE_MS), 2 * LEASE_MS);
	ck_assert(!cluster_may_relay(cluster));
}
END_TEST

SUITE(cluster_lease)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, renews_its_lease_when_the_broker_is_back);
	tcase_add_test(tests, a_lease_of_the_relay_that_is_lost_is_waited_for);
	tcase_add_test(tests, a_relay_whose_log_has_lost_entries_claims_anew);
}
