/* The logs of the rooms that this node needs. */
#include <stdio.h>
#include <stdlib.h>

#include "cluster/cluster_internal.h"
#include "domain/log.h"

/* A room is followed for so long after it was last needed. */
#define UNUSED_MS 30000

/* A log is removed so long after its room: no node appends to it then. */
#define DROP_MS 15000

/* Fields of messages that are gone, which are removed at one load. */
#define STALE_AT_ONCE 64

/* "room:", id, ":", the first epoch: later ones add a dot and a suffix */
#define LOG_SIZE (5 + ROOM_ID_SIZE + ID_SIZE)

static struct str
room_feed_key(const void *entry)
{
	return str_from(((const struct room_feed *)entry)->room_id);
}

void
room_feeds_init(struct cluster *cluster)
{
	id_map_init(&cluster->by_room, room_feed_key);
	list_init(&cluster->rooms);
	list_init(&cluster->dropped);
	list_init(&cluster->dirty);
}

struct room_feed *
room_feed_find(const struct cluster *cluster, struct str room_id)
{
	return id_map_find(&cluster->by_room, room_id);
}

struct room_feed *
room_feed_of_log(const struct cluster *cluster, struct str log)
{
	struct str id = str_slice(log.data + 5, log.len - 5);
	const char *end = memchr(id.data, ':', id.len);
	struct room_feed *feed;

	if (end == NULL)
		return NULL;
	id.len = (size_t)(end - id.data);
	feed = room_feed_find(cluster, id);
	return feed != NULL && str_equal(str_from(feed->feed.name), log) ? feed
									 : NULL;
}

static void
log_name_write(const struct room *room, char out[LOG_SIZE])
{
	snprintf(out, LOG_SIZE, "room:%s:%.*s", room->id,
	    (int)strcspn(room->epoch, "."), room->epoch);
}

struct room_feed *
room_feed_need(struct cluster *cluster, struct str room_id,
    int64_t publish_from_ms)
{
	struct room_feed *feed = room_feed_find(cluster, room_id);
	struct room room;
	char log[LOG_SIZE];

	if (feed == NULL) {
		if (room_store_get(cluster->config.rooms, room_id, &room) !=
		    CHAT_OK)
			return NULL;
		feed = calloc(1, sizeof(*feed));
		if (feed == NULL)
			return NULL;
		log_name_write(&room, log);
		feed->cluster = cluster;
		list_init(&feed->barriers);
		feed->publish_from_ms = publish_from_ms;
		memcpy(feed->room_id, room.id, sizeof(room.id));
		if (!feed_init(&feed->feed, &cluster->room_config,
			str_from(log)) ||
		    !id_map_put(&cluster->by_room, feed)) {
			free(feed->feed.name);
			free(feed);
			return NULL;
		}
		list_append(&cluster->rooms, &feed->link);
		feed_follow(&feed->feed,
		    str_equal(room_id, str_from(cluster->created)));
	}
	feed->used_ms = cluster_now_ms(cluster);
	return feed;
}

/* Its commands run again, or fail. */
static void
barriers_report(struct room_feed *feed, enum chat_error outcome)
{
	struct list waiting = feed->barriers;

	if (list_is_empty(&feed->barriers))
		return;
	waiting.next->previous = waiting.previous->next = &waiting;
	list_init(&feed->barriers);
	while (!list_is_empty(&waiting)) {
		struct room_barrier *barrier =
		    LIST_OWNER(waiting.next, struct room_barrier, link);
		struct entry entry = { .kind = ENTRY_BARRIER,
			.room_id = str_from(feed->room_id) };

		list_remove(&barrier->link);
		commit_log_report(&feed->cluster->log, &entry,
		    &barrier->command, outcome);
		free(barrier);
	}
}

/* The history is that of a room without messages. */
static void
history_clear(struct cluster *cluster, struct str room_id)
{
	struct room room;

	history_close(cluster->config.history, room_id);
	if (room_store_get(cluster->config.rooms, room_id, &room) == CHAT_OK)
		(void)history_open(cluster->config.history, room_id,
		    room.ttl_ms, room.persistent);
}

static void
room_feed_remove(struct room_feed *feed)
{
	struct cluster *cluster = feed->cluster;

	if (feed->is_dirty)
		list_remove(&feed->dirty);
	list_remove(&feed->link);
	if (cluster->broker != NULL)
		feed_unfollow(&feed->feed);
	feed_fini(&feed->feed, CHAT_ROOM_NOT_FOUND);
	free(feed);
	cluster_wake(cluster);
}

