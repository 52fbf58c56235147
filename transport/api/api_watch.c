/* Calls that wait for messages of a room. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "transport/api/api_internal.h"

static void
room_free(struct api *api, struct api_room *room)
{
	id_map_remove(&api->watched, str_from(room->id));
	api_live_clear(room);
	free(room);
}

static struct api_room *
room_create(struct api *api, struct str id)
{
	struct api_room *room = malloc(sizeof(*room));

	if (room == NULL)
		return NULL;
	assert(id.len < sizeof(room->id));
	*room = (struct api_room){ .live_number = 0 };
	list_init(&room->watchers);
	list_init(&room->live);
	memcpy(room->id, id.data, id.len);
	room->id[id.len] = '\0';
	if (id_map_put(&api->watched, room))
		return room;
	free(room);
	return NULL;
}

bool
api_watch(struct api_call *call, struct str id)
{
	struct api *api = call->api;
	struct api_room *room = id_map_find(&api->watched, id);

	assert(call->watched == NULL);
	if (room == NULL)
		room = room_create(api, id);
	if (room == NULL)
		return false;
	call->watched = room;
	/* One that comes again goes on where it was. */
	if (call->kept_as == 0 || call->kept_as != room->kept_as ||
	    call->live_next > room->live_number + 1) {
		call->live_next = room->live_number + 1;
		call->misses_live = call->kept_as != 0;
		call->kept_as = 0;
	}
	if (room->last_seq < call->room_seq)
		room->last_seq = call->room_seq;
	list_append(&room->watchers, &call->room_link);
	list_append(&api->watchers, &call->watch_link);
	return true;
}

void
api_unwatch(struct api_call *call)
{
	struct api_room *room = call->watched;

	if (room == NULL)
		return;
	call->watched = NULL;
	list_remove(&call->room_link);
	list_remove(&call->watch_link);
	if (list_is_empty(&room->watchers) && room->kept_as == 0)
		room_free(call->api, room);
}

/* --- rooms that are kept -------------------------------------------------- */

static void
kept_room_forget(struct api *api, struct api_room *room)
{
	list_remove(&room->kept_link);
	api->kept_count--;
	room->kept_as = 0;
	if (list_is_empty(&room->watchers))
		room_free(api, room);
}

static struct api_room *
kept_room_oldest(const struct api *api)
{
	return LIST_OWNER(api->kept.next, struct api_room, kept_link);
}

void
api_room_keep(struct api_call *call)
{
	struct api *api = call->api;
	struct api_room *room = call->watched;

	if (room->kept_as != 0) {
		list_remove(&room->kept_link);
	} else {
		room->kept_as =
		    loop_random(call->exchange->conn->loop, UINT32_MAX) + 1;
		if (++api->kept_count > API_KEPT_MOST)
			kept_room_forget(api, kept_room_oldest(api));
	}
	list_append(&api->kept, &room->kept_link);
	room->kept_until_ms = api_call_now_ms(call) + API_KEPT_MS;
}

void
api_rooms_forget(struct api *api)
{
	while (!list_is_empty(&api->kept))
		kept_room_forget(api, kept_room_oldest(api));
}

/* --- waking --------------------------------------------------------------- */

void
api_watch_wake(struct api *api, struct str id)
{
	struct api_room *room = id_map_find(&api->watched, id);

	if (room == NULL)
		return;
	for (struct list *at = room->watchers.next; at != &room->watchers;
	     at = at->next)
		http_exchange_defer(LIST_OWNER(at, struct api_call, room_link)
					->exchange);
}

/* When it next has to look at the time. */
static bool
call_is_due(const struct api_call *call, int64_t now_ms)
{
	return now_ms >= call->until_ms || api_call_is_draining(call) ||
	       api_stream_has_expired(call);
}

void
api_watch_tick(struct api *api, int64_t now_ms)
{
	while (!list_is_empty(&api->kept) &&
	       now_ms >= kept_room_oldest(api)->kept_until_ms)
		kept_room_forget(api, kept_room_oldest(api));
	for (struct list *at = api->watchers.next; at != &api->watchers;
	     at = at->next) {
		struct api_call *call =
		    LIST_OWNER(at, struct api_call, watch_link);

		if (call_is_due(call, api_call_now_ms(call)))
			http_exchange_defer(call->exchange);
	}
}
