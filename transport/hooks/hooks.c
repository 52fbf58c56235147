#include "transport/hooks/hooks.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "domain/base/pack.h"
#include "domain/commit_log.h"
#include "domain/log.h"
#include "domain/presence_observer.h"
#include "domain/room_store.h"
#include "domain/server_stats.h"
#include "transport/hooks/hook_endpoint.h"
#include "transport/hooks/hook_queue.h"
#include "transport/hooks/hook_stays.h"
#include "transport/net/loop.h"
#include "wire/common/wire_text.h"
#include "wire/hooks/hook_events.h"

/* A batch has so many bytes, unless it is one event, and so many events. */
#define BATCH_BYTES ((size_t)64 * 1024)
#define BATCH_EVENTS 500

/* The pause before a batch is sent again: twice as long each time. */
#define PAUSE_FIRST_MS 250
#define PAUSE_MOST_MS 30000

/* A receiver may ask for so long a pause. */
#define RETRY_AFTER_MOST_S 3600

/* How often the journal learns that nothing waits. */
#define ACKNOWLEDGE_EVERY_MS 100

/* Numbers of events have so many digits. */
#define NUMBER_DIGITS 16
#define NUMBER_LEAST UINT64_C(1000000000000000)
#define NUMBER_END (10 * NUMBER_LEAST)

struct hooks {
	struct entry_observer entries;
	struct presence_observer presence;
	struct hook_endpoint endpoint;
	struct hook_signer signer;
	struct loop *loop;        /* NULL: not started */
	struct room_store *rooms; /* NULL: not open */
	int64_t timeout_ms;
	int64_t give_up_ms;
	void (*acknowledge)(void *arg, uint64_t lsn);
	void *arg;
	struct hooks_sharing sharing; /* moment is NULL: no other node */
	bool stands_by;
	uint64_t kept_lost; /* while it stands by: events that did not fit */
	uint64_t last_number;
	struct hook_stays stays;
	struct hook_queue queue;
	struct wire_text text;  /* of an event, then of a batch */
	struct http_call *call; /* NULL: none is under way */
	size_t batch_count;     /* events of the batch, at the beginning of the
				   queue; 0: there is none */
	uint64_t batch_number;
	unsigned failures; /* of this batch */
	int64_t failing_since_ms;
	int64_t next_ms; /* not before; monotonic */
	int64_t acknowledged_ms;
	struct hook_stats stats;
};

/* --- events --------------------------------------------------------------- */

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

/*
 * Where events were lost, once a quarter of the memory is free: gaps are not to
 * alternate with events. False: it is not.
 */
static bool
gap_close(struct hooks *hooks)
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
		 queue->lost_lsn, clock_monotonic_ms(hooks->signer.clock));
	if (ok)
		queue->lost = queue->lost_lsn = 0;
	return ok;
}

static void
events_lose(struct hooks *hooks, uint64_t count, uint64_t lsn)
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

/*
 * The event's text is in hooks->text. With other nodes its time takes the place
 * of an LSN.
 */
static void
event_add(struct hooks *hooks, uint64_t lsn)
{
	struct hook_queue *queue = &hooks->queue;
	struct str text = str_slice(hooks->text.data, hooks->text.len);

	if (hooks->sharing.moment != NULL)
		lsn = (uint64_t)observed_ms(hooks);
	if (hooks->stands_by)
		space_make(hooks, text.len);
	if (hooks->text.failed || queue->lost > 0 ||
	    !hook_queue_add(queue, text, lsn,
		clock_monotonic_ms(hooks->signer.clock)))
		events_lose(hooks, 1, lsn);
}

/* Before an event is encoded: its number is higher than that of a gap. */
static struct hook_stamp
event_begin_next(struct hooks *hooks)
{
	(void)gap_close(hooks);
	wire_text_reset(&hooks->text);
	return stamp_next(hooks);
}

static struct hooks *
hooks_of_entries(struct entry_observer *observer)
{
	return LIST_OWNER(observer, struct hooks, entries);
}