/* Freed later: one of its functions may be running. */
static void
room_feed_forget(struct room_feed *feed)
{
	id_map_remove(&feed->cluster->by_room, str_from(feed->room_id));
	feed->is_closed = true;
	feed->feed.config->ops->wake(&feed->feed);
}

/* Without memory it stays in the broker. */
static void
log_drop_later(struct cluster *cluster, const struct room *room)
{
	struct dropped_log *dropped = malloc(sizeof(*dropped) + LOG_SIZE);

	if (dropped == NULL)
		return;
	log_name_write(room, dropped->name);
	dropped->due_ms = cluster_now_ms(cluster) + DROP_MS;
	list_append(&cluster->dropped, &dropped->link);
}

void
room_feed_open(struct cluster *cluster, struct str room_id)
{
	struct room room;
	char log[LOG_SIZE];

	if (room_store_get(cluster->config.rooms, room_id, &room) != CHAT_OK)
		return;
	log_name_write(&room, log);
	room_log_open(cluster, log);
}

void
room_feed_close(struct cluster *cluster, const struct room *room, bool is_own)
{
	struct room_feed *feed = room_feed_find(cluster, str_from(room->id));

	if (feed != NULL)
		room_feed_forget(feed);
	if (is_own)
		log_drop_later(cluster, room);
}

static void
logs_drop(struct cluster *cluster, int64_t now_ms)
{
	while (!list_is_empty(&cluster->dropped)) {
		struct dropped_log *first =
		    LIST_OWNER(cluster->dropped.next, struct dropped_log, link);
		struct broker_call call = {
			.script = BROKER_DROP,
			.slot = str_from(first->name),
			.done = cluster_ignore_answer,
		};

		if (now_ms < first->due_ms)
			return;
		if (cluster->broker != NULL)
			broker_call(cluster->broker, &call);
		list_remove(&first->link);
		free(first);
	}
}

void
room_feeds_fini(struct cluster *cluster)
{
	while (!list_is_empty(&cluster->rooms)) {
		struct room_feed *feed =
		    LIST_OWNER(cluster->rooms.next, struct room_feed, link);

		while (!list_is_empty(&feed->barriers)) {
			struct room_barrier *barrier =
			    LIST_OWNER(feed->barriers.next, struct room_barrier,
				link);

			list_remove(&barrier->link);
			free(barrier);
		}
		if (!feed->is_closed)
			id_map_remove(&cluster->by_room,
			    str_from(feed->room_id));
		room_feed_remove(feed);
	}
	id_map_fini(&cluster->by_room);
	logs_drop(cluster, INT64_MAX);
}

struct member_rooms {
	struct cluster *cluster;
	int64_t publish_from_ms;
};

static bool
room_follow(const struct room *room, void *arg)
{
	struct member_rooms *rooms = arg;

	(void)room_feed_need(rooms->cluster, str_from(room->id),
	    rooms->publish_from_ms);
	return true;
}

void
room_feeds_of_member(struct cluster *cluster, struct str member_id,
    int64_t publish_from_ms)
{
	struct member_rooms rooms = { cluster, publish_from_ms };

	room_store_each_room_of(cluster->config.rooms, member_id, room_follow,
	    &rooms);
}

/* --- what a log brings ---------------------------------------------------- */

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

