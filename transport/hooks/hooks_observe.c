/* Observes entries and members, and queues the events that they become. */
#include <inttypes.h>
#include <stdio.h>

#include "domain/chat_snapshot.h"
#include "domain/log.h"
#include "transport/hooks/hooks_internal.h"
#include "wire/hooks/hook_events.h"

static int64_t
observed_ms(const struct hooks *hooks)
{
	uint64_t place;
	int64_t at_ms;

	if (hooks->sharing.moment == NULL)
		return clock_wall_ms(hooks->signer.clock);
	hooks->sharing.moment(hooks->sharing.arg, &place, &at_ms);
	return at_ms;
}

static struct hook_stamp
stamp_next(struct hooks *hooks)
{
	return (struct hook_stamp){
		.number = ++hooks->last_number,
		.at_ms = observed_ms(hooks),
	};
}

/* The same at all nodes. */
static uint64_t
generation_of(const struct hooks *hooks, const struct hook_stamp *stamp)
{
	uint64_t place;
	int64_t at_ms;

	if (hooks->sharing.moment == NULL)
		return stamp->number;
	hooks->sharing.moment(hooks->sharing.arg, &place, &at_ms);
	return place;
}

bool
hooks_gap_close(struct hooks *hooks)
{
	struct hook_queue *queue = &hooks->queue;
	struct hook_stamp stamp;
	bool ok;

	if (queue->lost == 0)
		return true;
	if (queue->bytes > queue->most / 4 * 3)
		return false;
	stamp = stamp_next(hooks);
	wire_text_reset(&hooks->text);
	hook_put_gap(&hooks->text, &stamp, queue->lost);
	ok = !hooks->text.failed &&
	     hook_queue_add(queue, str_slice(hooks->text.data, hooks->text.len),
		 STR(""), queue->lost_lsn,
		 clock_monotonic_ms(hooks->signer.clock));
	if (ok)
		queue->lost = queue->lost_lsn = 0;
	return ok;
}

void
hooks_events_lose(struct hooks *hooks, uint64_t count, uint64_t lsn)
{
	if (hooks->queue.lost == 0)
		log_limited(LOG_WARN,
		    "%s: events are lost: more than hooks.memory wait",
		    hooks->endpoint.option);
	hooks->stats.lost += count;
	hook_queue_lose(&hooks->queue, count, lsn);
}

/* The oldest are those that the other node has sent most likely. */
static void
space_make(struct hooks *hooks, size_t len)
{
	while (hooks->queue.count > 0 &&
	       !hook_queue_has_space(&hooks->queue, len)) {
		(void)hook_queue_remove(&hooks->queue, 1);
		hooks->kept_lost++;
	}
}

static void
event_of_room_add(struct hooks *hooks, uint64_t lsn, struct str room)
{
	struct hook_queue *queue = &hooks->queue;
	struct str text = str_slice(hooks->text.data, hooks->text.len);

	if (hooks->sharing.moment != NULL)
		lsn = (uint64_t)observed_ms(hooks);
	if (hooks->stands_by)
		space_make(hooks, text.len + room.len);
	if (hooks->text.failed || queue->lost > 0 ||
	    !hook_queue_add(queue, text, room, lsn,
		clock_monotonic_ms(hooks->signer.clock)))
		hooks_events_lose(hooks, 1, lsn);
}

void
hooks_event_add(struct hooks *hooks, uint64_t lsn)
{
	event_of_room_add(hooks, lsn, STR(""));
}

struct hook_stamp
hooks_event_begin_next(struct hooks *hooks)
{
	(void)hooks_gap_close(hooks);
	wire_text_reset(&hooks->text);
	return stamp_next(hooks);
}

static struct hooks *
hooks_of_entries(struct entry_observer *observer)
{
	return LIST_OWNER(observer, struct hooks, entries);
}

/* With one node no log has another history. */
static bool
entry_is_of_room_log(const struct hooks *hooks, const struct entry *entry)
{
	return hooks->sharing.moment != NULL &&
	       (entry->kind == ENTRY_MESSAGE ||
		   (entry->kind == ENTRY_ATTRIBUTE &&
		       attribute_is_of_room_log(&entry->attribute)));
}

