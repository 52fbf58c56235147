/*
 * The numbers of the last messages of rooms that this node does not follow: the
 * histories have them for as long as they are known.
 */
#include <stdlib.h>
#include <string.h>

#include "cluster/cluster_internal.h"
#include "cluster/feed_internal.h"

/* A number that is so old is asked for again. */
#define COUNT_MS 1000

#define COUNTS_AT_ONCE 256

enum count_state {
	COUNT_IS_DUE, /* it is asked for at the end of the turn */
	COUNT_IS_ASKED,
	COUNT_IS_KNOWN,
	COUNT_IS_UNKNOWN
};

struct room_count {
	struct list link; /* of cluster.counts, the oldest first */
	enum count_state state;
	int64_t at_ms;
	char id[ROOM_ID_SIZE];
};

struct counts_call {
	struct cluster *cluster;
	size_t count;
	char rooms[COUNTS_AT_ONCE][ROOM_ID_SIZE];
	char logs[COUNTS_AT_ONCE][ROOM_LOG_SIZE];
};

static struct str
room_count_key(const void *entry)
{
	return str_from(((const struct room_count *)entry)->id);
}

void
room_counts_init(struct cluster *cluster)
{
	id_map_init(&cluster->counts_by_room, room_count_key);
	list_init(&cluster->counts);
	list_init(&cluster->count_barriers);
}

static void
room_count_remove(struct cluster *cluster, struct room_count *count)
{
	id_map_remove(&cluster->counts_by_room, str_from(count->id));
	list_remove(&count->link);
	free(count);
}

void
room_counts_fini(struct cluster *cluster)
{
	room_barriers_free(&cluster->count_barriers);
	while (!list_is_empty(&cluster->counts))
		room_count_remove(cluster,
		    LIST_OWNER(cluster->counts.next, struct room_count, link));
	id_map_fini(&cluster->counts_by_room);
}

void
room_counts_tick(struct cluster *cluster, int64_t now_ms)
{
	struct list *next;

	for (struct list *at = cluster->counts.next; at != &cluster->counts;
	     at = next) {
		struct room_count *count =
		    LIST_OWNER(at, struct room_count, link);

		next = at->next;
		if (now_ms - count->at_ms >= COUNT_MS &&
		    count->state != COUNT_IS_ASKED)
			room_count_remove(cluster, count);
	}
}

/* NULL: no memory. */
static struct room_count *
room_count_create(struct cluster *cluster, struct str room_id)
{
	struct room_count *count = calloc(1, sizeof(*count));

	if (count == NULL)
		return NULL;
	*str_put(count->id, room_id) = '\0';
	if (!id_map_put(&cluster->counts_by_room, count)) {
		free(count);
		return NULL;
	}
	list_append(&cluster->counts, &count->link);
	count->at_ms = cluster_now_ms(cluster);
	cluster->counts_are_due = true;
	cluster_wake(cluster);
	return count;
}

enum room_readiness
room_count_need(struct cluster *cluster, struct str room_id)
{
	struct room_feed *feed = room_feed_find(cluster, room_id);
	struct room_count *count;
	char log[ROOM_LOG_SIZE];
	struct room room;

	if (feed != NULL)
		return feed->feed.is_loaded ? ROOM_IS_READY
					    : ROOM_IS_UNAVAILABLE;
	count = id_map_find(&cluster->counts_by_room, room_id);
	if (count != NULL)
		return count->state == COUNT_IS_KNOWN     ? ROOM_IS_READY
		       : count->state == COUNT_IS_UNKNOWN ? ROOM_IS_UNAVAILABLE
							  : ROOM_IS_AWAITED;
	if (room_store_get(cluster->config.rooms, room_id, &room) != CHAT_OK)
		return ROOM_IS_UNAVAILABLE;
	room_log_name_write(&room, log);
	return cluster->broker != NULL &&
		       cluster_shard_is_up(cluster, str_from(log)) &&
		       room_count_create(cluster, room_id) != NULL
		   ? ROOM_IS_AWAITED
		   : ROOM_IS_UNAVAILABLE;
}

