/* The log of the chat, for commands: entries go to the logs of the broker. */
#include <assert.h>

#include "cluster/cluster_internal.h"
#include "domain/chat_snapshot.h"
#include "domain/private_talk.h"

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

	if (entry->room_id.data == NULL) {
		commit_log_report(&cluster->log, entry, requester, CHAT_OK);
		return CHAT_OK;
	}
	if (str_equal(entry->room_id, ORDER_COUNTS))
		return room_barrier_add(cluster, &cluster->count_barriers,
		    requester);
	feed = room_feed_need(cluster, entry->room_id, INT64_MAX);
	if (feed == NULL)
		return CHAT_UNAVAILABLE;
	return room_barrier_add(cluster, &feed->barriers, requester);
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

	assert(!str_is_empty(entry->room_id));
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

	assert(cluster->running != NULL);
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

const struct commit_log_ops cluster_log_ops = {
	.append = cluster_log_append,
	.is_room_pending = cluster_log_is_room_pending,
	.bytes = cluster_log_bytes,
	.destroy = cluster_log_destroy,
};
