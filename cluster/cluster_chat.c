/* The log of the chat: the commands of all nodes, in order. */
#include <assert.h>
#include <stdlib.h>

#include "cluster/cluster_internal.h"
#include "domain/log.h"

/* A snapshot follows so many entries, and one more for each member. */
#define SAVE_ENTRIES 2000

static struct cluster *
cluster_of_chat(struct feed *feed)
{
	return LIST_OWNER(feed, struct cluster, chat);
}

static void
chat_stop(struct cluster *cluster, const char *why)
{
	cluster->is_stopped = true;
	cluster->config.host->stop(cluster->config.arg, why);
}

/* --- running commands ----------------------------------------------------- */

/* False: the connection is not, or not any more, that of a member. */
static bool
disconnect_is_due(struct cluster *cluster, const struct item *item)
{
	return item->command.kind != COMMAND_DISCONNECT ||
	       nodes_take_connection(&cluster->nodes, item->node,
		   item->connection);
}

/* Its end is proposed: a connection of this node that is gone by now. */
static void
connection_end(struct cluster *cluster, const struct item *item,
    struct str member_id)
{
	struct command command = { .kind = COMMAND_DISCONNECT,
		.author = member_id,
		.connection = (uint32_t)item->connection };

	(void)cluster_propose_command(cluster, &command, item->node,
	    item->connection);
}

static void
connection_added(struct cluster *cluster, const struct item *item,
    const struct ordered_run *run)
{
	struct str member_id = str_from(run->member_id);
	bool is_limited = item->command.scope.data != NULL;
	unsigned rights = is_limited ? 0 : item->command.rights;

	if (str_is_empty(member_id))
		return;
	if (!nodes_add_connection(&cluster->nodes, item->node, item->connection,
		member_id, item->principal.member_id, rights))
		chat_stop(cluster, "no memory for the connections of members");
	else if (run->is_lost)
		connection_end(cluster, item, member_id);
}

/* The rooms that its author is in now, if that is a member of this node. */
static void
author_follow(struct cluster *cluster, const struct command *command,
    struct str member_id, int64_t now_ms)
{
	if (command->kind != COMMAND_ROOM_JOIN &&
	    command->kind != COMMAND_ROOM_CREATE &&
	    command->kind != COMMAND_CONNECT)
		return;
	if (member_id.len > 0 && nodes_has_local(&cluster->nodes, member_id))
		room_feeds_of_member(cluster, member_id, now_ms);
}

static void
ordered_command_run(struct cluster *cluster, const struct item *item,
    const struct command *command, struct ordered_run *run)
{
	struct ordered_handler *handler = cluster->order.handler;

	assert(cluster->running == NULL);
	cluster->running = run;
	cluster->seed = item->seed[0] ^ (item->seed[1] << 1);
	handler->ops->run(handler, command, run);
	cluster->running = NULL;
	cluster->stats.commands++;
	if (command->kind == COMMAND_CONNECT)
		connection_added(cluster, item, run);
	author_follow(cluster, command,
	    command->kind == COMMAND_CONNECT ? str_from(run->member_id)
					     : command->author,
	    run->now_ms);
	cluster->created[0] = '\0';
}

/* Only the two that make and end it are about a connection itself. */
static bool
is_of_connection(const struct command *command)
{
	return command->kind == COMMAND_CONNECT ||
	       command->kind == COMMAND_DISCONNECT;
}

/* FNV-1a: numbers of different nodes may be the same. */
static uint32_t
connection_number(const struct item *item)
{
	uint32_t hash = 2166136261;

	for (size_t i = 0; i < item->node.len; i++)
		hash = (hash ^ (unsigned char)item->node.data[i]) * 16777619;
	return hash ^ (uint32_t)item->connection;
}

static void
command_apply(struct cluster *cluster, struct item *item, int64_t at_ms,
    struct cluster_proposal *own)
{
	struct ordered_handler *handler = cluster->order.handler;
	bool is_here = str_equal(item->node, str_from(cluster->nodes.self));
	struct ordered_run run = { .now_ms = at_ms, .is_foreign = !is_here };
	const struct command *command = &item->command;

