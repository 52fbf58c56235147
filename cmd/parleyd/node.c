#include "cmd/parleyd/node.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <event2/event.h>

#include "cluster/redis/redis_broker.h"
#include "cmd/parleyd/options/broker_password.h"
#include "cmd/parleyd/options/broker_tls.h"
#include "cmd/parleyd/platform.h"
#include "domain/base/count_of.h"
#include "domain/log.h"
#include "transport/hooks/hooks.h"

/* A lease is renewed three times in that time; then the node is dead. */
#define LEASE_MS 7500

/* How long a broker is waited for at the start, with broker.required. */
#define START_MS 5000

#define DRAIN_MS 1000

/* By how much the clocks of nodes may differ, and entries be late. */
#define RELAY_MARGIN_MS 10000

#define DIGEST_SIZE (16 + 1)

struct node {
	struct cluster *cluster;
	struct broker *broker; /* NULL: not started, or stopped */
	struct broker_options options;
	struct broker_targets targets;
	struct redis_tls *tls; /* NULL: no target has it */
	struct node_ops ops;
	struct dispatcher *dispatcher;
	struct event_base *base;
	struct event *wake;
	uint64_t seed;
	struct histogram scripts;
	int64_t started_ms;
	bool was_ready;
	bool is_down; /* since it was ready; it was logged */
	const char *files_id;
	struct hooks *hooks; /* NULL: none */
	char digest[DIGEST_SIZE];
	char name[BROKER_NODE_SIZE];
};

/* --- what all nodes have in common ---------------------------------------- */

/* FNV-1a */
#define DIGEST_BASIS UINT64_C(14695981039346656037)

static uint64_t
digest_add(uint64_t digest, uint64_t value)
{
	for (int i = 0; i < 8; i++, value >>= 8)
		digest = (digest ^ (value & 0xff)) * UINT64_C(1099511628211);
	return digest;
}

static uint64_t
digest_add_text(uint64_t digest, const char *text)
{
	for (; *text != '\0'; text++)
		digest = digest_add(digest, (unsigned char)*text);
	return digest;
}

uint64_t
node_common_seed(const struct options *options)
{
	return digest_add_text(digest_add_text(DIGEST_BASIS,
				   options->broker.prefix),
	    options->broker.password);
}

/* Of the version, of the limits that decide what a command does, and of the
 * directory of files. */
static void
digest_make(const struct options *options, const char *files_id,
    char out[DIGEST_SIZE])
{
	const struct chat_limits *limits = &options->chat;
	const uint64_t values[] = {
		CLUSTER_VERSION,
		limits->message_bytes,
		limits->rooms,
		limits->rooms_per_member,
		limits->connections_per_user,
		limits->creators,
		limits->persistent_rooms,
		limits->persistent_rooms_per_hour,
		limits->rooms_per_user,
		limits->rooms_per_origin,
		limits->room_members,
		limits->room_attributes,
		options->auth.names,
	};
	uint64_t digest = digest_add_text(DIGEST_BASIS, files_id);

	for (size_t i = 0; i < COUNT_OF(values); i++)
		digest = digest_add(digest, values[i]);
	snprintf(out, DIGEST_SIZE, "%016" PRIx64, digest);
}

bool
node_agrees(const struct node *node, const struct options *options)
{
	char digest[DIGEST_SIZE];

	if (node == NULL)
		return true;
	digest_make(options, node->files_id, digest);
	return strcmp(digest, node->digest) == 0;
}

/* --- for the cluster ------------------------------------------------------ */

static void
node_on_wake(void *arg)
{
	struct node *node = arg;

	if (node->wake != NULL)
		event_active(node->wake, EV_TIMEOUT, 0);
}

static void
node_on_stop(void *arg, const char *why)
{
	struct node *node = arg;

	log_error("%s", why);
	node->ops.stop(node->ops.arg, EX_TEMPFAIL);
}

static uint64_t
node_on_newcomers(void *arg)
{
	return dispatcher_newcomers(((struct node *)arg)->dispatcher);
}

static void
node_on_resume(void *arg, uint64_t newcomers)
{
	dispatcher_resume(((struct node *)arg)->dispatcher, newcomers);
}

static void
node_on_relay(void *arg, bool is_here, uint64_t number, int64_t sent_ms)
{
	struct node *node = arg;

	if (is_here)
		hooks_lead(node->hooks, number, sent_ms);
	else
		hooks_stand_by(node->hooks, sent_ms);
}

/*
 * Entries that came a little before may come yet: those of other nodes have
 * their time from when they were proposed.
 */
