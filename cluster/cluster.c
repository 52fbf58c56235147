#include "cluster/cluster.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/cluster_internal.h"

/* Feeds are looked at so often. */
#define FEEDS_EACH_MS 200

/* Their places are compared with the broker's so often. */
#define TOPS_EACH_MS 2000

int64_t
cluster_now_ms(const struct cluster *cluster)
{
	return clock_monotonic_ms(cluster->config.clock);
}

bool
cluster_shard_is_up(const struct cluster *cluster, struct str log)
{
	unsigned shard = broker_shard(cluster->broker, log);

	assert(shard < 64);
	return (cluster->shards_up >> shard & 1) != 0;
}

void
cluster_wake(struct cluster *cluster)
{
	if (cluster->is_awake)
		return;
	cluster->is_awake = true;
	cluster->config.host->wake(cluster->config.arg);
}

static struct feed_config
feed_config_of(struct cluster *cluster, const struct feed_ops *ops)
{
	return (struct feed_config){
		.ops = ops,
		.give_up_ms = cluster->config.give_up_ms,
		.awaits_answers = cluster->config.awaits_answers,
		.gaps = &cluster->stats.gaps,
		.heals = &cluster->stats.heals,
		.loads = &cluster->stats.loads,
	};
}

struct cluster *
cluster_create(const struct cluster_config *config)
{
	struct cluster *cluster = calloc(1, sizeof(*cluster));
	char id[ID_SIZE], self[NODE_ID_SIZE];

	assert(config->lease_ms > 0 && config->give_up_ms > 0);
	if (cluster == NULL)
		return NULL;
	assert(config->name.len + 1 + 8 < NODE_ID_SIZE);
	cluster->config = *config;
	cluster->log.ops = &cluster_log_ops;
	cluster->order.ops = &cluster_order_ops;
	cluster->ids.ops = &cluster_ids_ops;
	cluster->listener.ops = &cluster_listener_ops;
	id_source_next(config->ids, ID_HEX8, id);
	memcpy(cluster->origin, id, sizeof(cluster->origin));
	snprintf(self, sizeof(self), "%.*s.%s", (int)config->name.len,
	    config->name.data, cluster->origin);
	nodes_init(&cluster->nodes, str_from(self));
	cluster->nodes.on_user = config->host->share;
	cluster->nodes.arg = config->arg;
	room_feeds_init(cluster);
	room_counts_init(cluster);
	cluster->chat_config = feed_config_of(cluster, &chat_feed_ops);
	cluster->room_config = feed_config_of(cluster, &room_feed_ops);
	if (!feed_init(&cluster->chat, &cluster->chat_config, STR("chat"))) {
		free(cluster);
		return NULL;
	}
	return cluster;
}

void
cluster_destroy(struct cluster *cluster)
{
	if (cluster == NULL)
		return;
	/* Nothing is answered any more. */
	cluster->broker = NULL;
	cluster->log.handler = NULL;
	cluster->order.handler = NULL;
	cluster->is_awake = true;
	room_feeds_fini(cluster);
	room_counts_fini(cluster);
	feed_fini(&cluster->chat, CHAT_UNAVAILABLE);
	chat_tail_fini(cluster);
	nodes_fini(&cluster->nodes);
	free(cluster);
}

struct commit_log *
cluster_log(struct cluster *cluster)
{
	return &cluster->log;
}

struct command_order *
cluster_order(struct cluster *cluster)
{
	return &cluster->order;
}

struct id_source *
cluster_ids(struct cluster *cluster)
{
	return &cluster->ids;
}

void
cluster_start(struct cluster *cluster, struct broker *broker)
{
	assert(cluster->order.handler != NULL);
	assert(cluster->broker == NULL);
	broker->listener = &cluster->listener;
	cluster->broker = broker;
	cluster->started_ms = cluster_now_ms(cluster);
	cluster->chat_config.broker = cluster->room_config.broker = broker;
	feed_follow(&cluster->chat, false);
}

void
cluster_spread_failed_login(struct cluster *cluster, const uint64_t keys[2])
{
	struct item item = { .kind = ITEM_FAILED_LOGIN,
		.node = str_from(cluster->nodes.self),
		.login_keys = { keys[0], keys[1] } };
	struct packer packer = { .len = 0 };

	assert(cluster->broker != NULL);
	if (item_pack(&item, &packer))
		broker_publish(cluster->broker, str_from(cluster->chat.name),
		    packer_str(&packer));
	packer_fini(&packer);
}

void
cluster_flush(struct cluster *cluster)
{
	cluster->is_awake = false;
	if (cluster->is_stopped)
		return;
	/* A node has a lease before it has members. */
	if (cluster->chat_is_dirty &&
	    (cluster->lease_until_ms != 0 || !feed_is_live(&cluster->chat))) {
		cluster->chat_is_dirty = false;
		feed_flush(&cluster->chat);
	}
	room_feeds_flush(cluster);
	room_counts_flush(cluster);
}

void
cluster_tick(struct cluster *cluster)
{
	int64_t now_ms = cluster_now_ms(cluster);

	if (cluster->broker == NULL || cluster->is_stopped)
		return;
	cluster_lease_tick(cluster, now_ms);
	cluster_relay_tick(cluster, now_ms);
	if (now_ms - cluster->ticked_ms >= FEEDS_EACH_MS) {
		cluster->ticked_ms = now_ms;
		chat_feed_tick(cluster, now_ms);
		room_feeds_tick(cluster, now_ms);
		room_counts_tick(cluster, now_ms);
	}
	if (now_ms - cluster->polled_ms >= TOPS_EACH_MS) {
		cluster->polled_ms = now_ms;
		cluster_tops_poll(cluster);
	}
}

void
cluster_moment(const struct cluster *cluster, uint64_t *place, int64_t *at_ms)
{
	*place = cluster->chat.at.number;
	*at_ms = cluster->applied_ms != 0
		     ? cluster->applied_ms
		     : clock_wall_ms(cluster->config.clock);
}

const char *
cluster_error(const struct cluster *cluster)
{
	if (cluster->is_stopped)
		return "the node has stopped";
	if (cluster->broker == NULL)
		return "the chat is being loaded";
	if (!cluster_shard_is_up(cluster, STR("chat")) ||
	    !cluster_shard_is_up(cluster, STR("nodes")))
		return "the broker cannot be reached";
	if (!cluster->chat.is_loaded || cluster->lease_until_ms == 0)
		return "the chat is being loaded";
	return NULL;
}

bool
cluster_leave(struct cluster *cluster)
{
	if (cluster_error(cluster) != NULL || cluster->has_left)
		return false;
	if (cluster->pending_bytes == 0 && !cluster->is_leaving)
		cluster_lease_end(cluster);
	return true;
}
