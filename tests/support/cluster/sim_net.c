#include "tests/support/cluster/sim_net.h"

#include <assert.h>
#include <stdlib.h>

#include "domain/base/array.h"

struct sim_item {
	int64_t at_ms;
	uint64_t order; /* of those at the same time */
	int node;
	sim_event *event;
	void *arg;
};

struct sim_node {
	struct broker broker; /* first */
	struct sim_net *net;
	int number;
	bool exists;
	bool is_up;
	bool is_deaf;     /* planted: nothing is published to it any more */
	unsigned session; /* another one after each loss */
	int64_t up_at_ms; /* the next attempt to connect */
	int64_t paused_until_ms;
	int64_t sent_until_ms;      /* what is sent keeps its order */
	int64_t answered_until_ms;  /* what is answered likewise */
	int64_t published_until_ms; /* what is published likewise */
	unsigned to_lose;
	bool loses_answers;
	struct model_texts logs; /* subscribed */
	struct sim_call *calls;  /* not answered */
};

struct sim_call {
	struct sim_call *next;
	struct sim_node *node;
	enum broker_script script;
	struct model_texts args; /* the slot first */
	broker_done *done;       /* NULL: its node has ended */
	void *arg;
	enum broker_outcome outcome;
	bool was_run;
	struct model_texts reply;
};

enum notice_kind {
	NOTICE_BATCH,
	NOTICE_MESSAGE,
	NOTICE_SUBSCRIBED
};

/* Something on its way to a node. */
struct sim_notice {
	struct sim_node *node;
	unsigned session;
	enum notice_kind kind;
	struct model_texts texts; /* the log first */
};

struct sim_net {
	int64_t now_ms;
	uint64_t random;
	uint64_t order;
	int64_t delay_most_ms;
	int64_t down_until_ms;
	uint64_t script_count;
	enum sim_plant plant;
	struct model_redis *redis;
	struct model_redis *saved;
	struct sim_item *items; /* a heap: the earliest first */
	size_t count;
	size_t capacity;
	struct sim_node nodes[SIM_NODES_MAX];
};

/* --- time ----------------------------------------------------------------- */

int64_t
sim_net_now_ms(const struct sim_net *net)
{
	return net->now_ms;
}

uint64_t
sim_net_random(struct sim_net *net, uint64_t bound)
{
	net->random ^= net->random >> 12;
	net->random ^= net->random << 25;
	net->random ^= net->random >> 27;
	return (net->random * UINT64_C(0x2545f4914f6cdd1d) >> 11) % bound;
}

