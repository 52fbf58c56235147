/* Which nodes are alive, and the end of the members of those that are not. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cluster/cluster_internal.h"
#include "domain/log.h"

/* Ends that are proposed at one tick. */
#define DOOMED_AT_ONCE 512

/* Strings of a node in the reply. */
#define NODE_STRINGS 3

/* The next word; the last one is the rest. */
static struct str
lease_word_next(struct str *rest)
{
	const char *end = memchr(rest->data, ' ', rest->len);
	struct str word = *rest;

	if (end == NULL) {
		*rest = str_slice(rest->data + rest->len, 0);
		return word;
	}
	word.len = (size_t)(end - word.data);
	*rest = str_slice(end + 1, rest->len - word.len - 1);
	return word;
}

/* The digest is the first word of the value. */
static void
digest_check(struct cluster *cluster, struct str node, struct str value)
{
	char why[256];

	if (str_equal(lease_word_next(&value), cluster->config.digest) ||
	    cluster->lease_until_ms != 0)
		return;
	snprintf(why, sizeof(why),
	    "node %.*s has another version, other limits, or another "
	    "directory of files",
	    (int)node.len, node.data);
	cluster->is_refused = cluster->is_stopped = true;
	cluster->config.host->stop(cluster->config.arg, why);
}

static uint64_t
lease_word_number(struct str word)
{
	char text[24];

	if (word.len >= sizeof(text))
		return 0;
	*str_put(text, word) = '\0';
	return strtoull(text, NULL, 10);
}

static void
lease_word_copy(struct str word, char *out, size_t size)
{
	*str_put(out, word.len < size ? word : STR("")) = '\0';
}

/* What a node reports of itself: see lease_renew(). */
static void
node_value_read(struct node *node, struct str value)
{
	(void)lease_word_next(&value);
	lease_word_copy(lease_word_next(&value), node->version,
	    sizeof(node->version));
	node->rooms = lease_word_number(lease_word_next(&value));
	node->lag_ms = lease_word_number(lease_word_next(&value));
	lease_word_copy(value, node->url, sizeof(node->url));
}

static void
nodes_unlist(struct cluster *cluster)
{
	for (struct list *at = cluster->nodes.all.next;
	     at != &cluster->nodes.all; at = at->next) {
		struct node *node = LIST_OWNER(at, struct node, link);

		node->is_alive = node->is_listed = false;
	}
}

/* The reply names all nodes that have, or had, a lease. */
static void
nodes_receive(struct cluster *cluster, const struct str *reply, size_t count)
{
	const char *least = cluster->nodes.self;

	nodes_unlist(cluster);
	cluster->stats.nodes = 0;
	for (size_t i = 0; i + NODE_STRINGS <= count; i += NODE_STRINGS) {
		struct node *node = reply[i].len < NODE_ID_SIZE
					? nodes_need(&cluster->nodes, reply[i])
					: NULL;

		if (node == NULL)
			continue;
		node_value_read(node, reply[i + 1]);
		node->is_listed = true;
		node->is_alive = str_equal(reply[i + 2], STR("1"));
		if (!node->is_alive)
			continue;
		node->alive_ms = cluster->lease_asked_ms;
		cluster->stats.nodes++;
		digest_check(cluster, reply[i], reply[i + 1]);
		if (strcmp(node->id, least) < 0)
			least = node->id;
	}
	cluster->is_leader = least == cluster->nodes.self;
}

static void
lease_answered(void *arg, enum broker_outcome outcome, const struct str *reply,
    size_t count)
{
	struct cluster *cluster = arg;

	cluster->lease_is_asked = false;
	if (outcome != BROKER_OK)
		return;
	nodes_receive(cluster, reply, count);
	if (cluster->is_refused)
		return;
	if (cluster->lease_until_ms == 0)
		cluster_wake(cluster);
	else if (cluster_now_ms(cluster) >= cluster->lease_until_ms)
		cluster->relay_lapsed = true;
	cluster->lease_until_ms =
	    cluster->lease_asked_ms + cluster->config.lease_ms;
}

/* Digest, version, rooms that are followed, lag, URL. */
static void
lease_renew(struct cluster *cluster, int64_t now_ms)
{
	const struct cluster_config *config = &cluster->config;
	char value[512], ttl[24];
	struct str args[3] = { str_from(cluster->nodes.self) };
	struct broker_call call = {
		.script = BROKER_LEASE,
		.slot = STR("nodes"),
		.args = args,
		.arg_count = 3,
		.done = lease_answered,
		.arg = cluster,
	};
	int len;

	assert(!cluster->lease_is_asked);
	cluster->lag_before_ms = cluster->lag_ms;
	cluster->lag_ms = 0;
	len = snprintf(value, sizeof(value), "%.*s %.*s %zu %" PRId64 " %.*s",
	    (int)config->digest.len, config->digest.data,
	    (int)config->version.len, config->version.data,
	    id_map_count(&cluster->by_room), cluster->lag_before_ms,
	    (int)config->url.len, config->url.data);
	args[1] = str_slice(value,
	    (size_t)len < sizeof(value) ? (size_t)len : sizeof(value) - 1);
	args[2] = str_slice(ttl, (size_t)snprintf(ttl, sizeof(ttl), "%" PRId64,
				     cluster->config.lease_ms));
	cluster->lease_asked_ms = now_ms;
	cluster->lease_is_asked = true;
	broker_call(cluster->broker, &call);
}