/* False: it is another entry. */
static bool
room_epoch_read(struct room_feed *feed, const struct feed_entry *from)
{
	struct item item;

	if (from->payload.len == 0 || !item_unpack(from->payload, &item) ||
	    item.kind != ITEM_EPOCH)
		return false;
	feed->former_epoch_at = feed->epoch_at;
	feed->epoch_at = from->place;
	room_epoch_set(feed, &item.epoch);
	return true;
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

/* False: not one of this room, or of another program. */
static bool
room_item_read(const struct room_feed *feed, const struct feed_entry *from,
    struct item *out)
{
	if (from->payload.len == 0 || !item_unpack(from->payload, out) ||
	    out->kind != ITEM_ENTRY ||
	    !str_equal(out->entry.room_id, str_from(feed->room_id)))
		return false;
	if (out->entry.kind == ENTRY_MESSAGE) {
		out->entry.message.seq = from->place.number;
		out->entry.message.at_ms = from->at_ms;
	}
	return true;
}

static void
room_apply(struct feed *base, const struct feed_entry *entry,
    struct proposal *proposal)
{
	struct room_feed *feed = room_feed_of(base);
	struct cluster_proposal *own = (struct cluster_proposal *)proposal;
	const struct command *requester = NULL;
	struct item item;

	if (room_epoch_read(feed, entry)) {
		room_begin_epoch(feed, entry->place.number);
		return;
	}
	if (!room_item_read(feed, entry, &item)) {
		if (entry->payload.len > 0)
			log_limited(LOG_WARN, "log %s: an unknown entry",
			    base->name);
		if (own != NULL)
			cluster_proposal_free(feed->cluster, own);
		return;
	}
	item.command.connection = CONNECTION_ELSEWHERE;
	if (own == NULL && item.command.kind != COMMAND_NOOP)
		requester = &item.command;
	else if (own != NULL && own->has_command)
		requester = &own->command;
	entry_done(feed, &item.entry, requester);
	if (own == NULL)
		return;
	cluster_note_lag(feed->cluster, &own->base);
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

	if (entry != NULL && room_epoch_read(feed, entry))
		return;
	if (!room_item_read(feed, entry != NULL ? entry : &of_table, &item))
		return;
	if (entry != NULL && item.entry.kind == ENTRY_MESSAGE)
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

	if (room_item_read(feed, entry, &item))
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
	       item.entry.kind == ENTRY_ATTRIBUTE &&
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
	if (!feed->is_closed && handler != NULL)
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
	feed->is_entered_early = false;
	history_clear(feed->cluster, str_from(feed->room_id));
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

	feed_unblock(&feed->cluster->chat);
	if (!feed->is_closed)
		barriers_report(feed, CHAT_OK);
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

/* --- time ----------------------------------------------------------------- */

void
room_feeds_flush(struct cluster *cluster)
{
	struct list *end = cluster->dirty.previous;

	while (!list_is_empty(&cluster->dirty)) {
		struct list *first = cluster->dirty.next;
		struct room_feed *feed =
		    LIST_OWNER(first, struct room_feed, dirty);

		list_remove(first);
		feed->is_dirty = false;
		if (feed->is_closed)
			room_feed_remove(feed);
		else
			feed_flush(&feed->feed);
		if (first == end)
			return;
	}
}

struct local_search {
	const struct nodes *nodes;
	bool found;
};

static bool
local_find(struct str member_id, void *arg)
{
	struct local_search *search = arg;

	search->found = nodes_has_local(search->nodes, member_id);
	return !search->found;
}

/* Whether a member of this node reads it. */
static bool
room_is_read(const struct room_feed *feed)
{
	const struct cluster *cluster = feed->cluster;
	struct local_search search = { .nodes = &cluster->nodes };
	struct str id = str_from(feed->room_id);

	room_store_each_member(cluster->config.rooms, id, local_find, &search);
	return search.found;
}

static void
barriers_expire(struct room_feed *feed, int64_t now_ms)
{
	const struct room_barrier *first;

	if (list_is_empty(&feed->barriers))
		return;
	first = LIST_OWNER(feed->barriers.next, struct room_barrier, link);
	if (now_ms - first->since_ms >= feed->cluster->config.give_up_ms)
		barriers_report(feed, CHAT_UNAVAILABLE);
}

static void
room_feed_tick(struct room_feed *feed, int64_t now_ms)
{
	struct str id = str_from(feed->room_id);

	feed_tick(&feed->feed, now_ms);
	barriers_expire(feed, now_ms);
	if (now_ms - feed->used_ms < UNUSED_MS ||
	    !list_is_empty(&feed->feed.proposals) ||
	    !list_is_empty(&feed->barriers))
		return;
	if (cluster_is_relay(feed->cluster) || room_is_read(feed)) {
		feed->used_ms = now_ms;
		return;
	}
	room_feed_forget(feed);
	history_clear(feed->cluster, id);
}

void
room_feeds_tick(struct cluster *cluster, int64_t now_ms)
{
	struct list *next;

	logs_drop(cluster, now_ms);
	for (struct list *at = cluster->rooms.next; at != &cluster->rooms;
	     at = next) {
		struct room_feed *feed = LIST_OWNER(at, struct room_feed, link);

		next = at->next;
		if (!feed->is_closed)
			room_feed_tick(feed, now_ms);
	}
}
