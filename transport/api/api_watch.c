/* Calls that wait for messages of a room. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "transport/api/api_internal.h"

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
	call->live_next = room->live_number + 1;
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
	if (!list_is_empty(&room->watchers))
		return;
	id_map_remove(&call->api->watched, str_from(room->id));
	api_live_clear(room);
	free(room);
}

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
	return now_ms >= call->until_ms || api_call_is_draining(call);
}

void
api_watch_tick(struct api *api)
{
	for (struct list *at = api->watchers.next; at != &api->watchers;
	     at = at->next) {
		struct api_call *call =
		    LIST_OWNER(at, struct api_call, watch_link);

		if (call_is_due(call, api_call_now_ms(call)))
			http_exchange_defer(call->exchange);
	}
}
