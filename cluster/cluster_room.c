/* The logs of the rooms that this node needs. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "cluster/cluster_internal.h"

/* A room is followed for so long after it was last needed. */
#define UNUSED_MS 30000

/* A log is removed so long after its room: no node appends to it then. */
#define DROP_MS 15000

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

void
room_log_name_write(const struct room *room, char out[ROOM_LOG_SIZE])
{
	snprintf(out, ROOM_LOG_SIZE, "room:%s:%.*s", room->id,
	    (int)strcspn(room->epoch, "."), room->epoch);
}

struct room_feed *
room_feed_need(struct cluster *cluster, struct str room_id,
    int64_t publish_from_ms)
{
	struct room_feed *feed = room_feed_find(cluster, room_id);
	struct room room;
	char log[ROOM_LOG_SIZE];

	if (feed == NULL) {
		if (room_store_get(cluster->config.rooms, room_id, &room) !=
		    CHAT_OK)
			return NULL;
		feed = calloc(1, sizeof(*feed));
		if (feed == NULL)
			return NULL;
		room_log_name_write(&room, log);
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

void
room_history_clear(struct cluster *cluster, struct str room_id)
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

	/* The commands find no room when they run again. */
	room_barriers_report(cluster, &feed->barriers, str_from(feed->room_id),
	    CHAT_OK);
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
	assert(!feed->is_closed);
	id_map_remove(&feed->cluster->by_room, str_from(feed->room_id));
	feed->is_closed = true;
	feed->feed.config->ops->wake(&feed->feed);
}

/* Without memory it stays in the broker. */
static void
log_drop_later(struct cluster *cluster, const struct room *room)
{
	struct dropped_log *dropped = malloc(sizeof(*dropped) + ROOM_LOG_SIZE);

	if (dropped == NULL)
		return;
	room_log_name_write(room, dropped->name);
	dropped->due_ms = cluster_now_ms(cluster) + DROP_MS;
	list_append(&cluster->dropped, &dropped->link);
}

void
room_feed_open(struct cluster *cluster, struct str room_id)
{
	struct room room;
	char log[ROOM_LOG_SIZE];

	if (room_store_get(cluster->config.rooms, room_id, &room) != CHAT_OK)
		return;
	room_log_name_write(&room, log);
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

		room_barriers_free(&feed->barriers);
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
room_feed_tick(struct room_feed *feed, int64_t now_ms)
{
	struct str id = str_from(feed->room_id);

	feed_tick(&feed->feed, now_ms);
	room_barriers_expire(feed, now_ms);
	if (now_ms - feed->used_ms < UNUSED_MS ||
	    !list_is_empty(&feed->feed.proposals) ||
	    !list_is_empty(&feed->barriers))
		return;
	if (cluster_is_relay(feed->cluster) || room_is_read(feed)) {
		feed->used_ms = now_ms;
		return;
	}
	room_feed_forget(feed);
	room_history_clear(feed->cluster, id);
	cluster_relay_forget(feed->cluster, id);
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
