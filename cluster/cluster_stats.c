/* Figures of this node, and of the others as far as they are known. */
#include <assert.h>
#include <string.h>

#include "cluster/cluster_internal.h"

void
cluster_note_lag(struct cluster *cluster, const struct proposal *proposal)
{
	int64_t lag_ms = cluster_now_ms(cluster) - proposal->since_ms;

	assert(lag_ms >= 0);
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

void
cluster_stats(const struct cluster *cluster, struct cluster_stats *out)
{
	*out = cluster->stats;
	out->rooms = id_map_count(&cluster->by_room);
	out->pending_bytes = cluster->pending_bytes;
	out->lag_ms = cluster_lag_ms(cluster);
}
