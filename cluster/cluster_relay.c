/* The one node that passes on what happens to another program: the relay. */
#include "cluster/cluster_internal.h"
#include "domain/log.h"

/* How often the relay reports how far it is, and a node tries to become it. */
#define REPORT_MS 5000

/* Numbers that the relay may have given to events since its last report. */
#define NUMBERS_RESERVED UINT64_C(5000000)

/* Rooms that it follows anew at one tick. */
#define FOLLOWED_AT_ONCE 256

bool
cluster_is_relay(const struct cluster *cluster)
{
	return cluster->config.relays && cluster->relay.term > 0 &&
	       strcmp(cluster->relay.node, cluster->nodes.self) == 0;
}

bool
cluster_may_relay(const struct cluster *cluster)
{
	return cluster_is_relay(cluster) && !cluster->relay_lapsed &&
	       cluster->relay_is_fresh &&
	       cluster_now_ms(cluster) < cluster->lease_until_ms;
}

void
cluster_relay_skip(struct cluster *cluster, const struct feed_entry *entry)
{
	if (entry->at_ms > cluster->unobserved_ms)
		cluster->unobserved_ms = entry->at_ms;
	cluster->unobserved += entry->at_ms >= cluster->relay.sent_ms;
}

/* Whether the former relay may not have sent what this node has not, either. */
static bool
relay_lacks_events(const struct cluster *cluster)
{
	return cluster->relay.term > 0 &&
	       cluster->unobserved_ms >= cluster->relay.sent_ms &&
	       cluster->unobserved_ms > 0;
}

static void
relay_loss_note(struct cluster *cluster)
{
	struct entry_observer *observer = cluster->log.observer;

	if (relay_lacks_events(cluster) && observer != NULL)
		observer->ops->lost(observer, cluster->unobserved);
	cluster->unobserved_ms = 0;
}

void
cluster_relay_forget(struct cluster *cluster, struct str room_id)
{
	struct entry_observer *observer = cluster->log.observer;

	if (observer != NULL)
		observer->ops->forget(observer, room_id);
}

/*
 * All nodes take the same one: of several that try, the first in the log. What
 * a former relay reports afterwards is ignored.
 */
void
cluster_relay_apply(struct cluster *cluster, const struct item *item)
{
	struct relay *relay = &cluster->relay;
	bool is_new = item->relay.term == relay->term + 1;

	if (!is_new && (item->relay.term != relay->term ||
			   !str_equal(item->node, str_from(relay->node))))
		return;
	relay->term = item->relay.term;
	*str_put(relay->node, item->node) = '\0';
	if (item->relay.number > relay->number)
		relay->number = item->relay.number;
	if (item->relay.sent_ms > relay->sent_ms)
		relay->sent_ms = item->relay.sent_ms;
	if (!cluster->config.relays)
		return;
	if (is_new) {
		cluster->relay_follows = cluster->relay_lapsed = false;
		cluster->relay_is_fresh = false;
		log_info("events are sent by node %s", relay->node);
	}
	if (is_new || !cluster_is_relay(cluster))
		cluster->config.host->relay(cluster->config.arg,
		    cluster_is_relay(cluster), relay->number, relay->sent_ms);
	if (cluster_is_relay(cluster))
		relay_loss_note(cluster);
}

struct relay_following {
	struct cluster *cluster;
	size_t count;
};

/* False: no more rooms at this tick. */
static bool
relay_follow_room(const struct room *room, void *arg)
{
	struct relay_following *following = arg;
	struct str id = str_from(room->id);

	if (room_feed_find(following->cluster, id) == NULL) {
		(void)room_feed_need(following->cluster, id, INT64_MAX);
		following->count++;
	}
	return following->count < FOLLOWED_AT_ONCE;
}

/* New rooms are followed when they are created. */
static void
relay_follow_rooms(struct cluster *cluster)
{
	struct relay_following following = { cluster, 0 };

	if (cluster->relay_follows)
		return;
	room_store_each(cluster->config.rooms, relay_follow_room, &following);
	cluster->relay_follows = following.count < FOLLOWED_AT_ONCE;
}

/*
 * Whether a log has entries that were not observed yet. `only_stale`: of the
 * rooms' logs, one that was read before, can be read now, and may have another
 * history.
 */
