/* What the log of a room brings: messages, what is known of them, epochs. */
#include <string.h>

#include "cluster/cluster_internal.h"
#include "domain/log.h"

/* Fields of messages that are gone, which are removed at one load. */
#define STALE_AT_ONCE 64

static struct room_feed *
room_feed_of(struct feed *feed)
{
	return (struct room_feed *)feed;
}

static void
entry_done(struct room_feed *feed, struct entry *entry,
    const struct command *requester)
{
	struct cluster *cluster = feed->cluster;
	enum chat_error error = CHAT_OK;

	if (entry->kind == ENTRY_MESSAGE)
		error = cluster->config.history_put(cluster->config.history,
		    entry->room_id, &entry->message);
	else
		error = entry_apply(entry, cluster->config.rooms,
		    cluster->config.history, cluster->config.attributes);
	cluster->stats.entries++;
	commit_log_report(&cluster->log, entry, requester, error);
}

/* NULL: as in the beginning. */
static void
room_epoch_set(struct room_feed *feed, const struct item_epoch *epoch)
{
	struct room_store *rooms = feed->cluster->config.rooms;
	struct room room;

	if (room_store_get(rooms, str_from(feed->room_id), &room) != CHAT_OK)
		return;
	if (epoch == NULL) {
		room.epoch[strcspn(room.epoch, ".")] = '\0';
		room.former_epoch[0] = '\0';
		room.former_seq = 0;
	} else {
		*str_put(room.epoch, epoch->name) = '\0';
		*str_put(room.former_epoch, epoch->former) = '\0';
		room.former_seq = epoch->former_seq;
	}
	room_store_set_epoch(rooms, &room);
}

static void
room_epoch_apply(struct room_feed *feed, const struct place *place,
    const struct item_epoch *epoch)
{
	feed->former_epoch_at = feed->epoch_at;
	feed->epoch_at = *place;
	room_epoch_set(feed, epoch);
}

/* The room's members are told of its epoch. */
static void
room_begin_epoch(struct room_feed *feed, uint64_t last_seq)
{
	struct ordered_handler *handler = feed->cluster->order.handler;

	feed->cluster->stats.resets++;
	if (!feed->is_closed && handler != NULL)
		handler->ops->begin_epoch(handler, str_from(feed->room_id),
		    last_seq);
}

/* An epoch, or an entry. False: not of this room, or of another program. */
static bool
room_item_read(const struct room_feed *feed, const struct feed_entry *from,
    struct item *out)
{
	if (from->payload.len == 0 || !item_unpack(from->payload, out))
		return false;
	if (out->kind == ITEM_EPOCH)
		return true;
	if (out->kind != ITEM_ENTRY ||
	    !str_equal(out->entry.room_id, str_from(feed->room_id)))
		return false;
	if (out->entry.kind == ENTRY_MESSAGE) {
		out->entry.message.seq = from->place.number;
		out->entry.message.at_ms = from->at_ms;
	}
	return true;
}

static void
room_entry_apply(struct room_feed *feed, struct item *item,
    const struct cluster_proposal *own)
{
	const struct command *requester = NULL;

	item->command.connection = CONNECTION_ELSEWHERE;
	if (own == NULL && item->command.kind != COMMAND_NOOP)
		requester = &item->command;
	else if (own != NULL && own->has_command)
		requester = &own->command;
	entry_done(feed, &item->entry, requester);
	if (own != NULL)
		cluster_note_lag(feed->cluster, &own->base);
}

static void
room_apply(struct feed *base, const struct feed_entry *entry,
    struct proposal *proposal)
{
	struct room_feed *feed = room_feed_of(base);
	struct cluster_proposal *own = (struct cluster_proposal *)proposal;
	struct item item;

	feed->cluster->applied_ms = entry->at_ms;
	if (!room_item_read(feed, entry, &item)) {
		if (entry->payload.len > 0)
			log_limited(LOG_WARN, "log %s: an unknown entry",
			    base->name);
	} else if (item.kind == ITEM_EPOCH) {
		room_epoch_apply(feed, &entry->place, &item.epoch);
		room_begin_epoch(feed, entry->place.number);
	} else
		room_entry_apply(feed, &item, own);
	feed->cluster->applied_ms = 0;
	if (own != NULL)
		cluster_proposal_free(feed->cluster, own);
}

static void
room_duplicate(struct feed *base, struct proposal *proposal)
{
	struct room_feed *feed = room_feed_of(base);
	struct cluster_proposal *own = (struct cluster_proposal *)proposal;

	own->entry.is_duplicate = true;
	own->entry.message.seq = proposal->place.number;
	own->entry.message.at_ms = proposal->placed_at_ms;
	if (own->has_command)
		commit_log_report(&feed->cluster->log, &own->entry,
		    &own->command, CHAT_OK);
	cluster_proposal_free(feed->cluster, own);
}

static void
room_give_up(struct feed *base, struct proposal *proposal,
    enum chat_error error)
{
	struct room_feed *feed = room_feed_of(base);
	struct cluster_proposal *own = (struct cluster_proposal *)proposal;

	if (own->has_command)
		commit_log_report(&feed->cluster->log, &own->entry,
		    &own->command, error);
	cluster_proposal_free(feed->cluster, own);
}