static void
hooks_on_entry(struct entry_observer *observer, const struct entry *entry,
    const struct command *requester)
{
	struct hooks *hooks = hooks_of_entries(observer);
	struct hook_stamp stamp = event_begin_next(hooks);
	const struct room *room = entry->room;
	struct room found;

	if (room == NULL && hooks->rooms != NULL &&
	    entry->kind != ENTRY_BARRIER &&
	    room_store_get(hooks->rooms, entry->room_id, &found) == CHAT_OK)
		room = &found;
	if (hook_put_entry(&hooks->text, &stamp, entry, room, requester))
		event_add(hooks, entry->lsn);
}

static void
hooks_on_loss(struct entry_observer *observer, uint64_t count)
{
	events_lose(hooks_of_entries(observer), count, 0);
}

static const struct entry_observer_ops hooks_entry_ops = {
	.entry = hooks_on_entry,
	.lost = hooks_on_loss,
};

static struct hooks *
hooks_of_presence(struct presence_observer *observer)
{
	return LIST_OWNER(observer, struct hooks, presence);
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
	struct hook_stamp stamp = event_begin_next(hooks);
	uint64_t generation = generation_of(hooks, &stamp);
	char place[16];

	hook_stays_begin(&hooks->stays, str_from(member->id),
	    connection_place(place, connection), generation);
	hook_put_connection(&hooks->text, &stamp, "connected", member,
	    connection, generation);
	event_add(hooks, 0);
}

static void
hooks_on_disconnected(struct presence_observer *observer,
    const struct member *member, uint32_t connection)
{
	struct hooks *hooks = hooks_of_presence(observer);
	struct hook_stamp stamp = event_begin_next(hooks);
	char place[16];

	hook_put_connection(&hooks->text, &stamp, "disconnected", member,
	    connection,
	    hook_stays_end(&hooks->stays, str_from(member->id),
		connection_place(place, connection)));
	event_add(hooks, 0);
}

static void
hooks_on_joined(struct presence_observer *observer, const struct member *member,
    const struct room *room)
{
	struct hooks *hooks = hooks_of_presence(observer);
	struct hook_stamp stamp = event_begin_next(hooks);
	uint64_t generation = generation_of(hooks, &stamp);

	hook_stays_begin(&hooks->stays, str_from(member->id),
	    str_from(room->id), generation);
	hook_put_stay(&hooks->text, &stamp, "joined", member, room, generation);
	event_add(hooks, 0);
}

static void
hooks_on_left(struct presence_observer *observer, const struct member *member,
    const struct room *room)
{
	struct hooks *hooks = hooks_of_presence(observer);
	struct hook_stamp stamp = event_begin_next(hooks);

	hook_put_stay(&hooks->text, &stamp, "left", member, room,
	    hook_stays_end(&hooks->stays, str_from(member->id),
		str_from(room->id)));
	event_add(hooks, 0);
	if (room->member_count > 0)
		return;
	stamp = event_begin_next(hooks);
	hook_put_emptied(&hooks->text, &stamp, room);
	event_add(hooks, 0);
}

static void
hooks_on_event(struct presence_observer *observer, const struct event *event)
{
	struct hooks *hooks = hooks_of_presence(observer);
	struct hook_stamp stamp = event_begin_next(hooks);

	hook_put_event(&hooks->text, &stamp, event);
	event_add(hooks, 0);
}

static const struct presence_observer_ops hooks_presence_ops = {
	.connected = hooks_on_connected,
	.disconnected = hooks_on_disconnected,
	.joined = hooks_on_joined,
	.left = hooks_on_left,
	.event = hooks_on_event,
};

struct entry_observer *
hooks_entries(struct hooks *hooks)
{
	return &hooks->entries;
}

struct presence_observer *
hooks_presence(struct hooks *hooks)
{
	return &hooks->presence;
}

void
hooks_set_rooms(struct hooks *hooks, struct room_store *rooms)
{
	hooks->rooms = rooms;
}

/* --- batches -------------------------------------------------------------- */