	run.connection = connection_number(item);
	item->command.connection = CONNECTION_ELSEWHERE;
	if (item->command.flags & COMMAND_OF_SERVER)
		item->command.author = STR("~");
	if (is_here && own != NULL) {
		own->command.principal = &item->principal;
		command = &own->command;
	} else if (is_here && is_of_connection(command))
		item->command.connection = (uint32_t)item->connection;
	else
		run.is_foreign = true;
	cluster->runs_own = own != NULL;
	if (disconnect_is_due(cluster, item))
		ordered_command_run(cluster, item, command, &run);
	else if (own != NULL)
		handler->ops->give_up(handler, command, CHAT_UNAVAILABLE);
}

static void
entry_apply_to_chat(struct cluster *cluster, struct item *item,
    const struct cluster_proposal *own)
{
	const struct command *requester = NULL;
	enum chat_error error = entry_apply(&item->entry, cluster->config.rooms,
	    cluster->config.history, cluster->config.attributes);

	if (own != NULL && own->has_command)
		requester = &own->command;
	commit_log_report(&cluster->log, &item->entry, requester, error);
}

static void
item_apply(struct cluster *cluster, const struct feed_entry *entry,
    struct cluster_proposal *own)
{
	struct item item;

	if (!item_unpack(entry->payload, &item)) {
		chat_stop(cluster, "the log of the chat has an entry of "
				   "another version");
		return;
	}
	if (item.kind == ITEM_COMMAND)
		command_apply(cluster, &item, entry->at_ms, own);
	else if (item.kind == ITEM_RELAY)
		cluster_relay_apply(cluster, &item);
	else if (item.kind == ITEM_ENTRY)
		entry_apply_to_chat(cluster, &item, own);
}

/* Without memory the tail begins anew. */
static void
tail_add(struct cluster *cluster, const struct feed_entry *entry)
{
	struct tail_entry *next =
	    &cluster->tail[cluster->tail_count % TAIL_ENTRIES];
	char *payload = malloc(entry->payload.len + 1);

	if (payload == NULL || entry->origin.len >= ORIGIN_SIZE) {
		free(payload);
		chat_tail_fini(cluster);
		return;
	}
	if (cluster->tail_count >= TAIL_ENTRIES)
		free((char *)next->payload.data);
	str_put(payload, entry->payload);
	next->payload = str_slice(payload, entry->payload.len);
	next->place = entry->place;
	next->at_ms = entry->at_ms;
	*str_put(next->origin, entry->origin) = '\0';
	cluster->tail_count++;
}

void
chat_tail_fini(struct cluster *cluster)
{
	size_t count = cluster->tail_count < TAIL_ENTRIES ? cluster->tail_count
							  : TAIL_ENTRIES;

	while (count-- > 0)
		free((char *)cluster->tail[count].payload.data);
	cluster->tail_count = 0;
}

/* --- the feed ------------------------------------------------------------- */

/*
 * A member of this node joins a room that exists, but was not known here when
 * the command was proposed: its history comes first, for the answer. While the
 * broker is away nothing is waited for.
 */
static bool
chat_may_apply(struct feed *feed, const struct feed_entry *entry,
    const struct proposal *proposal)
{
	struct cluster *cluster = cluster_of_chat(feed);
	const struct cluster_proposal *own =
	    (const struct cluster_proposal *)proposal;
	struct room_feed *room;

	(void)entry;
	if (own == NULL || own->command.kind != COMMAND_ROOM_JOIN ||
	    own->command.room.data == NULL ||
	    command_order_room(&cluster->order, own->command.room) ==
		ROOM_IS_READY)
		return true;
	room = room_feed_find(cluster, own->command.room);
	if (room != NULL &&
	    cluster_shard_is_up(cluster, str_from(room->feed.name)) &&
	    cluster_now_ms(cluster) - proposal->since_ms <
		2 * cluster->config.give_up_ms)
		return false;
	if (room != NULL)
		room->is_entered_early = true;
	return true;
}

static void
chat_apply(struct feed *feed, const struct feed_entry *entry,
    struct proposal *proposal)
{
	struct cluster *cluster = cluster_of_chat(feed);
	struct cluster_proposal *own = (struct cluster_proposal *)proposal;