static void
hooks_on_entry(struct entry_observer *observer, const struct entry *entry,
    const struct command *requester)
{
	struct hooks *hooks = hooks_of_entries(observer);
	struct hook_stamp stamp = hooks_event_begin_next(hooks);
	const struct room *room = entry->room;
	struct room found;

	if (room == NULL && hooks->rooms != NULL &&
	    entry->kind != ENTRY_BARRIER &&
	    room_store_get(hooks->rooms, entry->room_id, &found) == CHAT_OK)
		room = &found;
	if (hook_put_entry(&hooks->text, &stamp, entry, room, requester))
		event_of_room_add(hooks, entry->lsn,
		    entry_is_of_room_log(hooks, entry) ? entry->room_id
						       : STR(""));
}

static void
hooks_on_loss(struct entry_observer *observer, uint64_t count)
{
	hooks_events_lose(hooks_of_entries(observer), count, 0);
}

/* The batch that is under way stays: a retry must send the same bytes. */
static void
hooks_on_forget(struct entry_observer *observer, struct str room_id)
{
	struct hooks *hooks = hooks_of_entries(observer);

	hook_queue_remove_room(&hooks->queue, hooks->batch_count, room_id);
}

const struct entry_observer_ops hooks_entry_ops = {
	.entry = hooks_on_entry,
	.lost = hooks_on_loss,
	.forget = hooks_on_forget,
};

static struct hooks *
hooks_of_presence(struct presence_observer *observer)
{
	return LIST_OWNER(observer, struct hooks, presence);
}

/*
 * The number of the stay that ends. If that is unknown, a number between it and
 * the next stay.
 */
static uint64_t
generation_end(struct hooks *hooks, const struct hook_stamp *stamp,
    const struct member *member, struct str place)
{
	uint64_t generation =
	    hook_stays_end(&hooks->stays, str_from(member->id), place);

	return generation != 0 ? generation : generation_of(hooks, stamp);
}

/* "#12", which is no id of a room. */
static struct str
connection_place(char out[16], uint32_t connection)
{
	snprintf(out, 16, "#%" PRIu32, connection);
	return str_from(out);
}

static void
hooks_on_connected(struct presence_observer *observer,
    const struct member *member, uint32_t connection)
{
	struct hooks *hooks = hooks_of_presence(observer);
	struct hook_stamp stamp = hooks_event_begin_next(hooks);
	uint64_t generation = generation_of(hooks, &stamp);
	char place[16];

	hook_stays_begin(&hooks->stays, str_from(member->id),
	    connection_place(place, connection), generation);
	hook_put_connection(&hooks->text, &stamp, "connected", member,
	    connection, generation);
	hooks_event_add(hooks, 0);
}

static void
hooks_on_disconnected(struct presence_observer *observer,
    const struct member *member, uint32_t connection)
{
	struct hooks *hooks = hooks_of_presence(observer);
	struct hook_stamp stamp = hooks_event_begin_next(hooks);
	char place[16];

	hook_put_connection(&hooks->text, &stamp, "disconnected", member,
	    connection,
	    generation_end(hooks, &stamp, member,
		connection_place(place, connection)));
	hooks_event_add(hooks, 0);
}

static void
hooks_on_joined(struct presence_observer *observer, const struct member *member,
    const struct room *room)
{
	struct hooks *hooks = hooks_of_presence(observer);
	struct hook_stamp stamp = hooks_event_begin_next(hooks);
	uint64_t generation = generation_of(hooks, &stamp);

	hook_stays_begin(&hooks->stays, str_from(member->id),
	    str_from(room->id), generation);
	hook_put_stay(&hooks->text, &stamp, "joined", member, room, generation);
	hooks_event_add(hooks, 0);
}

static void
hooks_on_left(struct presence_observer *observer, const struct member *member,
    const struct room *room)
{
	struct hooks *hooks = hooks_of_presence(observer);
	struct hook_stamp stamp = hooks_event_begin_next(hooks);

	hook_put_stay(&hooks->text, &stamp, "left", member, room,
	    generation_end(hooks, &stamp, member, str_from(room->id)));
	hooks_event_add(hooks, 0);
	if (room->member_count > 0)
		return;
	stamp = hooks_event_begin_next(hooks);
	hook_put_emptied(&hooks->text, &stamp, room);
	hooks_event_add(hooks, 0);
}

static void
hooks_on_event(struct presence_observer *observer, const struct event *event)
{
	struct hooks *hooks = hooks_of_presence(observer);
	struct hook_stamp stamp = hooks_event_begin_next(hooks);

	hook_put_event(&hooks->text, &stamp, event);
	hooks_event_add(hooks, 0);
}

const struct presence_observer_ops hooks_presence_ops = {
	.connected = hooks_on_connected,
	.disconnected = hooks_on_disconnected,
	.joined = hooks_on_joined,
	.left = hooks_on_left,
	.event = hooks_on_event,
};