static bool
relay_has_unread(const struct cluster *cluster, bool only_stale)
{
	for (const struct list *at = cluster->rooms.next; at != &cluster->rooms;
	     at = at->next) {
		const struct feed *feed =
		    &LIST_OWNER(at, struct room_feed, link)->feed;

		if (!feed_has_read_all(feed) &&
		    (!only_stale ||
			(feed->is_loaded && cluster_shard_is_up(cluster,
						str_from(feed->name)))))
			return true;
	}
	return !feed_has_read_all(&cluster->chat);
}

static void
relay_report(struct cluster *cluster)
{
	struct relay report = cluster->relay;

	if (cluster->relay_follows && !relay_has_unread(cluster, false) &&
	    cluster->config.host->relayed(cluster->config.arg, &report.number,
		&report.sent_ms))
		cluster_propose_relay(cluster, &report);
}

/* The first relay sends what happens from now on. */
static void
relay_claim(struct cluster *cluster)
{
	struct relay claim = cluster->relay;

	if (claim.term == 0)
		claim.sent_ms = clock_wall_ms(cluster->config.clock);
	claim.term++;
	claim.number += NUMBERS_RESERVED;
	cluster_propose_relay(cluster, &claim);
}

/*
 * The broker may have lost a lease that the relay still counts on. What it says
 * of leases is true again when this node has been connected to it for as long.
 */
static bool
leases_are_certain(const struct cluster *cluster)
{
	int64_t asked_ms = cluster->lease_until_ms - cluster->config.lease_ms;

	return asked_ms - cluster->up_ms >= cluster->config.lease_ms;
}

/*
 * Nodes that have observed everything claim first. While the relay had no
 * lease another node may have claimed and sent, and Redis have lost the claim:
 * so the relay claims anew, for numbers that are higher.
 */
static bool
relay_is_to_claim(struct cluster *cluster, int64_t now_ms)
{
	struct str relay = str_from(cluster->relay.node);
	bool is_certain = leases_are_certain(cluster);

	if (cluster->relay.term == 0)
		return true;
	if (cluster_is_relay(cluster))
		return cluster->relay_lapsed && is_certain;
	if (!is_certain || !cluster_node_is_gone(cluster, relay, now_ms)) {
		cluster->relay_gone_ms = 0;
		return false;
	}
	if (cluster->relay_gone_ms == 0)
		cluster->relay_gone_ms = now_ms;
	return !relay_lacks_events(cluster) ||
	       now_ms - cluster->relay_gone_ms >= REPORT_MS;
}

void
cluster_relay_tick(struct cluster *cluster, int64_t now_ms)
{
	bool is_here = cluster_is_relay(cluster);

	if (!cluster->config.relays || cluster_error(cluster) != NULL ||
	    cluster->is_leaving)
		return;
	if (is_here)
		relay_follow_rooms(cluster);
	if (is_here && !cluster->relay_is_fresh)
		cluster->relay_is_fresh = !relay_has_unread(cluster, true);
	if (cluster->relay_asked_ms != 0 &&
	    now_ms - cluster->relay_asked_ms < REPORT_MS)
		return;
	/* One that stood still may not know yet how much there is to read. */
	if (relay_is_to_claim(cluster, now_ms))
		relay_claim(cluster);
	else if (cluster_may_relay(cluster))
		relay_report(cluster);
	else
		return;
	cluster->relay_asked_ms = now_ms;
}

/* The history has what became of the message since. */
void
cluster_relay_loaded(struct cluster *cluster, struct entry *entry,
    int64_t at_ms)
{
	int64_t now_ms = clock_wall_ms(cluster->config.clock);
	uint64_t seq = entry->kind == ENTRY_MESSAGE ? entry->message.seq
						    : entry->attribute.seq;
	struct message now;
	bool is_there;

	if (!cluster->config.relays || at_ms < cluster->relay.sent_ms)
		return;
	is_there = seq > 0 && history_get(cluster->config.history,
				  entry->room_id, seq, now_ms, &now);
	if (entry->kind == ENTRY_MESSAGE &&
	    (!is_there || now.is_redacted ||
		!str_equal(now.body, entry->message.body)))
		entry->message.body = STR_ABSENT;
	if (entry->kind == ENTRY_ATTRIBUTE && seq > 0 &&
	    entry->attribute.kind != ATTRIBUTE_REDACTION &&
	    (!is_there || now.is_redacted))
		return;
	cluster->applied_ms = at_ms;
	commit_log_observe(&cluster->log, entry, NULL);
	cluster->applied_ms = 0;
}
