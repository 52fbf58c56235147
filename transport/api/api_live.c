/*
 * What streams get besides messages: changes of messages, members that come and
 * go. The last of it is kept for each room that has readers.
 */
#include <stdlib.h>
#include <string.h>

#include "transport/api/api_internal.h"
#include "wire/api/api_answer.h"
#include "wire/common/wire_text.h"

/* Bytes that are kept for the slowest reader of a room. */
#define LIVE_BYTES_MOST ((size_t)64 * 1024)

struct api_live {
	struct list link;
	uint64_t number;
	uint64_t after_seq; /* the room's last message before it */
	unsigned kind;      /* of enum api_events */
	size_t len;
	char text[];
};

static unsigned
event_api_kind(enum event_kind kind)
{
	switch (kind) {
	case EVENT_EDITED:
	case EVENT_REDACTED:
	case EVENT_REACTED:
		return API_EVENTS_CHANGE;
	case EVENT_ENTERED:
	case EVENT_GONE:
	case EVENT_RENAMED:
	case EVENT_COUNT:
		return API_EVENTS_PRESENCE;
	default:
		return 0;
	}
}

static struct api_live *
live_of(struct list *link)
{
	return LIST_OWNER(link, struct api_live, link);
}

static void
live_drop(struct api_room *room, struct api_live *live)
{
	list_remove(&live->link);
	room->live_bytes -= live->len;
	free(live);
}

void
api_live_clear(struct api_room *room)
{
	while (!list_is_empty(&room->live))
		live_drop(room, live_of(room->live.next));
}

/* Without memory it is missing, as its number shows. */
static void
live_add(struct api_room *room, unsigned kind, struct str text)
{
	struct api_live *live = malloc(sizeof(*live) + text.len);

	room->live_number++;
	if (live == NULL)
		return;
	*live = (struct api_live){
		.number = room->live_number,
		.after_seq = room->last_seq,
		.kind = kind,
		.len = text.len,
	};
	memcpy(live->text, text.data, text.len);
	list_append(&room->live, &live->link);
	room->live_bytes += live->len;
	while (room->live_bytes > LIVE_BYTES_MOST &&
	       room->live.next != &live->link)
		live_drop(room, live_of(room->live.next));
}

static bool
room_has_reader_of(const struct api_room *room, unsigned kind)
{
	if (room->kept_as != 0)
		return true;
	for (struct list *at = room->watchers.next; at != &room->watchers;
	     at = at->next)
		if (LIST_OWNER(at, struct api_call, room_link)->events & kind)
			return true;
	return false;
}

void
api_live_publish(struct api *api, const struct event *event, struct str id)
{
	unsigned kind = event_api_kind(event->kind);
	struct api_room *room = id_map_find(&api->watched, id);
	struct wire_text text = { 0 };

	if (room == NULL)
		return;
	if (event->kind == EVENT_MESSAGE)
		room->last_seq = event->seq;
	if (kind == 0 || !room_has_reader_of(room, kind))
		return;
	api_put_stream_event(&text, event);
	if (text.failed)
		room->live_number++;
	else
		live_add(room, kind, str_slice(text.data, text.len));
	wire_text_fini(&text);
	api_watch_wake(api, id);
}

/* The first one from there on; NULL: there is none. */
static const struct api_live *
live_event_find(struct api_room *room, uint64_t number)
{
	struct list *at = &room->live;

	/* Most readers have all but the last. */
	while (at->previous != &room->live &&
	       live_of(at->previous)->number >= number)
		at = at->previous;
	return at == &room->live ? NULL : live_of(at);
}

uint64_t
api_live_after(const struct api_call *call)
{
	const struct api_live *live =
	    live_event_find(call->watched, call->live_next);

	if (live != NULL)
		return live->after_seq;
	/* The last are missing: they follow all messages. */
	return call->live_next <= call->watched->live_number
		   ? call->watched->last_seq
		   : UINT64_MAX;
}

void
api_live_put(struct api_call *call)
{
	const struct api_live *live =
	    live_event_find(call->watched, call->live_next);
	uint64_t next =
	    live != NULL ? live->number : call->watched->live_number + 1;

	if (next > call->live_next)
		api_put_events_gap(&call->out, api_call_subject(call),
		    str_from(call->epoch));
	call->live_next = next;
	if (live == NULL)
		return;
	if (live->kind & call->events)
		wire_text_append(&call->out, str_slice(live->text, live->len));
	call->live_next++;
}