	tail_add(cluster, entry);
	cluster->applied_ms = entry->at_ms;
	if (!cluster->is_stopped && entry->payload.len > 0)
		item_apply(cluster, entry, own);
	cluster->applied_ms = 0;
	if (own == NULL)
		return;
	cluster_note_lag(cluster, &own->base);
	cluster_proposal_free(cluster, own);
}

static void
chat_give_up(struct feed *feed, struct proposal *proposal,
    enum chat_error error)
{
	struct cluster *cluster = cluster_of_chat(feed);
	struct cluster_proposal *own = (struct cluster_proposal *)proposal;
	struct ordered_handler *handler = cluster->order.handler;

	if (own->is_of_order && handler != NULL)
		handler->ops->give_up(handler, &own->command, error);
	else if (own->has_command)
		commit_log_report(&cluster->log, &own->entry, &own->command,
		    error);
	cluster_proposal_free(cluster, own);
}

/* The log of the chat has no keys. */
static void
chat_duplicate(struct feed *feed, struct proposal *proposal)
{
	chat_give_up(feed, proposal, CHAT_STORE_FAILED);
}

static bool
chat_load(struct feed *feed, const struct feed_field *fields,
    size_t field_count, const struct feed_entry *entries, size_t count)
{
	struct cluster *cluster = cluster_of_chat(feed);
	struct place place;

	if (cluster->is_stopped)
		return false;
	if (feed->is_loaded) {
		chat_stop(cluster,
		    "this node was away for longer than the broker keeps the "
		    "log of the chat");
		return false;
	}
	if (!cluster_snapshot_load(cluster, fields, field_count, &place)) {
		chat_stop(cluster, "the snapshot of the chat is damaged");
		return false;
	}
	for (size_t i = 0; i < count && !cluster->is_stopped; i++) {
		if (place_compare(&entries[i].place, &place) <= 0) {
			tail_add(cluster, &entries[i]);
			cluster_relay_skip(cluster, &entries[i]);
			continue;
		}
		if (!place_is_next(&place, &entries[i].place)) {
			chat_stop(cluster, "the log of the chat has a gap");
			return false;
		}
		place = entries[i].place;
		feed->at = place;
		chat_apply(feed, &entries[i], NULL);
	}
	log_info("the chat is loaded: %zu members, %zu rooms",
	    member_store_count(cluster->config.members),
	    room_store_count(cluster->config.rooms));
	return !cluster->is_stopped;
}

static void
chat_live(struct feed *feed)
{
	cluster_wake(cluster_of_chat(feed));
}

static void
chat_wake(struct feed *feed)
{
	struct cluster *cluster = cluster_of_chat(feed);

	cluster->chat_is_dirty = true;
	cluster_wake(cluster);
}

static void
chat_differ(struct feed *feed)
{
	chat_stop(cluster_of_chat(feed),
	    "the log of the chat is not the one that this node knows: the "
	    "broker has lost entries");
}

/* A node that has no entry yet has nothing that others could have lost. */
static bool
chat_may_open(struct feed *feed)
{
	return feed->at.number == 0 || cluster_is_alone(cluster_of_chat(feed));
}

const struct feed_ops chat_feed_ops = {
	.may_apply = chat_may_apply,
	.apply = chat_apply,
	.duplicate = chat_duplicate,
	.give_up = chat_give_up,
	.load = chat_load,
	.live = chat_live,
	.wake = chat_wake,
	.heal = chat_feed_heal,
	.may_open = chat_may_open,
	.differ = chat_differ,
};

void
chat_feed_tick(struct cluster *cluster, int64_t now_ms)
{
	uint64_t due = cluster->saved_number + SAVE_ENTRIES +
		       member_store_count(cluster->config.members);

	feed_tick(&cluster->chat, now_ms);
	if (!feed_is_live(&cluster->chat) || cluster->chat.must_heal ||
	    cluster->saving_number > 0 || cluster->chat.at.number == 0)
		return;
	if (cluster->is_leader && cluster->chat.at.number >= due)
		cluster_snapshot_save(cluster);
}