/* A batch that is sent again is the same, so that it can be recognized. */
static void
batch_choose(struct hooks *hooks)
{
	const struct hook_event *at = hook_queue_first(&hooks->queue);
	size_t bytes = 0;

	hooks->batch_number = ++hooks->last_number;
	for (; at != NULL && hooks->batch_count < BATCH_EVENTS;
	     at = hook_queue_next(&hooks->queue, at)) {
		bytes += at->len + 1;
		if (bytes > BATCH_BYTES && hooks->batch_count > 0)
			return;
		hooks->batch_count++;
	}
}

static void
batch_encode(struct hooks *hooks)
{
	const struct hook_event *at = hook_queue_first(&hooks->queue);
	struct wire_text *out = &hooks->text;
	char begin[64];

	wire_text_reset(out);
	snprintf(begin, sizeof(begin), "{\"batch\":%" PRIu64 ",\"events\":[",
	    hooks->batch_number);
	wire_text_append(out, str_from(begin));
	for (size_t i = 0; i < hooks->batch_count; i++) {
		wire_text_append_if(out, i > 0, STR(","));
		wire_text_append(out, str_slice(at->text, at->len));
		at = hook_queue_next(&hooks->queue, at);
	}
	wire_text_append(out, STR("]}"));
}

static void
acknowledge_to_store(struct hooks *hooks, uint64_t lsn)
{
	if (hooks->acknowledge != NULL)
		hooks->acknowledge(hooks->arg, lsn);
}

/* The batch was taken, or given up. */
static void
batch_end(struct hooks *hooks)
{
	uint64_t lsn = hook_queue_remove(&hooks->queue, hooks->batch_count);

	hooks->batch_count = 0;
	hooks->failures = 0;
	hooks->next_ms = 0;
	if (lsn > 0)
		acknowledge_to_store(hooks, lsn);
}

/* Between a half and the whole of what it would be, so that servers that
 * failed together do not try again together. */
static int64_t
pause_choose(struct hooks *hooks, uint64_t retry_after_s)
{
	unsigned doubled = hooks->failures - 1 < 16 ? hooks->failures - 1 : 16;
	int64_t pause_ms = (int64_t)PAUSE_FIRST_MS << doubled;
	int64_t asked_ms;

	if (pause_ms > PAUSE_MOST_MS)
		pause_ms = PAUSE_MOST_MS;
	pause_ms =
	    pause_ms / 2 + loop_random(hooks->loop, (uint32_t)pause_ms / 2 + 1);
	if (retry_after_s > RETRY_AFTER_MOST_S)
		retry_after_s = RETRY_AFTER_MOST_S;
	asked_ms = (int64_t)retry_after_s * 1000;
	return asked_ms > pause_ms ? asked_ms : pause_ms;
}

static bool
batch_is_to_give_up(const struct hooks *hooks)
{
	return hooks->give_up_ms > 0 &&
	       hooks->loop->now_ms - hooks->failing_since_ms >=
		   hooks->give_up_ms;
}

static void
batch_fail(struct hooks *hooks, const char *why, uint64_t retry_after_s)
{
	hook_endpoint_note(&hooks->endpoint, why);
	hooks->stats.failures++;
	if (hooks->failures++ == 0)
		hooks->failing_since_ms = hooks->loop->now_ms;
	if (batch_is_to_give_up(hooks)) {
		log_warn("%s: %zu events are given up", hooks->endpoint.option,
		    hooks->batch_count);
		hooks->stats.dead += hooks->batch_count;
		batch_end(hooks);
		return;
	}
	hooks->next_ms =
	    hooks->loop->now_ms + pause_choose(hooks, retry_after_s);
}

static void
batch_done(void *arg, int status, struct str body, const char *why)
{
	struct hooks *hooks = arg;
	uint64_t retry_after_s = http_call_retry_after_s(hooks->call);
	char text[32];

	(void)body;
	hooks->call = NULL;
	if (status >= 200 && status <= 299) {
		hook_endpoint_note(&hooks->endpoint, NULL);
		hooks->stats.sent += hooks->batch_count;
		hooks->stats.batches++;
		batch_end(hooks);
		return;
	}
	if (status != 0)
		snprintf(text, sizeof(text), "its status is %d", status);
	batch_fail(hooks, status != 0 ? text : why, retry_after_s);
}