static bool
node_on_relayed(void *arg, uint64_t *number, int64_t *sent_ms)
{
	struct node *node = arg;

	return hooks_report(node->hooks,
	    node->options.give_up_ms + RELAY_MARGIN_MS, number, sent_ms);
}

static void
node_on_moment(void *arg, uint64_t *place, int64_t *at_ms)
{
	cluster_moment(((struct node *)arg)->cluster, place, at_ms);
}

static bool
node_on_may_send(void *arg)
{
	return cluster_may_relay(((struct node *)arg)->cluster);
}

static void
node_on_share(void *arg, struct str user_id, size_t here, size_t everywhere)
{
	struct node *node = arg;

	node->ops.share(node->ops.arg, user_id, here, everywhere);
}

static void
node_on_failed_login(void *arg, const uint64_t keys[2])
{
	struct node *node = arg;

	node->ops.failed_login(node->ops.arg, keys);
}

static const struct cluster_host_ops node_host_ops = {
	.failed_login = node_on_failed_login,
	.share = node_on_share,
	.relay = node_on_relay,
	.relayed = node_on_relayed,
	.wake = node_on_wake,
	.stop = node_on_stop,
	.newcomers = node_on_newcomers,
	.resume = node_on_resume,
};

static void
node_wake_cb(evutil_socket_t fd, short what, void *arg)
{
	struct node *node = arg;

	(void)fd;
	(void)what;
	cluster_flush(node->cluster);
}

/* --- life cycle ----------------------------------------------------------- */

/* False: it is logged why not. */
static bool
password_read(struct broker_options *options)
{
	if (broker_password_read(options))
		return true;
	log_error("broker.password_file %s: %s", options->password_file,
	    strerror(errno));
	return false;
}

bool
node_load_tls(const struct node *node, const struct broker_options *options,
    struct redis_tls **out)
{
	char why[256];

	*out = NULL;
	if (node == NULL ||
	    broker_tls_create(options, &node->targets, out, why, sizeof(why)))
		return true;
	log_error("%s", why);
	return false;
}

void
node_use_tls(struct node *node, struct redis_tls *fresh)
{
	if (fresh != NULL)
		broker_tls_use(node->tls, fresh);
}

/* False: it is logged why not. */
static bool
options_fit(struct node *node, const struct options *options)
{
	const char *why;

	if (!broker_targets_parse(&node->targets, str_from(options->broker.url),
		&why)) {
		log_error("broker.url: %s", why);
		return false;
	}
	if (options->store_kind != STORE_MEMORY) {
		log_error("broker.url: the messages of several nodes are kept "
			  "by Redis: store.kind has to be memory");
		return false;
	}
	return password_read(&node->options) &&
	       node_load_tls(node, &node->options, &node->tls);
}

static void
name_make(struct node *node, const struct options *options)
{
	if (options->broker.node[0] != '\0')
		memcpy(node->name, options->broker.node, sizeof(node->name));
	else
		snprintf(node->name, sizeof(node->name), "node");
}

static struct cluster_config
cluster_config_of(struct node *node, const struct stores *stores,
    const struct chat *chat)
{
	return (struct cluster_config){
		.name = str_from(node->name),
		.digest = str_from(node->digest),
		.url = str_from(node->options.node_url),
		.version = STR(PARLEY_VERSION),
		.members = chat->members,
		.rooms = chat->rooms,
		.history = chat->history,
		.attributes = chat->attributes,
		.history_put = stores->numbered->put,
		.history_set_span = stores->numbered->set_span,
		.clock = chat->clock,
		.ids = chat->ids,
		.lease_ms = LEASE_MS,
		.give_up_ms = node->options.give_up_ms,
		.awaits_answers = node->options.ack == BROKER_ACK_REPLICA,
		.relays = node->hooks != NULL,
		.host = &node_host_ops,
		.arg = node,
	};
}

struct node *
node_create(const struct options *options, const struct stores *stores,
    struct chat *chat, const char *files_id, struct hooks *hooks, uint64_t seed,
    const struct node_ops *ops, int *status)
{
	struct node *node = calloc(1, sizeof(*node));
	struct cluster_config config;

	if (node == NULL)
		return NULL;
	node->options = options->broker;
	node->ops = *ops;
	node->seed = seed;
	if (!options_fit(node, options)) {
		*status = EX_CONFIG;
		goto free_node;
	}
	name_make(node, options);
	node->files_id = files_id;
	node->hooks = hooks;
	digest_make(options, files_id, node->digest);
	config = cluster_config_of(node, stores, chat);
	node->cluster = cluster_create(&config);
	if (node->cluster == NULL)
		goto free_node;
	chat->log = cluster_log(node->cluster);
	if (hooks != NULL) {
		hooks_share(hooks, &(struct hooks_sharing){ node_on_moment,
				       node_on_may_send, node });
		chat->log->observer = hooks_entries(hooks);
	}
	chat->order = cluster_order(node->cluster);
	chat->ids = cluster_ids(node->cluster);
	return node;

free_node:
	broker_tls_destroy(node->tls);
	free(node);
	return NULL;
}