/* False: enough was proposed. */
static bool
node_doom(struct cluster *cluster, struct node *node, size_t *count)
{
	for (struct list *at = node->connections.next; at != &node->connections;
	     at = at->next) {
		struct node_connection *connection =
		    LIST_OWNER(at, struct node_connection, link);
		struct command command = { .kind = COMMAND_DISCONNECT,
			.author = str_from(connection->member_id),
			.connection = CONNECTION_ELSEWHERE };

		if (connection->is_doomed)
			continue;
		if (*count >= DOOMED_AT_ONCE ||
		    cluster_propose_command(cluster, &command,
			str_from(node->id), connection->number) != CHAT_OK)
			return false;
		connection->is_doomed = true;
		++*count;
	}
	return true;
}

/* A dead node whose members are gone is forgotten. */
static void
node_forget(struct cluster *cluster, struct node *node)
{
	struct str args[] = { str_from(node->id), STR(""), STR("0") };
	struct broker_call call = {
		.script = BROKER_LEASE,
		.slot = STR("nodes"),
		.args = args,
		.arg_count = 3,
		.done = cluster_ignore_answer,
	};

	assert(node->count == 0);
	if (node->is_listed)
		broker_call(cluster->broker, &call);
	nodes_remove(&cluster->nodes, node);
}

/*
 * A node whose lease is over is dead. The broker may have lost the list of
 * nodes: one that is not in it has as much time as it needs to be in it again.
 */
static bool
node_is_dead(const struct cluster *cluster, struct node *node, int64_t now_ms)
{
	if (strcmp(node->id, cluster->nodes.self) == 0)
		return false;
	if (node->alive_ms == 0)
		node->alive_ms = now_ms;
	return !node->is_alive &&
	       (node->is_listed ||
		   now_ms - node->alive_ms >= cluster->config.lease_ms);
}

bool
cluster_is_alone(struct cluster *cluster)
{
	int64_t now_ms = cluster_now_ms(cluster);

	for (struct list *at = cluster->nodes.all.next;
	     at != &cluster->nodes.all; at = at->next) {
		struct node *node = LIST_OWNER(at, struct node, link);

		if (strcmp(node->id, cluster->nodes.self) != 0 &&
		    !node_is_dead(cluster, node, now_ms))
			return false;
	}
	return true;
}

bool
cluster_node_is_gone(const struct cluster *cluster, struct str id,
    int64_t now_ms)
{
	struct node *node = id_map_find(&cluster->nodes.by_id, id);

	return node == NULL || node_is_dead(cluster, node, now_ms);
}

/* The living node with the least id ends the members of dead ones. */
static void
dead_nodes_clean(struct cluster *cluster, int64_t now_ms)
{
	struct list *next;
	size_t count = 0;

	for (struct list *at = cluster->nodes.all.next;
	     at != &cluster->nodes.all; at = next) {
		struct node *node = LIST_OWNER(at, struct node, link);

		next = at->next;
		if (!node_is_dead(cluster, node, now_ms))
			continue;
		if (node->count == 0) {
			node_forget(cluster, node);
			continue;
		}
		log_limited(LOG_WARN,
		    "node %s is gone: its %zu connections end", node->id,
		    node->count);
		if (!node_doom(cluster, node, &count))
			return;
	}
}

static void
lease_ended(void *arg, enum broker_outcome outcome, const struct str *reply,
    size_t count)
{
	struct cluster *cluster = arg;

	(void)outcome;
	(void)reply;
	(void)count;
	cluster->has_left = true;
}

void
cluster_lease_end(struct cluster *cluster)
{
	struct str args[] = { str_from(cluster->nodes.self), STR(""),
		STR("0") };
	struct broker_call call = {
		.script = BROKER_LEASE,
		.slot = STR("nodes"),
		.args = args,
		.arg_count = 3,
		.done = lease_ended,
		.arg = cluster,
	};

	assert(!cluster->is_leaving);
	cluster->is_leaving = true;
	broker_call(cluster->broker, &call);
}

/* What was asked before the connection was lost may not have arrived. */
static bool
lease_is_due(const struct cluster *cluster, int64_t now_ms)
{
	return cluster->lease_until_ms == 0 ||
	       cluster->up_ms > cluster->lease_asked_ms ||
	       now_ms - cluster->lease_asked_ms >= cluster->config.lease_ms / 3;
}

void
cluster_lease_tick(struct cluster *cluster, int64_t now_ms)
{
	if (!cluster_shard_is_up(cluster, STR("nodes")) || cluster->is_refused)
		return;
	if (!cluster->lease_is_asked && !cluster->is_leaving &&
	    lease_is_due(cluster, now_ms))
		lease_renew(cluster, now_ms);
	/* Others may not be back yet. */
	if (cluster->is_leader && now_ms < cluster->lease_until_ms &&
	    now_ms - cluster->up_ms >= cluster->config.lease_ms &&
	    feed_is_live(&cluster->chat))
		dead_nodes_clean(cluster, now_ms);
}