static void
batch_send(struct hooks *hooks)
{
	if (hooks->batch_count == 0)
		batch_choose(hooks);
	batch_encode(hooks);
	if (!hooks->text.failed)
		hooks->call = hook_endpoint_post(&hooks->endpoint, hooks->loop,
		    &hooks->signer,
		    str_slice(hooks->text.data, hooks->text.len),
		    hooks->timeout_ms, batch_done, hooks);
	if (hooks->call == NULL)
		batch_fail(hooks, "no request is possible", 0);
}

void
hooks_turn_end(struct hooks *hooks)
{
	int64_t now_ms = hooks->loop->now_ms;

	if (hooks->stands_by || hooks->call != NULL || now_ms < hooks->next_ms)
		return;
	(void)gap_close(hooks);
	if (hooks->queue.count > 0) {
		batch_send(hooks);
	} else if (now_ms - hooks->acknowledged_ms >= ACKNOWLEDGE_EVERY_MS) {
		hooks->acknowledged_ms = now_ms;
		acknowledge_to_store(hooks, 0);
	}
}

bool
hooks_are_done(const struct hooks *hooks)
{
	return hooks->queue.count == 0 || hooks->failures > 0 ||
	       hooks->stands_by;
}

/* --- several nodes -------------------------------------------------------- */

void
hooks_share(struct hooks *hooks, const struct hooks_sharing *sharing)
{
	assert(hooks->loop == NULL && sharing->moment != NULL);
	hooks->sharing = *sharing;
	hooks->stands_by = true;
}

/* A batch that is under way is the queue's beginning, and stays. */
static void
events_forget(struct hooks *hooks, int64_t before_ms)
{
	const struct hook_event *first;

	while (hooks->batch_count == 0 &&
	       (first = hook_queue_first(&hooks->queue)) != NULL &&
	       (int64_t)first->lsn < before_ms)
		(void)hook_queue_remove(&hooks->queue, 1);
}

/* In place: all numbers have as many digits. */
static void
event_renumber(struct hook_event *event, uint64_t number)
{
	static const char before[] = "\"number\":";
	char *at = memmem(event->text, event->len, before, strlen(before));
	char digits[24];

	assert(at != NULL && number >= NUMBER_LEAST && number < NUMBER_END);
	at += strlen(before);
	assert(at[NUMBER_DIGITS] == ',');
	snprintf(digits, sizeof(digits), "%" PRIu64, number);
	memcpy(at, digits, NUMBER_DIGITS);
}

void
hooks_lead(struct hooks *hooks, uint64_t number, int64_t since_ms)
{
	if (!hooks->stands_by)
		return;
	hooks->stands_by = false;
	events_forget(hooks, since_ms);
	if (number > hooks->last_number && number < NUMBER_END / 2)
		hooks->last_number = number;
	for (struct list *at = hooks->queue.events.next;
	     at != &hooks->queue.events; at = at->next)
		event_renumber(LIST_OWNER(at, struct hook_event, link),
		    ++hooks->last_number);
	if (hooks->kept_lost > 0)
		events_lose(hooks, hooks->kept_lost, 0);
	hooks->kept_lost = 0;
}

void
hooks_stand_by(struct hooks *hooks, int64_t sent_ms)
{
	hooks->stands_by = true;
	events_forget(hooks, sent_ms);
	if (hooks->queue.count == 0)
		hooks->kept_lost = 0;
}

uint64_t
hooks_number(const struct hooks *hooks)
{
	return hooks->last_number;
}

int64_t
hooks_sent_ms(const struct hooks *hooks)
{
	const struct hook_event *first = hook_queue_first(&hooks->queue);

	return first != NULL ? (int64_t)first->lsn
			     : clock_wall_ms(hooks->signer.clock);
}

/* --- for another process -------------------------------------------------- */

/* A batch that is under way is sent again, with its number. */
void
hooks_pack(const struct hooks *hooks, struct packer *packer)
{
	const struct hook_queue *queue = &hooks->queue;

	pack_number(packer, hooks->last_number);
	pack_number(packer, hooks->batch_number);
	pack_number(packer, hooks->batch_count);
	pack_number(packer, queue->lost);
	pack_number(packer, queue->lost_lsn);
	pack_number(packer, queue->count);
	for (const struct hook_event *at = hook_queue_first(queue); at != NULL;
	     at = hook_queue_next(queue, at)) {
		pack_text(packer, str_slice(at->text, at->len));
		pack_number(packer, at->lsn);
		pack_number(packer, (uint64_t)at->at_ms);
	}
	hook_stays_pack(&hooks->stays, packer);
}

