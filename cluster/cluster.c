#include "cluster/cluster.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cluster/cluster_internal.h"
#include "domain/chat_snapshot.h"
#include "domain/command_copy.h"
#include "domain/private_talk.h"

/* Logs that are compared with the broker's in one call. */
#define TOPS_AT_ONCE 256
#define TOPS_EACH_MS 2000

/* Feeds are looked at so often. */
#define FEEDS_EACH_MS 200

int64_t
cluster_now_ms(const struct cluster *cluster)
{
	return clock_monotonic_ms(cluster->config.clock);
}

bool
cluster_shard_is_up(const struct cluster *cluster, struct str log)
{
	unsigned shard = broker_shard(cluster->broker, log);

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

/* --- ids ------------------------------------------------------------------ */

/* splitmix64 */
static uint64_t
seed_next(struct cluster *cluster)
{
	uint64_t z = cluster->seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* A command makes the same ids at all nodes. */
static void
cluster_ids_next(struct id_source *ids, enum id_style style, char out[ID_SIZE])
{
	struct cluster *cluster = LIST_OWNER(ids, struct cluster, ids);
	uint64_t a, b;

	if (cluster->running == NULL) {
		id_source_next(cluster->config.ids, style, out);
		return;
	}
	a = seed_next(cluster);
	switch (style) {
	case ID_HEX8:
		snprintf(out, ID_SIZE, "%08" PRIx64, a >> 32);
		break;
	case ID_HEX16:
		snprintf(out, ID_SIZE, "%016" PRIx64, a);
		break;
	case ID_UUID:
		b = seed_next(cluster);
		snprintf(out, ID_SIZE,
		    "%08" PRIx64 "-%04" PRIx64 "-4%03" PRIx64 "-%04" PRIx64
		    "-%012" PRIx64,
		    a >> 32, a >> 16 & 0xffff, a & 0xfff,
		    0x8000 | (b >> 48 & 0x3fff), b & UINT64_C(0xffffffffffff));
		break;
	}
}

static const struct id_source_ops cluster_ids_ops = {
	.next = cluster_ids_next,
};

/* --- the order ------------------------------------------------------------ */

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

static const struct command_order_ops cluster_order_ops = {
	.is_ready = cluster_order_is_ready,
	.own_rooms = cluster_order_own_rooms,
	.rights = cluster_order_rights,
	.spread = cluster_order_spread,
	.propose = cluster_order_propose,
	.room = cluster_order_room,
};

/* --- the log -------------------------------------------------------------- */

static struct cluster *
cluster_of_log(struct commit_log *log)
{
	return LIST_OWNER(log, struct cluster, log);
}

static enum chat_error
cluster_append_barrier(struct cluster *cluster, const struct entry *entry,
    const struct command *requester)
{
	struct room_feed *feed;
	struct room_barrier *barrier;

	if (entry->room_id.data == NULL) {
		commit_log_report(&cluster->log, entry, requester, CHAT_OK);
		return CHAT_OK;
	}
	feed = room_feed_need(cluster, entry->room_id, INT64_MAX);
	if (feed == NULL)
		return CHAT_UNAVAILABLE;
	barrier = malloc(sizeof(*barrier) + command_text_bytes(requester));
	if (barrier == NULL)
		return CHAT_UNAVAILABLE;
	command_copy(requester, &barrier->command, barrier->texts);
	barrier->since_ms = cluster_now_ms(cluster);
	list_append(&feed->barriers, &barrier->link);
	return CHAT_OK;
}

/* Whether it is a private talk with a user of this node. */
static bool
talk_is_local(const struct cluster *cluster, const struct entry *entry)
{
	struct str author = entry->message.author_id;

	return entry->kind == ENTRY_MESSAGE &&
	       talk_id_is_valid(entry->room_id) &&
	       (nodes_has_local(&cluster->nodes, author) ||
		   nodes_has_local(&cluster->nodes,
		       talk_other(entry->room_id, author)));
}

/* What this node has dropped for its limits, the broker may drop. */
static void
room_trim(struct cluster *cluster, struct room_feed *feed)
{
	struct history_span span;

	if (feed->feed.is_loaded &&
	    history_span(cluster->config.history, str_from(feed->room_id),
		clock_wall_ms(cluster->config.clock), &span) == CHAT_OK)
		feed->feed.trim =
		    span.first <= span.last ? span.first : span.last;
}

/*
 * The message of a talk is appended by one node, and published by the nodes of
 * both users, which follow the talk from now on.
 */
static enum chat_error
cluster_append_to_room(struct cluster *cluster, struct entry *entry,
    const struct command *requester)
{
	int64_t publish_from_ms =
	    cluster->running != NULL ? cluster->running->now_ms : INT64_MAX;
	struct room_feed *feed;

	if (cluster->running != NULL && cluster->running->is_foreign) {
		if (talk_is_local(cluster, entry))
			(void)room_feed_need(cluster, entry->room_id,
			    publish_from_ms);
		return CHAT_UNAVAILABLE;
	}
	feed = room_feed_need(cluster, entry->room_id, publish_from_ms);
	if (feed == NULL)
		return CHAT_ROOM_NOT_FOUND;
	if (!cluster_shard_is_up(cluster, str_from(feed->feed.name)))
		return CHAT_UNAVAILABLE;
	if (feed->feed.is_loaded && entry->kind == ENTRY_MESSAGE &&
	    entry_find_first(entry, cluster->config.history)) {
		commit_log_report(&cluster->log, entry, requester, CHAT_OK);
		return CHAT_OK;
	}
	room_trim(cluster, feed);
	return cluster_propose_entry(cluster, &feed->feed, entry, requester);
}

/* In a command that all nodes run. */
static enum chat_error
cluster_append_at_once(struct cluster *cluster, struct entry *entry,
    const struct command *requester)
{
	bool is_removed = entry->kind == ENTRY_ROOM_REMOVED;
	struct room removed;
	enum chat_error error = CHAT_OK;

	if (is_removed)
		error = room_store_get(cluster->config.rooms, entry->room_id,
		    &removed);
	if (error == CHAT_OK)
		error = entry_apply(entry, cluster->config.rooms,
		    cluster->config.history, cluster->config.attributes);
	if (error != CHAT_OK)
		return error;
	if (entry->kind == ENTRY_ROOM_CREATED) {
		*str_put(cluster->created, entry->room_id) = '\0';
		if (cluster->runs_own)
			room_feed_open(cluster, entry->room_id);
		if (cluster_is_relay(cluster))
			(void)room_feed_need(cluster, entry->room_id,
			    INT64_MAX);
	}
	if (is_removed)
		room_feed_close(cluster, &removed, cluster->runs_own);
	entry->room = NULL;
	if (requester != NULL)
		commit_log_report(&cluster->log, entry, requester, CHAT_OK);
	else
		commit_log_observe(&cluster->log, entry, NULL);
	return CHAT_OK;
}

static enum chat_error
cluster_log_append(struct commit_log *log, struct entry *entry,
    const struct command *requester)
{
	struct cluster *cluster = cluster_of_log(log);

	if (entry->kind == ENTRY_BARRIER)
		return cluster_append_barrier(cluster, entry, requester);
	if (entry->kind == ENTRY_MESSAGE ||
	    (entry->kind == ENTRY_ATTRIBUTE &&
		attribute_is_of_room_log(&entry->attribute)))
		return cluster_append_to_room(cluster, entry, requester);
	if (cluster->running != NULL)
		return cluster_append_at_once(cluster, entry, requester);
	if (entry->kind != ENTRY_ATTRIBUTE || cluster_error(cluster) != NULL)
		return CHAT_UNAVAILABLE;
	return cluster_propose_entry(cluster, &cluster->chat, entry, requester);
}

/* What all nodes change is changed at once, at its place. */
static bool
cluster_log_is_room_pending(struct commit_log *log, struct str room_id)
{
	(void)log;
	(void)room_id;
	return false;
}

static size_t
cluster_log_bytes(struct commit_log *log)
{
	return cluster_of_log(log)->pending_bytes;
}

/* It is part of the cluster. */
static void
cluster_log_destroy(struct commit_log *log)
{
	(void)log;
}

static const struct commit_log_ops cluster_log_ops = {
	.append = cluster_log_append,
	.is_room_pending = cluster_log_is_room_pending,
	.bytes = cluster_log_bytes,
	.destroy = cluster_log_destroy,
};

/* --- the broker ----------------------------------------------------------- */

static struct cluster *
cluster_of_listener(struct broker_listener *listener)
{
	return LIST_OWNER(listener, struct cluster, listener);
}

/* NULL: it is not followed any more. */
static struct feed *
feed_of_log(struct cluster *cluster, struct str log)
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
	struct feed *feed = feed_of_log(cluster_of_listener(listener), log);

	if (feed != NULL)
		feed_receive(feed, items, count);
}

static void
cluster_on_message(struct broker_listener *listener, struct str log,
    struct str message)
{
	struct cluster *cluster = cluster_of_listener(listener);
	struct ordered_run run = { .is_foreign = true };
	struct item item;

	if (feed_of_log(cluster, log) == NULL || !item_unpack(message, &item) ||
	    item.kind != ITEM_COMMAND || item.command.kind != COMMAND_TYPING ||
	    str_equal(item.node, str_from(cluster->nodes.self)) ||
	    cluster->order.handler == NULL)
		return;
	item.command.connection = CONNECTION_ELSEWHERE;
	run.now_ms = clock_wall_ms(cluster->config.clock);
	cluster->order.handler->ops->run(cluster->order.handler, &item.command,
	    &run);
}

static void
cluster_on_subscribed(struct broker_listener *listener, struct str log)
{
	struct feed *feed = feed_of_log(cluster_of_listener(listener), log);

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
	if (broker_shard(broker, STR("chat")) == shard)
		feed_lost(&cluster->chat);
	for (struct list *at = cluster->rooms.next; at != &cluster->rooms;
	     at = at->next) {
		struct room_feed *feed = LIST_OWNER(at, struct room_feed, link);

		if (broker_shard(broker, str_from(feed->feed.name)) == shard)
			feed_lost(&feed->feed);
	}
}

static const struct broker_listener_ops cluster_listener_ops = {
	.on_batch = cluster_on_batch,
	.on_message = cluster_on_message,
	.on_subscribed = cluster_on_subscribed,
	.on_state = cluster_on_state,
};

/* --- comparing with the broker -------------------------------------------- */

struct tops_call {
	struct cluster *cluster;
	size_t count;
	char *names[TOPS_AT_ONCE];
};

static void
tops_free(struct tops_call *call)
{
	while (call->count > 0)
		free(call->names[--call->count]);
	free(call);
}

static void
tops_answered(void *arg, enum broker_outcome outcome, const struct str *reply,
    size_t count)
{
	struct tops_call *call = arg;

	for (size_t i = 0;
	     outcome == BROKER_OK && i < call->count && 2 * i + 1 < count;
	     i++) {
		struct feed *feed =
		    feed_of_log(call->cluster, str_from(call->names[i]));
		struct place top;

		if (feed != NULL &&
		    place_parse(reply[2 * i], reply[2 * i + 1], &top))
			feed_compare(feed, &top);
	}
	tops_free(call);
}

static void
tops_send(struct tops_call *call)
{
	struct str args[TOPS_AT_ONCE];
	struct broker_call of_broker = {
		.script = BROKER_TOPS,
		.args = args,
		.arg_count = call->count,
		.done = tops_answered,
		.arg = call,
	};

	assert(call->count > 0);
	for (size_t i = 0; i < call->count; i++)
		args[i] = str_from(call->names[i]);
	of_broker.slot = str_from(call->names[0]);
	broker_call(call->cluster->broker, &of_broker);
}

/* Adds a log to the call of its shard; a full one is sent. */
static void
tops_add(struct cluster *cluster, struct tops_call *calls[64],
    struct feed *feed)
{
	struct str name = str_from(feed->name);
	unsigned shard = broker_shard(cluster->broker, name);
	struct tops_call *call = calls[shard];

	if (!feed_is_live(feed) || !cluster_shard_is_up(cluster, name))
		return;
	if (call == NULL) {
		call = calls[shard] = calloc(1, sizeof(*call));
		if (call == NULL)
			return;
		call->cluster = cluster;
	}
	call->names[call->count] = strndup(name.data, name.len);
	if (call->names[call->count] == NULL)
		return;
	if (++call->count < TOPS_AT_ONCE)
		return;
	calls[shard] = NULL;
	tops_send(call);
}

/* Rooms in which nothing was posted since the last time are left out. */
static void
tops_poll(struct cluster *cluster)
{
	struct tops_call *calls[64] = { NULL };

	tops_add(cluster, calls, &cluster->chat);
	for (struct list *at = cluster->rooms.next; at != &cluster->rooms;
	     at = at->next) {
		struct room_feed *feed = LIST_OWNER(at, struct room_feed, link);

		if (feed->is_closed || !feed->feed.is_active)
			continue;
		feed->feed.is_active = false;
		tops_add(cluster, calls, &feed->feed);
	}
	for (size_t i = 0; i < 64; i++) {
		if (calls[i] == NULL)
			continue;
		if (calls[i]->count > 0)
			tops_send(calls[i]);
		else
			tops_free(calls[i]);
	}
}

/* --- figures -------------------------------------------------------------- */

void
cluster_note_lag(struct cluster *cluster, const struct proposal *proposal)
{
	int64_t lag_ms = cluster_now_ms(cluster) - proposal->since_ms;

	if (lag_ms > cluster->lag_ms)
		cluster->lag_ms = lag_ms;
}

/* Also of what has not come back yet. */
static int64_t
cluster_lag_ms(const struct cluster *cluster)
{
	const struct list *proposals = &cluster->chat.proposals;
	int64_t lag_ms = cluster->lag_ms > cluster->lag_before_ms
			     ? cluster->lag_ms
			     : cluster->lag_before_ms;
	int64_t waits_ms;

	if (list_is_empty(proposals))
		return lag_ms;
	waits_ms = cluster_now_ms(cluster) -
		   LIST_OWNER(proposals->next, struct proposal, link)->since_ms;
	return waits_ms > lag_ms ? waits_ms : lag_ms;
}

static void
node_stats_fill(const struct cluster *cluster, const struct node *node,
    struct node_stats *out)
{
	*out = (struct node_stats){
		.id = str_from(node->id),
		.url = str_from(node->url),
		.version = str_from(node->version),
		.is_self = strcmp(node->id, cluster->nodes.self) == 0,
		.is_alive = node->is_alive,
		.connections = node->count,
		.rooms = node->rooms,
		.lag_ms = node->lag_ms,
		.seen_ms = node->alive_ms == 0
			       ? -1
			       : cluster_now_ms(cluster) - node->alive_ms,
	};
	if (!out->is_self)
		return;
	out->rooms = id_map_count(&cluster->by_room);
	out->lag_ms = (uint64_t)cluster_lag_ms(cluster);
}

void
cluster_each_node(const struct cluster *cluster, node_visit *visit, void *arg)
{
	for (const struct list *at = cluster->nodes.all.next;
	     at != &cluster->nodes.all; at = at->next) {
		struct node_stats stats;

		node_stats_fill(cluster, LIST_OWNER(at, struct node, link),
		    &stats);
		visit(&stats, arg);
	}
}

/* --- life cycle ----------------------------------------------------------- */

static struct feed_config
feed_config_of(struct cluster *cluster, const struct feed_ops *ops)
{
	return (struct feed_config){
		.ops = ops,
		.give_up_ms = cluster->config.give_up_ms,
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
	room_feeds_init(cluster);
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
	broker->listener = &cluster->listener;
	cluster->broker = broker;
	cluster->started_ms = cluster_now_ms(cluster);
	cluster->chat_config.broker = cluster->room_config.broker = broker;
	feed_follow(&cluster->chat, false);
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
	}
	if (now_ms - cluster->polled_ms >= TOPS_EACH_MS) {
		cluster->polled_ms = now_ms;
		tops_poll(cluster);
	}
}

void
cluster_moment(const struct cluster *cluster, uint64_t *place, int64_t *at_ms)
{
	*place = cluster->chat.at.number;
	*at_ms = cluster->loading_ms != 0
		     ? cluster->loading_ms
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

void
cluster_stats(const struct cluster *cluster, struct cluster_stats *out)
{
	*out = cluster->stats;
	out->rooms = id_map_count(&cluster->by_room);
	out->pending_bytes = cluster->pending_bytes;
	out->lag_ms = cluster_lag_ms(cluster);
}
