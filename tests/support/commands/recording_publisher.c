#include "tests/support/commands/recording_publisher.h"

#include <assert.h>
#include <stdlib.h>

static struct recording_publisher *
self_of(struct publisher *base)
{
	return (struct recording_publisher *)base;
}

static struct listener
listener_of(struct str member_id, struct str place)
{
	struct listener listener = { .place = "" };

	assert(member_id.len < ID_SIZE && place.len < ROOM_ID_SIZE);
	memcpy(listener.member_id, member_id.data, member_id.len);
	if (place.len > 0)
		memcpy(listener.place, place.data, place.len);
	return listener;
}

static struct listener *
find(struct recording_publisher *self, struct listener wanted)
{
	for (size_t i = 0; i < self->count; i++)
		if (memcmp(&self->listeners[i], &wanted, sizeof(wanted)) == 0)
			return &self->listeners[i];
	return NULL;
}

static enum chat_error
attach(struct publisher *base, void *peer, struct str member_id)
{
	struct recording_publisher *self = self_of(base);

	assert(peer != NULL);
	if (fault_hits(self->fault))
		return CHAT_UNAVAILABLE;
	transcript_add(&self->heard, "attach %.*s\n", (int)member_id.len,
	    member_id.data);
	return CHAT_OK;
}

static enum chat_error
enter(struct publisher *base, struct str member_id, struct str place)
{
	struct recording_publisher *self = self_of(base);
	struct listener listener = listener_of(member_id, place);

	if (fault_hits(self->fault))
		return CHAT_UNAVAILABLE;
	assert(find(self, listener) == NULL);
	assert(self->count < RECORDING_LISTENERS_MOST);
	self->listeners[self->count++] = listener;
	return CHAT_OK;
}

static void
leave(struct publisher *base, struct str member_id, struct str place)
{
	struct recording_publisher *self = self_of(base);
	struct listener *gone = find(self, listener_of(member_id, place));
	size_t behind;

	assert(gone != NULL);
	behind = self->count - (size_t)(gone - self->listeners) - 1;
	memmove(gone, gone + 1, behind * sizeof(*gone));
	self->count--;
}

static void
detach(struct publisher *base, struct str member_id)
{
	struct recording_publisher *self = self_of(base);
	size_t kept = 0;

	for (size_t i = 0; i < self->count; i++)
		if (!str_equal(str_from(self->listeners[i].member_id),
			member_id))
			self->listeners[kept++] = self->listeners[i];
	self->count = kept;
}

static bool
is_deaf(const struct recording_publisher *self, struct str member_id)
{
	return self->deaf != NULL && str_equal(str_from(self->deaf), member_id);
}

static size_t
count_listeners(const struct recording_publisher *self,
    const struct audience *audience)
{
	struct str place = audience->room;
	size_t count = 0;

	if (audience->kind == AUDIENCE_ONE)
		return !is_deaf(self, audience->member_id);
	for (size_t i = 0; i < self->count; i++) {
		const struct listener *listener = &self->listeners[i];

		count += str_equal(str_from(listener->place), place) &&
			 !(audience->except.data != NULL &&
			     str_equal(str_from(listener->member_id),
				 audience->except));
	}
	return count;
}

static size_t
publish(struct publisher *base, const struct event *event,
    const struct audience *audience)
{
	struct recording_publisher *self = self_of(base);

	if (audience->kind != AUDIENCE_ONE ||
	    !is_deaf(self, audience->member_id))
		transcript_event(&self->heard, event, audience);
	self->last_at_ms = event->at_ms;
	return count_listeners(self, audience);
}

static bool
is_congested(struct publisher *base, struct str member_id)
{
	const struct recording_publisher *self = self_of(base);

	return self->congested != NULL &&
	       str_equal(str_from(self->congested), member_id);
}

static const struct publisher_ops ops = {
	.attach = attach,
	.enter = enter,
	.leave = leave,
	.detach = detach,
	.publish = publish,
	.is_congested = is_congested,
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
	for (size_t i = 0; i < self->count; i++)
		transcript_add(out, "%s listens to '%s'\n",
		    self->listeners[i].member_id, self->listeners[i].place);
}