bool
hooks_unpack(struct hooks *hooks, struct unpacker *from)
{
	struct hook_queue *queue = &hooks->queue;
	uint64_t count;

	(void)hook_queue_remove(queue, queue->count);
	hooks->last_number = unpack_number(from);
	hooks->batch_number = unpack_number(from);
	hooks->batch_count = (size_t)unpack_number(from);
	queue->lost = unpack_number(from);
	queue->lost_lsn = unpack_number(from);
	count = unpack_number(from);
	from->failed |= hooks->batch_count > count;
	while (count-- > 0 && !from->failed) {
		struct str text = unpack_text(from);
		uint64_t lsn = unpack_number(from);
		int64_t at_ms = (int64_t)unpack_number(from);

		from->failed |= !hook_queue_add(queue, text, lsn, at_ms);
	}
	return hook_stays_unpack(&hooks->stays, from);
}

/* --- life cycle ----------------------------------------------------------- */

struct hooks *
hooks_create(const struct hooks_config *config, char *why, size_t size)
{
	struct hooks *hooks = calloc(1, sizeof(*hooks));

	assert(config->secret.len <= HOOKS_SECRET_MOST);
	if (hooks == NULL) {
		snprintf(why, size, "no memory");
		return NULL;
	}
	hooks->entries.ops = &hooks_entry_ops;
	hooks->presence.ops = &hooks_presence_ops;
	hooks->signer.clock = config->clock;
	hooks->signer.secret_len = config->secret.len;
	memcpy(hooks->signer.secret, config->secret.data, config->secret.len);
	hooks->timeout_ms = config->timeout_ms;
	hooks->give_up_ms = config->give_up_ms;
	hooks->acknowledge = config->acknowledge;
	hooks->arg = config->arg;
	/* Rises over starts, too, unless the clock is set back. */
	hooks->last_number = (uint64_t)clock_wall_ms(config->clock) * 1000;
	if (hooks->last_number < NUMBER_LEAST)
		hooks->last_number = NUMBER_LEAST;
	hook_stays_init(&hooks->stays);
	hook_queue_init(&hooks->queue, config->memory);
	wire_text_init(&hooks->text);
	if (hook_endpoint_init(&hooks->endpoint, "hooks.url", config->url,
		config->ca, why, size))
		return hooks;
	hooks_destroy(hooks);
	return NULL;
}

void
hooks_destroy(struct hooks *hooks)
{
	if (hooks == NULL)
		return;
	assert(hooks->call == NULL);
	hook_endpoint_fini(&hooks->endpoint);
	hook_stays_fini(&hooks->stays);
	hook_queue_fini(&hooks->queue);
	wire_text_fini(&hooks->text);
	OPENSSL_cleanse(&hooks->signer, sizeof(hooks->signer));
	free(hooks);
}

void
hooks_start(struct hooks *hooks, struct loop *loop)
{
	struct hook_stamp stamp;

	hooks->loop = loop;
	/* Members of other nodes may be connected. */
	if (hooks->sharing.moment != NULL)
		return;
	stamp = event_begin_next(hooks);
	hook_put_started(&hooks->text, &stamp);
	event_add(hooks, 0);
}

size_t
hooks_bytes(const struct hooks *hooks)
{
	return hooks->queue.bytes + hooks->stays.bytes;
}

void
hooks_stats(const struct hooks *hooks, struct hook_stats *out)
{
	const struct hook_event *first = hook_queue_first(&hooks->queue);

	*out = hooks->stats;
	out->is_on = true;
	out->waiting = hooks->queue.count;
	out->waiting_bytes = hooks->queue.bytes;
	if (first != NULL)
		out->lag_ms =
		    (uint64_t)(clock_monotonic_ms(hooks->signer.clock) -
			       first->at_ms);
}
