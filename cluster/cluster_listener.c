/* What the broker reports by itself, passed to the log that it is about. */
#include <assert.h>
#include <string.h>

#include "cluster/cluster_internal.h"

static struct cluster *
cluster_of_listener(struct broker_listener *listener)
{
	return LIST_OWNER(listener, struct cluster, listener);
}

struct feed *
cluster_feed_of_log(struct cluster *cluster, struct str log)
{
	struct room_feed *room;

	if (str_equal(log, STR("chat")))
		return &cluster->chat;
	if (log.len < 6 || memcmp(log.data, "room:", 5) != 0)
		return NULL;
	room = room_feed_of_log(cluster, log);
	return room == NULL ? NULL : &room->feed;
}

static void
cluster_on_batch(struct broker_listener *listener, struct str log,
    const struct str *items, size_t count)
{
	struct feed *feed =
	    cluster_feed_of_log(cluster_of_listener(listener), log);

	if (feed != NULL)
		feed_receive(feed, items, count);
}

static void
typing_receive(struct cluster *cluster, struct command *typing)
{
	struct ordered_handler *handler = cluster->order.handler;
	struct ordered_run run = {
		.is_foreign = true,
		.now_ms = clock_wall_ms(cluster->config.clock),
	};

	typing->connection = CONNECTION_ELSEWHERE;
	if (handler != NULL)
		handler->ops->run(handler, typing, &run);
}

/* What is spread, and kept nowhere. */
static void
cluster_on_message(struct broker_listener *listener, struct str log,
    struct str message)
{
	struct cluster *cluster = cluster_of_listener(listener);
	const struct cluster_host_ops *host = cluster->config.host;
	struct item item;

	if (cluster_feed_of_log(cluster, log) == NULL ||
	    !item_unpack(message, &item) ||
	    str_equal(item.node, str_from(cluster->nodes.self)))
		return;
	if (item.kind == ITEM_COMMAND && item.command.kind == COMMAND_TYPING)
		typing_receive(cluster, &item.command);
	else if (item.kind == ITEM_FAILED_LOGIN && host->failed_login != NULL)
		host->failed_login(cluster->config.arg, item.login_keys);
}

static void
cluster_on_subscribed(struct broker_listener *listener, struct str log)
{
	struct feed *feed =
	    cluster_feed_of_log(cluster_of_listener(listener), log);

	if (feed != NULL)
		feed_subscribed(feed);
}

static void
cluster_on_state(struct broker_listener *listener, unsigned shard, bool is_up)
{
	struct cluster *cluster = cluster_of_listener(listener);
	struct broker *broker = cluster->broker;

	assert(shard < 64);
	if (is_up) {
		cluster->shards_up |= UINT64_C(1) << shard;
		if (broker_shard(broker, STR("nodes")) == shard)
			cluster->up_ms = cluster_now_ms(cluster);
		return;
	}
	cluster->shards_up &= ~(UINT64_C(1) << shard);
	cluster->relay_is_fresh = false;
	if (broker_shard(broker, STR("chat")) == shard)
		feed_lost(&cluster->chat);
	for (struct list *at = cluster->rooms.next; at != &cluster->rooms;
	     at = at->next) {
		struct room_feed *feed = LIST_OWNER(at, struct room_feed, link);

		if (broker_shard(broker, str_from(feed->feed.name)) == shard)
			feed_lost(&feed->feed);
	}
}

const struct broker_listener_ops cluster_listener_ops = {
	.on_batch = cluster_on_batch,
	.on_message = cluster_on_message,
	.on_subscribed = cluster_on_subscribed,
	.on_state = cluster_on_state,
};
