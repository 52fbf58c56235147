#include "tests/support/commands/recording_publisher.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

static struct recording_publisher *
recording_publisher_of(struct publisher *base)
{
	return (struct recording_publisher *)base;
}

static struct listener
listener_of(struct str member_id, uint32_t connection, struct str place)
{
	struct listener listener;

	/* Listeners are compared with memcmp(). */
	memset(&listener, 0, sizeof(listener));
	listener.connection = connection;

	assert(member_id.len < ID_SIZE && place.len < ROOM_ID_SIZE);
	memcpy(listener.member_id, member_id.data, member_id.len);
	if (place.len > 0)
		memcpy(listener.place, place.data, place.len);
	return listener;
}

static struct listener *
listener_find(struct recording_publisher *self, struct listener wanted)
{
	for (size_t i = 0; i < self->count; i++)
		if (memcmp(&self->listeners[i], &wanted, sizeof(wanted)) == 0)
			return &self->listeners[i];
	return NULL;
}

static enum chat_error
recording_attach(struct publisher *base, void *peer, struct str member_id,
    uint32_t connection)
{
	struct recording_publisher *self = recording_publisher_of(base);

	if (peer == NULL && self->none_waits)
		return CHAT_MEMBER_NOT_FOUND;
	if (fault_hits(self->fault))
		return CHAT_UNAVAILABLE;
	transcript_add(&self->events, "attach %.*s", (int)member_id.len,
	    member_id.data);
	if (connection != 0)
		transcript_add(&self->events, "/%u", connection);
	transcript_add(&self->events, "\n");
	assert(self->attached_count < RECORDING_LISTENERS_MOST);
	self->attached[self->attached_count++] =
	    listener_of(member_id, connection, STR_ABSENT);
	return CHAT_OK;
}

static bool
is_of(const struct listener *listener, struct str member_id)
{
	return str_equal(str_from(listener->member_id), member_id);
}

/* All connections of the member, or one. */
static enum chat_error
recording_enter(struct publisher *base, struct str member_id,
    uint32_t connection, struct str place)
{
	struct recording_publisher *self = recording_publisher_of(base);

	if (fault_hits(self->fault))
		return CHAT_UNAVAILABLE;
	for (size_t i = 0; i < self->attached_count; i++) {
		uint32_t at = self->attached[i].connection;
		struct listener listener = listener_of(member_id, at, place);

		if (!is_of(&self->attached[i], member_id) ||
		    (connection != 0 && at != connection))
			continue;
		assert(listener_find(self, listener) == NULL);
		assert(self->count < RECORDING_LISTENERS_MOST);
		self->listeners[self->count++] = listener;
	}
	return CHAT_OK;
}

static bool
member_has_connection(const struct recording_publisher *self,
    struct str member_id)
{
	for (size_t i = 0; i < self->attached_count; i++)
		if (is_of(&self->attached[i], member_id))
			return true;
	return false;
}

/* Calls for a member without connections are ignored. */
static void
recording_leave(struct publisher *base, struct str member_id, struct str place)
{
	struct recording_publisher *self = recording_publisher_of(base);
	size_t kept = 0;

	for (size_t i = 0; i < self->count; i++)
		if (!is_of(&self->listeners[i], member_id) ||
		    !str_equal(str_from(self->listeners[i].place), place))
			self->listeners[kept++] = self->listeners[i];
	assert(kept < self->count || !member_has_connection(self, member_id));
	self->count = kept;
}

static size_t
remove_connection(struct listener *all, size_t count, struct str member_id,
    uint32_t connection)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (!is_of(&all[i], member_id) ||
		    all[i].connection != connection)
			all[kept++] = all[i];
	return kept;
}

static void
recording_detach(struct publisher *base, struct str member_id,
    uint32_t connection)
{
	struct recording_publisher *self = recording_publisher_of(base);

	self->count = remove_connection(self->listeners, self->count, member_id,
	    connection);
	self->attached_count = remove_connection(self->attached,
	    self->attached_count, member_id, connection);
}