/* The history of a room that is not followed has no messages. */
static void
room_count_keep(struct cluster *cluster, struct str room_id, uint64_t number,
    int64_t at_ms)
{
	struct history_span now = { .last = number, .last_at_ms = at_ms };
	struct history_span before;

	if (room_feed_find(cluster, room_id) != NULL ||
	    history_span(cluster->config.history, room_id,
		clock_wall_ms(cluster->config.clock), &before) != CHAT_OK ||
	    before.last == number)
		return;
	room_history_clear(cluster, room_id);
	cluster->config.history_set_span(cluster->config.history, room_id,
	    &now);
}

/* The three strings of a log in the reply: see BROKER_TOPS. */
static bool
room_count_read(struct cluster *cluster, struct str room_id,
    const struct str *top)
{
	struct place place;
	int64_t at_ms;

	if (!place_parse(top[0], top[1], &place) ||
	    !feed_digits_parse(top[2], &at_ms))
		return false;
	room_count_keep(cluster, room_id, place.number, at_ms);
	return true;
}

static void
counts_answered(void *arg, enum broker_outcome outcome, const struct str *reply,
    size_t count)
{
	struct counts_call *call = arg;
	struct cluster *cluster = call->cluster;

	for (size_t i = 0; i < call->count; i++) {
		struct str room_id = str_from(call->rooms[i]);
		struct room_count *room =
		    id_map_find(&cluster->counts_by_room, room_id);
		bool is_known =
		    outcome == BROKER_OK && TOP_STRINGS * (i + 1) <= count &&
		    room_count_read(cluster, room_id, reply + TOP_STRINGS * i);

		if (room == NULL)
			continue;
		room->state = is_known ? COUNT_IS_KNOWN : COUNT_IS_UNKNOWN;
		room->at_ms = cluster_now_ms(cluster);
		list_remove(&room->link);
		list_append(&cluster->counts, &room->link);
	}
	free(call);
	cluster->count_calls--;
	room_barriers_report(cluster, &cluster->count_barriers, ORDER_COUNTS,
	    CHAT_OK);
}

static void
counts_send(struct counts_call *call)
{
	struct str args[COUNTS_AT_ONCE];
	struct broker_call of_broker = {
		.script = BROKER_TOPS,
		.slot = str_from(call->logs[0]),
		.args = args,
		.arg_count = call->count,
		.done = counts_answered,
		.arg = call,
	};

	for (size_t i = 0; i < call->count; i++)
		args[i] = str_from(call->logs[i]);
	call->cluster->count_calls++;
	broker_call(call->cluster->broker, &of_broker);
}

/* Adds a room to the call of its shard; a full one is sent. */
static void
counts_add(struct cluster *cluster, struct counts_call *calls[64],
    struct room_count *count)
{
	struct counts_call *call;
	char log[ROOM_LOG_SIZE];
	struct room room;
	unsigned shard;

	count->state = COUNT_IS_UNKNOWN;
	if (room_store_get(cluster->config.rooms, str_from(count->id), &room) !=
	    CHAT_OK)
		return;
	room_log_name_write(&room, log);
	shard = broker_shard(cluster->broker, str_from(log));
	call = calls[shard];
	if (call == NULL) {
		call = calls[shard] = calloc(1, sizeof(*call));
		if (call == NULL)
			return;
		call->cluster = cluster;
	}
	count->state = COUNT_IS_ASKED;
	memcpy(call->rooms[call->count], room.id, sizeof(room.id));
	memcpy(call->logs[call->count++], log, sizeof(log));
	if (call->count < COUNTS_AT_ONCE)
		return;
	calls[shard] = NULL;
	counts_send(call);
}

void
room_counts_flush(struct cluster *cluster)
{
	struct counts_call *calls[64] = { NULL };

	if (!cluster->counts_are_due)
		return;
	cluster->counts_are_due = false;
	for (struct list *at = cluster->counts.next; at != &cluster->counts;
	     at = at->next) {
		struct room_count *count =
		    LIST_OWNER(at, struct room_count, link);

		if (count->state == COUNT_IS_DUE)
			counts_add(cluster, calls, count);
	}
	for (size_t i = 0; i < 64; i++)
		if (calls[i] != NULL)
			counts_send(calls[i]);
	if (cluster->count_calls == 0) /* for want of memory */
		room_barriers_report(cluster, &cluster->count_barriers,
		    ORDER_COUNTS, CHAT_OK);
}
