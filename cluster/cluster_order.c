/* The order of the chat: commands are proposed, and wait for their room. */
#include "cluster/cluster_internal.h"
#include "domain/private_talk.h"

static struct cluster *
cluster_of_order(struct command_order *order)
{
	return LIST_OWNER(order, struct cluster, order);
}

/* Those who come first wait until the chat is loaded. */
static bool
cluster_is_starting(const struct cluster *cluster)
{
	return cluster->lease_until_ms == 0 && !cluster->is_stopped &&
	       cluster_now_ms(cluster) - cluster->started_ms <
		   cluster->config.give_up_ms;
}

static enum chat_error
cluster_order_propose(struct command_order *order,
    const struct command *command)
{
	struct cluster *cluster = cluster_of_order(order);

	if (command->kind != COMMAND_DISCONNECT &&
	    cluster_error(cluster) != NULL &&
	    !(command->kind == COMMAND_CONNECT && cluster_is_starting(cluster)))
		return CHAT_UNAVAILABLE;
	return cluster_propose_command(cluster, command,
	    str_from(cluster->nodes.self), command->connection);
}

static enum room_readiness
cluster_order_room(struct command_order *order, struct str room_id)
{
	struct cluster *cluster = cluster_of_order(order);
	struct room_feed *feed;
	struct room room;

	if (room_store_get(cluster->config.rooms, room_id, &room) != CHAT_OK)
		return ROOM_IS_READY;
	feed = room_feed_need(cluster, room_id, INT64_MAX);
	if (feed == NULL)
		return ROOM_IS_UNAVAILABLE;
	/* What was read before is good enough while the broker is away. */
	if (feed->feed.is_loaded)
		return ROOM_IS_READY;
	return cluster_shard_is_up(cluster, str_from(feed->feed.name))
		   ? ROOM_IS_AWAITED
		   : ROOM_IS_UNAVAILABLE;
}

struct own_rooms {
	struct cluster *cluster;
	struct str member_id;
	enum room_readiness readiness;
	char *awaited;
};

static bool
own_room_check(const struct room *room, void *arg)
{
	struct own_rooms *own = arg;
	struct str id = str_from(room->id);

	if (talk_other(id, own->member_id).data == NULL &&
	    !room_store_has(own->cluster->config.rooms, id, own->member_id))
		return true;
	own->readiness = cluster_order_room(&own->cluster->order, id);
	memcpy(own->awaited, room->id, sizeof(room->id));
	return own->readiness == ROOM_IS_READY;
}

static enum room_readiness
cluster_order_own_rooms(struct command_order *order, struct str member_id,
    char out[ROOM_ID_SIZE])
{
	struct cluster *cluster = cluster_of_order(order);
	struct own_rooms own = { cluster, member_id, ROOM_IS_READY, out };

	room_store_each(cluster->config.rooms, own_room_check, &own);
	return own.readiness;
}

static unsigned
cluster_order_rights(struct command_order *order, struct str member_id)
{
	return nodes_rights(&cluster_of_order(order)->nodes, member_id);
}

static void
cluster_order_spread(struct command_order *order, const struct command *command,
    struct str room_id)
{
	struct cluster *cluster = cluster_of_order(order);
	struct room_feed *feed = room_feed_find(cluster, room_id);
	struct item item = { .kind = ITEM_COMMAND,
		.node = str_from(cluster->nodes.self),
		.command = *command };
	struct packer packer = { .len = 0 };

	if (feed == NULL)
		return;
	if (item_pack(&item, &packer))
		broker_publish(cluster->broker, str_from(feed->feed.name),
		    packer_str(&packer));
	packer_fini(&packer);
}

static bool
cluster_order_is_ready(struct command_order *order)
{
	return cluster_error(cluster_of_order(order)) == NULL;
}

static bool
cluster_order_leads(struct command_order *order)
{
	struct cluster *cluster = cluster_of_order(order);

	return cluster->is_leader && cluster_error(cluster) == NULL;
}

static enum room_readiness
cluster_order_count(struct command_order *order, struct str room_id)
{
	return room_count_need(cluster_of_order(order), room_id);
}

const struct command_order_ops cluster_order_ops = {
	.count = cluster_order_count,
	.is_ready = cluster_order_is_ready,
	.leads = cluster_order_leads,
	.own_rooms = cluster_order_own_rooms,
	.rights = cluster_order_rights,
	.spread = cluster_order_spread,
	.propose = cluster_order_propose,
	.room = cluster_order_room,
};
