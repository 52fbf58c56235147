#include "commands/support/presence.h"

#include <stdlib.h>

#include "commands/support/request.h"

/* The least time between two counts in one room. */
#define COUNT_EVERY_MS 1000

/*
 * Copies of counts between two ticks, over all rooms: so one room of 10 000
 * gets its count each second. A member that joins or leaves many large rooms
 * at once must not stop the server, nor keep all their members busy.
 */
#define COUNT_COPIES 1024

struct crowd {
	struct list link;
	int64_t published_ms;
	bool is_outdated; /* the count has changed since */
	char room[ROOM_ID_SIZE];
};

static struct str
crowd_key(const void *entry)
{
	return str_from(((const struct crowd *)entry)->room);
}

static struct crowd *
crowd_create(struct presence *presence, const struct room *room)
{
	struct crowd *crowd = calloc(1, sizeof(*crowd));

	if (crowd == NULL)
		return NULL;
	memcpy(crowd->room, room->id, sizeof(crowd->room));
	crowd->published_ms = INT64_MIN / 2; /* never */
	if (!id_map_put(&presence->by_room, crowd)) {
		free(crowd);
		return NULL;
	}
	list_append(&presence->all, &crowd->link);
	return crowd;
}

static void
crowd_destroy(struct presence *presence, struct crowd *crowd)
{
	id_map_remove(&presence->by_room, crowd_key(crowd));
	list_remove(&crowd->link);
	free(crowd);
}

void
presence_init(struct presence *presence)
{
	id_map_init(&presence->by_room, crowd_key);
	list_init(&presence->all);
	presence->copies = COUNT_COPIES;
}

void
presence_fini(struct presence *presence)
{
	while (!list_is_empty(&presence->all))
		crowd_destroy(presence,
		    LIST_OWNER(presence->all.next, struct crowd, link));
	id_map_fini(&presence->by_room);
}

static void
count_publish(const struct request *request, const struct room *room)
{
	struct event event = {
		.kind = EVENT_COUNT,
		.room = str_from(room->id),
		.count = room->member_count,
	};

	request->state->presence.copies -= (int64_t)room->member_count;
	publisher_publish(request->chat->publisher, &event,
	    audience_room(event.room));
}

static bool
count_is_due(const struct crowd *crowd, int64_t now_ms)
{
	return now_ms - crowd->published_ms >= COUNT_EVERY_MS;
}

/* A count that is not published now follows with one of the next ticks. */
static bool
count_may_be_published(const struct presence *presence,
    const struct crowd *crowd, int64_t now_ms)
{
	return presence->copies > 0 && count_is_due(crowd, now_ms);
}

/*
 * Without memory to remember its time, a count is published all the same: one
 * too many does less harm than one that stays wrong.
 */
static void
count_publish_when_due(const struct request *request, const struct room *room)
{
	struct presence *presence = &request->state->presence;
	int64_t now_ms = clock_monotonic_ms(request->chat->clock);
	struct crowd *crowd;

	crowd = id_map_find(&presence->by_room, str_from(room->id));
	if (crowd == NULL)
		crowd = crowd_create(presence, room);
	if (crowd != NULL && !count_may_be_published(presence, crowd, now_ms)) {
		crowd->is_outdated = true;
		return;
	}
	if (crowd != NULL) {
		crowd->published_ms = now_ms;
		crowd->is_outdated = false;
	}
	count_publish(request, room);
}

/*
 * `size` includes the author. A room of that size gets a count if it is above
 * the limit; an author who is alone has no receivers. False: the event itself
 * was not published.
 */
static bool
presence_publish(const struct request *request, const struct event *event,
    const struct room *room, size_t size)
{
	struct audience others = audience_room(event->room);

	if (size < 2)
		return false;
	if (size > request->chat->limits.presence_up_to) {
		count_publish_when_due(request, room);
		return false;
	}
	others.except = event->member_id;
	publisher_publish(request->chat->publisher, event, others);
	return true;
}

void
presence_entered(const struct request *request, const struct room *room)
{
	struct event event = request_event(request, EVENT_ENTERED);

	event.room = str_from(room->id);
	if (!presence_publish(request, &event, room, room->member_count))
		request_publish_to_own_others(request, &event);
}

/* The author's connections are not in the room any more. */
void
presence_left(const struct request *request, const struct room *room)
{
	struct event event = request_event(request, EVENT_GONE);

	event.room = str_from(room->id);
	presence_publish(request, &event, room, room->member_count + 1);
	request_publish_to_own_others(request, &event);
}

void
lobby_publish(const struct request *request, const struct event *event)
{
	size_t size = request->state->in_lobby;
	struct audience others = audience_lobby();

	if (!request->author.in_lobby || size < 2 ||
	    size > request->chat->limits.announce_up_to)
		return;
	others.except = event->member_id;
	publisher_publish(request->chat->publisher, event, others);
}

/* False: nothing was published within the last second, or the room is gone. */
static bool
crowd_tick(const struct request *request, struct crowd *crowd, int64_t now_ms)
{
	const struct presence *presence = &request->state->presence;
	struct room room;

	if (!count_is_due(crowd, now_ms) ||
	    (crowd->is_outdated && presence->copies <= 0))
		return true;
	if (!crowd->is_outdated || room_store_get(request->chat->rooms,
				       crowd_key(crowd), &room) != CHAT_OK)
		return false;
	crowd->published_ms = now_ms;
	crowd->is_outdated = false;
	count_publish(request, &room);
	return true;
}

void
presence_tick(const struct request *request)
{
	struct presence *presence = &request->state->presence;
	int64_t now_ms = clock_monotonic_ms(request->chat->clock);
	struct list *link, *next;

	presence->copies += COUNT_COPIES;
	if (presence->copies > COUNT_COPIES)
		presence->copies = COUNT_COPIES;
	for (link = presence->all.next; link != &presence->all; link = next) {
		struct crowd *crowd = LIST_OWNER(link, struct crowd, link);

		next = link->next;
		if (!crowd_tick(request, crowd, now_ms))
			crowd_destroy(presence, crowd);
	}
}