static bool
is_stalled(const struct recording_publisher *self, struct str member_id)
{
	return self->stalled != NULL &&
	       str_equal(str_from(self->stalled), member_id);
}

/* Whether an earlier one is of the same member in the same room. */
static bool
is_further(const struct recording_publisher *self, size_t i)
{
	const struct listener *all = self->listeners;

	for (size_t j = 0; j < i; j++)
		if (is_of(&all[j], str_from(all[i].member_id)) &&
		    strcmp(all[j].place, all[i].place) == 0)
			return true;
	return false;
}

/* Members. */
static size_t
count_listeners(const struct recording_publisher *self,
    const struct event *event, const struct audience *audience)
{
	struct str place = audience->room;
	size_t count = 0;

	if (audience->kind == AUDIENCE_ONE)
		return !is_stalled(self, audience->member_id);
	for (size_t i = 0; i < self->count; i++) {
		const struct listener *listener = &self->listeners[i];

		count += str_equal(str_from(listener->place), place) &&
			 !is_further(self, i) &&
			 !(audience->except.data != NULL &&
			     is_of(listener, audience->except) &&
			     listener->connection == event->connection);
	}
	return count;
}

static bool
is_recorded(const struct recording_publisher *self, const struct event *event)
{
	return self->records_lobby || (event->kind != EVENT_LOBBY_LEFT &&
					  event->kind != EVENT_LOBBY_RENAMED);
}

static size_t
recording_publish(struct publisher *base, const struct event *event,
    const struct audience *audience)
{
	struct recording_publisher *self = recording_publisher_of(base);

	if (is_recorded(self, event) &&
	    (audience->kind != AUDIENCE_ONE ||
		!is_stalled(self, audience->member_id)))
		transcript_event(&self->events, event, audience);
	self->last_at_ms = event->at_ms;
	return count_listeners(self, event, audience);
}

static bool
is_congested(struct publisher *base, struct str member_id)
{
	const struct recording_publisher *self = recording_publisher_of(base);

	return self->congested != NULL &&
	       str_equal(str_from(self->congested), member_id);
}

static unsigned
recording_rights(struct publisher *base, struct str member_id)
{
	const struct recording_publisher *self = recording_publisher_of(base);

	if (!member_has_connection(self, member_id))
		return 0;
	return self->privileged != NULL &&
		       str_equal(str_from(self->privileged), member_id)
		   ? self->privileges
		   : RIGHTS_USUAL;
}

static void
recording_end(struct publisher *base, struct str member_id, uint32_t connection,
    enum chat_error reason)
{
	(void)connection;
	transcript_add(&recording_publisher_of(base)->events,
	    "%.*s: ended %s\n", (int)member_id.len, member_id.data,
	    chat_error_word(reason));
}

static void
recording_delay(struct publisher *base, struct str member_id,
    uint32_t connection, int64_t ms)
{
	(void)connection;
	transcript_add(&recording_publisher_of(base)->events,
	    "%.*s: delayed %" PRId64 " ms\n", (int)member_id.len,
	    member_id.data, ms);
}

static const struct publisher_ops ops = {
	.attach = recording_attach,
	.enter = recording_enter,
	.leave = recording_leave,
	.detach = recording_detach,
	.publish = recording_publish,
	.is_congested = is_congested,
	.rights = recording_rights,
	.end = recording_end,
	.delay = recording_delay,
};

void
recording_publisher_init(struct recording_publisher *self, struct fault *fault)
{
	*self =
	    (struct recording_publisher){ .base = { &ops }, .fault = fault };
}

void
recording_publisher_dump(const struct recording_publisher *self,
    struct transcript *out)
{
	for (size_t i = 0; i < self->count; i++) {
		const struct listener *listener = &self->listeners[i];

		transcript_add(out, "%s", listener->member_id);
		if (listener->connection != 0)
			transcript_add(out, "/%u", listener->connection);
		transcript_add(out, " listens to '%s'\n", listener->place);
	}
}