static bool
item_is_before(const struct sim_item *a, const struct sim_item *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void
items_swap(struct sim_item *a, struct sim_item *b)
{
	struct sim_item kept = *a;

	*a = *b;
	*b = kept;
}

void
sim_net_at(struct sim_net *net, int64_t at_ms, int node, sim_event *event,
    void *arg)
{
	size_t i = net->count;

	net->items = array_grow(net->items, net->count, &net->capacity,
	    sizeof(*net->items));
	if (net->items == NULL)
		abort();
	net->items[net->count++] = (struct sim_item){
		.at_ms = at_ms > net->now_ms ? at_ms : net->now_ms,
		.order = net->order++,
		.node = node,
		.event = event,
		.arg = arg,
	};
	for (;
	     i > 0 && item_is_before(&net->items[i], &net->items[(i - 1) / 2]);
	     i = (i - 1) / 2)
		items_swap(&net->items[i], &net->items[(i - 1) / 2]);
}

static struct sim_item
item_take(struct sim_net *net)
{
	struct sim_item first = net->items[0];
	size_t i = 0, child;

	net->items[0] = net->items[--net->count];
	while ((child = 2 * i + 1) < net->count) {
		if (child + 1 < net->count &&
		    item_is_before(&net->items[child + 1], &net->items[child]))
			child++;
		if (!item_is_before(&net->items[child], &net->items[i]))
			break;
		items_swap(&net->items[i], &net->items[child]);
		i = child;
	}
	return first;
}

bool
sim_net_step(struct sim_net *net)
{
	struct sim_item item;

	if (net->count == 0)
		return false;
	item = item_take(net);
	net->now_ms = item.at_ms;
	model_redis_set_now(net->redis, net->now_ms);
	if (item.node != SIM_NO_NODE &&
	    net->nodes[item.node].paused_until_ms > net->now_ms)
		sim_net_at(net, net->nodes[item.node].paused_until_ms,
		    item.node, item.event, item.arg);
	else
		item.event(item.arg);
	return true;
}

/* A time after a delay, and not before what was sent earlier. */
static int64_t
time_after_delay(struct sim_net *net, int64_t *until_ms)
{
	uint64_t most = (uint64_t)net->delay_most_ms;
	int64_t at = net->now_ms + (int64_t)sim_net_random(net, most + 1);

	if (at < *until_ms)
		at = *until_ms;
	return *until_ms = at;
}

/* --- what is published ---------------------------------------------------- */

static bool
node_is_subscribed(const struct sim_node *node, struct str log)
{
	for (size_t i = 0; i < node->logs.count; i++)
		if (str_equal(node->logs.at[i], log))
			return true;
	return false;
}

static void
notice_deliver(void *arg)
{
	struct sim_notice *notice = arg;
	struct sim_node *node = notice->node;
	struct broker_listener *listener = node->broker.listener;
	struct str log = notice->texts.at[0];

	if (notice->session != node->session || !node_is_subscribed(node, log))
		; /* it is for a connection that was lost */
	else if (notice->kind == NOTICE_SUBSCRIBED)
		listener->ops->on_subscribed(listener, log);
	else if (notice->kind == NOTICE_MESSAGE)
		listener->ops->on_message(listener, log, notice->texts.at[1]);
	else
		listener->ops->on_batch(listener, log, notice->texts.at + 1,
		    notice->texts.count - 1);
	model_texts_fini(&notice->texts);
	free(notice);
}

/* The payloads of the first two entries of a batch change places. */
static void
texts_swap(struct model_texts *texts)
{
	const size_t first = 1 + 2 + 6, second = first + 7;
	struct str kept;

	if (texts->count <= second)
		return;
	kept = texts->at[first];
	texts->at[first] = texts->at[second];
	texts->at[second] = kept;
}

static void
notice_send(struct sim_node *node, enum notice_kind kind, struct str log,
    const struct model_texts *texts)
{
	struct sim_notice *notice = calloc(1, sizeof(*notice));

	if (notice == NULL)
		abort();
	notice->node = node;
	notice->session = node->session;
	notice->kind = kind;
	model_texts_add(&notice->texts, log);
	if (texts != NULL)
		model_texts_copy(&notice->texts, texts->at, texts->count);
	if (node->net->plant == PLANT_SWAPPED_TEXTS && node->number == 0 &&
	    kind == NOTICE_BATCH && !str_equal(log, STR("chat")))
		texts_swap(&notice->texts);
	sim_net_at(node->net,
	    time_after_delay(node->net, &node->published_until_ms),
	    node->number, notice_deliver, notice);
}

static void
net_publish(struct sim_net *net, enum notice_kind kind, struct str log,
    const struct model_texts *texts)
{
	for (int i = 0; i < SIM_NODES_MAX; i++) {
		struct sim_node *node = &net->nodes[i];

		if (!node->exists || !node->is_up || node->is_deaf ||
		    !node_is_subscribed(node, log))
			continue;
		if (node->to_lose > 0)
			node->to_lose--;
		else
			notice_send(node, kind, log, texts);
	}
}

/* --- calls ---------------------------------------------------------------- */

static void
sim_call_answer(void *arg)
{
	struct sim_call *call = arg, **at = &call->node->calls;

	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
	if (call->done != NULL)
		call->done(call->arg, call->outcome, call->reply.at,
		    call->reply.count);
	model_texts_fini(&call->args);
	model_texts_fini(&call->reply);
	free(call);
}

/* Behind the slot and four more arguments: origin, key, … , n, n fields. */
static void
call_forget_keys(struct sim_call *call)
{
	for (size_t i = 5; i + 6 < call->args.count;
	     i += 7 + strtoul(call->args.at[i + 6].data, NULL, 10))
		call->args.at[i + 1].len = 0;
}

/* Whether it is answered, and nothing is done. */
static bool
call_is_dropped(const struct sim_call *call)
{
	const struct sim_node *node = call->node;
	enum sim_plant plant = node->net->plant;

	return (plant == PLANT_NO_HEALS && call->script == BROKER_HEAL &&
		   !str_equal(call->args.at[3], STR("1"))) ||
	       (plant == PLANT_NO_RENEWALS && call->script == BROKER_LEASE &&
		   node->number == 0 && node->net->now_ms > 20000 &&
		   !str_equal(call->args.at[3], STR("0")));
}

static void
reply_plant(struct sim_call *call)
{
	enum sim_plant plant = call->node->net->plant;
	struct model_texts *reply = &call->reply;

	if (plant == PLANT_EMPTY_RANGES && call->script == BROKER_RANGE)
		while (reply->count > 3)
			free((char *)(uintptr_t)reply->at[--reply->count].data);
	if (plant == PLANT_LASTING_LEASES && call->script == BROKER_LEASE)
		for (size_t i = 2; i < reply->count; i += 3)
			*(char *)(uintptr_t)reply->at[i].data = '1';
}

static void
sim_call_run(struct sim_call *call)
{
	struct sim_net *net = call->node->net;
	struct model_texts published = { 0 };

	call->was_run = true;
	net->script_count++;
	if (net->plant == PLANT_NO_KEYS && call->script == BROKER_APPEND)
		call_forget_keys(call);
	if (call_is_dropped(call))
		model_texts_add(&call->reply, STR("ok"));
	else if (!model_redis_run(net->redis, call->script, call->args.at[0],
		     call->args.at + 1, call->args.count - 1, &call->reply,
		     &published)) {
		call->outcome = BROKER_UNKNOWN;
		model_texts_fini(&call->reply);
	}
	if (call->node->loses_answers && call->script == BROKER_APPEND) {
		call->outcome = BROKER_UNKNOWN;
		model_texts_fini(&call->reply);
	}
	reply_plant(call);
	if (published.count > 0)
		net_publish(net, NOTICE_BATCH, call->args.at[0], &published);
	model_texts_fini(&published);
}

/* The call has reached Redis, or would have if the connection existed. */
static void
sim_call_arrive(void *arg)
{
	struct sim_call *call = arg;
	struct sim_node *node = call->node;

	if (call->outcome == BROKER_OK)
		sim_call_run(call);
	sim_net_at(node->net,
	    time_after_delay(node->net, &node->answered_until_ms), node->number,
	    sim_call_answer, call);
}

static struct sim_node *
sim_node_of(struct broker *broker)
{
	return (struct sim_node *)(void *)broker;
}

static void
sim_broker_call(struct broker *broker, const struct broker_call *from)
{
	struct sim_node *node = sim_node_of(broker);
	struct sim_net *net = node->net;
	struct sim_call *call = calloc(1, sizeof(*call));

	if (call == NULL)
		abort();
	call->node = node;
	call->script = from->script;
	call->done = from->done;
	call->arg = from->arg;
	call->next = node->calls;
	node->calls = call;
	model_texts_add(&call->args, from->slot);
	model_texts_copy(&call->args, from->args, from->arg_count);
	if (node->is_up) {
		sim_net_at(net, time_after_delay(net, &node->sent_until_ms),
		    SIM_NO_NODE, sim_call_arrive, call);
		return;
	}
	call->outcome = BROKER_REFUSED;
	sim_net_at(net, net->now_ms, node->number, sim_call_answer, call);
}

/* --- subscriptions -------------------------------------------------------- */

static void
sim_broker_subscribe(struct broker *broker, struct str log)
{
	struct sim_node *node = sim_node_of(broker);

	assert(!node_is_subscribed(node, log));
	model_texts_add(&node->logs, log);
	if (node->is_up)
		notice_send(node, NOTICE_SUBSCRIBED, log, NULL);
}

static void
sim_broker_unsubscribe(struct broker *broker, struct str log)
{
	struct sim_node *node = sim_node_of(broker);
	struct model_texts left = { 0 };

	assert(node_is_subscribed(node, log));
	for (size_t i = 0; i < node->logs.count; i++)
		if (!str_equal(node->logs.at[i], log))
			model_texts_add(&left, node->logs.at[i]);
	model_texts_fini(&node->logs);
	node->logs = left;
}

static void
sim_broker_publish(struct broker *broker, struct str log, struct str message)
{
	struct sim_node *node = sim_node_of(broker);
	struct model_texts texts = { 0 };

	if (!node->is_up)
		return;
	model_texts_add(&texts, message);
	net_publish(node->net, NOTICE_MESSAGE, log, &texts);
	model_texts_fini(&texts);
}

static unsigned
sim_broker_shard(struct broker *broker, struct str log)
{
	(void)broker;
	(void)log;
	return 0;
}

/* What is under way to the node is dropped. */
static void
sim_broker_destroy(struct broker *broker)
{
	struct sim_node *node = sim_node_of(broker);

	for (struct sim_call *call = node->calls; call != NULL;
	     call = call->next) {
		broker_done *done = call->done;

		call->done = NULL;
		if (done != NULL)
			done(call->arg, BROKER_UNKNOWN, NULL, 0);
	}
	model_texts_fini(&node->logs);
	node->exists = false;
	node->is_up = false;
	node->session++;
	node->paused_until_ms = 0;
	node->to_lose = 0;
}

static const struct broker_ops sim_broker_ops = {
	.call = sim_broker_call,
	.subscribe = sim_broker_subscribe,
	.unsubscribe = sim_broker_unsubscribe,
	.publish = sim_broker_publish,
	.shard = sim_broker_shard,
	.destroy = sim_broker_destroy,
};

/* --- connections ---------------------------------------------------------- */

static void
node_connect(void *arg)
{
	struct sim_node *node = arg;
	struct sim_net *net = node->net;
	struct broker_listener *listener = node->broker.listener;
	int64_t at_ms = node->up_at_ms;

	if (!node->exists || node->is_up)
		return;
	if (at_ms < net->down_until_ms)
		at_ms = net->down_until_ms;
	if (net->now_ms < at_ms) {
		sim_net_at(net, at_ms, node->number, node_connect, node);
		return;
	}
	node->is_up = true;
	listener->ops->on_state(listener, 0, true);
	for (size_t i = 0; i < node->logs.count; i++)
		notice_send(node, NOTICE_SUBSCRIBED, node->logs.at[i], NULL);
}

struct broker *
sim_net_node(struct sim_net *net, int number)
{
	struct sim_node *node = &net->nodes[number];

	assert(!node->exists);
	node->broker.ops = &sim_broker_ops;
	node->net = net;
	node->number = number;
	node->exists = true;
	node->is_deaf = false;
	node->session++;
	node->up_at_ms = net->now_ms;
	sim_net_at(net, net->now_ms, number, node_connect, node);
	return &node->broker;
}

static void
node_lost(void *arg)
{
	struct sim_node *node = arg;
	struct broker_listener *listener = node->broker.listener;

	/* Unless it is another node by now, which is connected. */
	if (node->exists && !node->is_up)
		listener->ops->on_state(listener, 0, false);
}

void
sim_net_cut(struct sim_net *net, int number, int64_t for_ms)
{
	struct sim_node *node = &net->nodes[number];

	if (!node->exists || !node->is_up)
		return;
	/* What has not reached Redis still does, or is lost. */
	for (struct sim_call *call = node->calls; call != NULL;
	     call = call->next) {
		if (!call->was_run && call->outcome == BROKER_OK &&
		    sim_net_random(net, 2) == 0)
			sim_call_run(call);
		if (net->plant == PLANT_NO_ORIGINS && call->was_run &&
		    call->script == BROKER_APPEND)
			sim_call_run(call);
		if (call->outcome == BROKER_OK)
			call->outcome = net->plant == PLANT_UNKNOWN_IS_REFUSED
					    ? BROKER_REFUSED
					    : BROKER_UNKNOWN;
		model_texts_fini(&call->reply);
	}
	node->is_up = false;
	node->is_deaf = net->plant == PLANT_NO_RESUBSCRIPTION;
	node->session++;
	node->up_at_ms = net->now_ms + for_ms;
	sim_net_at(net, net->now_ms, number, node_lost, node);
	sim_net_at(net, node->up_at_ms, number, node_connect, node);
}

void
sim_net_lose(struct sim_net *net, int node, unsigned count)
{
	net->nodes[node].to_lose = count;
}

void
sim_net_lose_answers(struct sim_net *net, int node, bool loses)
{
	net->nodes[node].loses_answers = loses;
}

void
sim_net_pause(struct sim_net *net, int node, int64_t for_ms)
{
	net->nodes[node].paused_until_ms = net->now_ms + for_ms;
}

bool
sim_net_is_paused(const struct sim_net *net, int node)
{
	return net->nodes[node].paused_until_ms > net->now_ms;
}

void
sim_net_stop_redis(struct sim_net *net, int64_t for_ms)
{
	net->down_until_ms = net->now_ms + for_ms;
	for (int i = 0; i < SIM_NODES_MAX; i++)
		sim_net_cut(net, i, for_ms);
}

void
sim_net_save(struct sim_net *net)
{
	model_redis_destroy(net->saved);
	net->saved = model_redis_copy(net->redis);
}

void
sim_net_restore(struct sim_net *net)
{
	struct model_redis *lost = net->redis;

	net->redis = net->saved == NULL ? model_redis_create()
					: model_redis_copy(net->saved);
	if (net->plant != PLANT_NO_GENERATIONS)
		model_redis_restart(net->redis, lost);
	model_redis_set_now(net->redis, net->now_ms);
	model_redis_destroy(lost);
}

void
sim_net_plant(struct sim_net *net, enum sim_plant plant)
{
	net->plant = plant;
	if (plant == PLANT_NO_ORIGINS)
		model_redis_forget_origins(net->redis);
}

bool
sim_net_has_plant(const struct sim_net *net, enum sim_plant plant)
{
	return net->plant == plant;
}

struct model_redis *
sim_net_redis(struct sim_net *net)
{
	return net->redis;
}

uint64_t
sim_net_script_count(const struct sim_net *net)
{
	return net->script_count;
}

void
sim_net_set_delay(struct sim_net *net, int64_t most_ms)
{
	net->delay_most_ms = most_ms;
}

struct sim_net *
sim_net_create(uint64_t seed)
{
	struct sim_net *net = calloc(1, sizeof(*net));

	if (net == NULL)
		abort();
	net->random = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
	net->redis = model_redis_create();
	return net;
}

/* What is still under way is dropped. */
static void
item_drop(struct sim_item *item)
{
	if (item->event == notice_deliver)
		notice_deliver(item->arg);
	else if (item->event == sim_call_answer ||
		 item->event == sim_call_arrive)
		sim_call_answer(item->arg);
}

void
sim_net_destroy(struct sim_net *net)
{
	for (int i = 0; i < SIM_NODES_MAX; i++)
		if (net->nodes[i].exists)
			sim_broker_destroy(&net->nodes[i].broker);
	for (size_t i = 0; i < net->count; i++)
		item_drop(&net->items[i]);
	free(net->items);
	model_redis_destroy(net->redis);
	model_redis_destroy(net->saved);
	free(net);
}