bool
node_start(struct node *node, struct event_base *base,
    struct dispatcher *dispatcher)
{
	struct redis_config redis = {
		.options = &node->options,
		.targets = &node->targets,
		.tls = node->tls,
		.base = base,
		.clock = system_clock(),
		.seed = node->seed,
		.times = &node->scripts,
	};

	node->dispatcher = dispatcher;
	node->base = base;
	node->started_ms = clock_monotonic_ms(system_clock());
	node->wake = event_new(base, -1, 0, node_wake_cb, node);
	if (node->wake == NULL)
		return false;
	node->broker = redis_broker_create(&redis);
	if (node->broker == NULL)
		return false;
	cluster_start(node->cluster, node->broker);
	return true;
}

void
node_spread_failed_login(struct node *node, const uint64_t keys[2])
{
	if (node->broker != NULL)
		cluster_spread_failed_login(node->cluster, keys);
}

static void
readiness_log(struct node *node, const char *error)
{
	if (error == NULL && (!node->was_ready || node->is_down))
		log_info(node->was_ready ? "the broker is back"
					 : "the broker is ready");
	else if (error != NULL && node->was_ready && !node->is_down)
		log_warn("%s", error);
	node->is_down = error != NULL;
	node->was_ready |= error == NULL;
}

void
node_tick(struct node *node)
{
	const char *error;

	if (node->broker == NULL)
		return;
	cluster_tick(node->cluster);
	error = cluster_error(node->cluster);
	readiness_log(node, error);
	if (error == NULL || node->was_ready || !node->options.required ||
	    clock_monotonic_ms(system_clock()) - node->started_ms < START_MS)
		return;
	log_error("%s, and broker.required is on", error);
	node->ops.stop(node->ops.arg, EX_UNAVAILABLE);
}

static void
drain_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/* The members have gone: other nodes learn it, and that this node goes. */
static void
node_drain(struct node *node)
{
	struct timeval at_most = { .tv_usec = 20000 };
	struct event *timer =
	    event_new(node->base, -1, EV_PERSIST, drain_cb, NULL);
	int64_t end_ms = clock_monotonic_ms(system_clock()) + DRAIN_MS;

	if (timer == NULL || event_add(timer, &at_most) != 0)
		end_ms = 0;
	while (clock_monotonic_ms(system_clock()) < end_ms &&
	       cluster_leave(node->cluster))
		event_base_loop(node->base, EVLOOP_ONCE);
	if (timer != NULL)
		event_free(timer);
}

void
node_stop(struct node *node)
{
	if (node == NULL || node->broker == NULL)
		return;
	node_drain(node);
	broker_destroy(node->broker);
	node->broker = NULL;
	event_free(node->wake);
	node->wake = NULL;
}

void
node_destroy(struct node *node)
{
	if (node == NULL)
		return;
	cluster_destroy(node->cluster);
	broker_tls_destroy(node->tls);
	free(node);
}

const char *
node_error(const struct node *node, enum broker_down down)
{
	const char *error = cluster_error(node->cluster);

	return node->was_ready && down == BROKER_DOWN_READY ? NULL : error;
}

void
node_stats(const struct node *node, struct broker_stats *out)
{
	struct cluster_stats stats;

	cluster_stats(node->cluster, &stats);
	*out = (struct broker_stats){
		.is_used = true,
		.is_up = cluster_error(node->cluster) == NULL,
		.nodes = stats.nodes,
		.rooms = stats.rooms,
		.waiting = stats.pending_bytes,
		.commands = stats.commands,
		.entries = stats.entries,
		.gaps = stats.gaps,
		.loads = stats.loads,
		.heals = stats.heals,
		.resets = stats.resets,
		.lag_ms = (uint64_t)stats.lag_ms,
		.scripts = node->scripts,
	};
}

void
node_each(const struct node *node, node_visit *visit, void *arg)
{
	cluster_each_node(node->cluster, visit, arg);
}