/* The state of an attribute, or a message, of before. */
static void
room_load_item(struct room_feed *feed, struct str payload,
    const struct feed_entry *entry)
{
	struct cluster *cluster = feed->cluster;
	struct feed_entry of_table = { .payload = payload };
	struct item item;

	if (!room_item_read(feed, entry != NULL ? entry : &of_table, &item))
		return;
	if (item.kind == ITEM_EPOCH) {
		if (entry != NULL)
			room_epoch_apply(feed, &entry->place, &item.epoch);
	} else if (entry != NULL && item.entry.kind == ENTRY_MESSAGE)
		(void)cluster->config.history_put(cluster->config.history,
		    item.entry.room_id, &item.entry.message);
	else if (entry == NULL && item.entry.kind == ENTRY_ATTRIBUTE)
		(void)entry_apply(&item.entry, cluster->config.rooms,
		    cluster->config.history, cluster->config.attributes);
}

/* For the relay: what no node may have passed on. */
static void
room_loaded_note(struct room_feed *feed, const struct feed_entry *entry)
{
	struct item item;

	if (room_item_read(feed, entry, &item) && item.kind == ITEM_ENTRY)
		cluster_relay_loaded(feed->cluster, &item.entry, entry->at_ms);
}

/* Whether a field is about a message before the first that is kept. */
static bool
field_is_stale(struct room_feed *feed, const struct feed_field *field,
    uint64_t first)
{
	struct feed_entry of_table = { .payload = field->value };
	struct item item;

	return room_item_read(feed, &of_table, &item) &&
	       item.kind == ITEM_ENTRY && item.entry.kind == ENTRY_ATTRIBUTE &&
	       item.entry.attribute.seq > 0 && item.entry.attribute.seq < first;
}

/* Messages go by themselves; what is known of them is removed here. */
static void
fields_remove_stale(struct room_feed *feed, const struct feed_field *fields,
    size_t count, uint64_t first)
{
	size_t removed = 0;

	for (size_t i = 0; i < count && removed < STALE_AT_ONCE; i++)
		if (field_is_stale(feed, &fields[i], first)) {
			cluster_propose_removal(feed->cluster, &feed->feed,
			    fields[i].name);
			removed++;
		}
}

static void
room_differ(struct feed *base)
{
	struct room_feed *feed = room_feed_of(base);
	struct ordered_handler *handler = feed->cluster->order.handler;

	feed->cluster->stats.resets++;
	if (feed->is_closed)
		return;
	feed->differs = true;
	feed->cluster->relay_is_fresh = false;
	if (handler != NULL)
		handler->ops->reset(handler, str_from(feed->room_id));
}

/* The epoch of the log. False: it is another one than before. */
static bool
room_epoch_load(struct room_feed *feed, const struct feed_field *fields,
    size_t count)
{
	struct room_store *rooms = feed->cluster->config.rooms;
	const struct item_epoch *epoch = NULL;
	struct room before, now;
	struct item item;

	for (size_t i = 0; i < count && epoch == NULL; i++)
		if (str_equal(fields[i].name, STR(EPOCH_FIELD)) &&
		    item_unpack(fields[i].value, &item) &&
		    item.kind == ITEM_EPOCH)
			epoch = &item.epoch;
	if (room_store_get(rooms, str_from(feed->room_id), &before) != CHAT_OK)
		return true;
	feed->epoch_at = feed->former_epoch_at = (struct place){ .number = 0 };
	room_epoch_set(feed, epoch);
	return room_store_get(rooms, str_from(feed->room_id), &now) !=
		   CHAT_OK ||
	       strcmp(now.epoch, before.epoch) == 0;
}

static bool
room_load(struct feed *base, const struct feed_field *fields,
    size_t field_count, const struct feed_entry *entries, size_t count)
{
	struct room_feed *feed = room_feed_of(base);
	size_t silent = count;
	bool is_same;

	if (feed->is_closed)
		return false;
	is_same = room_epoch_load(feed, fields, field_count);
	if ((base->is_loaded && !is_same) || feed->is_entered_early)
		room_differ(base);
	if (feed->differs)
		cluster_relay_forget(feed->cluster, str_from(feed->room_id));
	feed->differs = feed->is_entered_early = false;
	room_history_clear(feed->cluster, str_from(feed->room_id));
	while (!base->is_loaded && silent > 0 &&
	       entries[silent - 1].at_ms >= feed->publish_from_ms)
		silent--;
	for (size_t i = 0; i < silent; i++)
		room_load_item(feed, entries[i].payload, &entries[i]);
	for (size_t i = 0; i < field_count; i++)
		room_load_item(feed, fields[i].value, NULL);
	if (!base->is_loaded && !is_same)
		room_begin_epoch(feed,
		    silent > 0 ? entries[silent - 1].place.number : 0);
	for (size_t i = 0; i < silent; i++)
		room_loaded_note(feed, &entries[i]);
	for (size_t i = silent; i < count; i++)
		room_apply(base, &entries[i], NULL);
	if (count > 0)
		fields_remove_stale(feed, fields, field_count,
		    entries[0].place.number);
	return true;
}

static void
room_live(struct feed *base)
{
	struct room_feed *feed = room_feed_of(base);

	feed->differs = false;
	feed_unblock(&feed->cluster->chat);
	if (!feed->is_closed)
		room_barriers_report(feed->cluster, &feed->barriers,
		    str_from(feed->room_id), CHAT_OK);
}

static void
room_wake(struct feed *base)
{
	struct room_feed *feed = room_feed_of(base);

	if (!feed->is_dirty) {
		feed->is_dirty = true;
		list_append(&feed->cluster->dirty, &feed->dirty);
	}
	cluster_wake(feed->cluster);
}

static bool
room_may_open(struct feed *base)
{
	return cluster_is_alone(room_feed_of(base)->cluster);
}

const struct feed_ops room_feed_ops = {
	.apply = room_apply,
	.duplicate = room_duplicate,
	.give_up = room_give_up,
	.load = room_load,
	.live = room_live,
	.wake = room_wake,
	.heal = room_feed_heal,
	.may_open = room_may_open,
	.differ = room_differ,
};
