#include "persistence/file/commit_gate.h"

#include <assert.h>
#include <stdlib.h>

#include "domain/log.h"
#include "persistence/file/pending.h"

/* How long to wait before trying again what could not be stored. */
#define RETRY_AFTER_MS 1000

/*
 * All that is held stands in one queue, and waits for the newest LSN before
 * it, too: so the queue empties from its front, in every room in order.
 */
struct commit_gate {
	struct publisher base;
	struct publisher *behind;
	struct pending_queue queue;
	uint64_t committed;
	uint64_t newest; /* LSN that something in the queue waits for */
	size_t most;
};

static struct commit_gate *
self_of(struct publisher *base)
{
	return (struct commit_gate *)base;
}

/* --- holding -------------------------------------------------------------- */

/* The usual case, in which nothing waits anywhere, is to cost nothing. */
static bool
has_to_wait(const struct commit_gate *self, struct str room, uint64_t lsn)
{
	return lsn > self->committed ||
	       pending_queue_concerns(&self->queue, room);
}

/* False: there was no memory for it. */
static bool
hold(struct commit_gate *self, struct pending_item *held)
{
	if (held == NULL)
		return false;
	if (held->lsn > self->newest)
		self->newest = held->lsn;
	held->needs = self->newest;
	return true;
}

/* Who is about to enter a room misses what is lost in it, too. */
static void
lose_newcomers(struct commit_gate *self, struct str room)
{
	const struct pending_item *held = pending_queue_first(&self->queue);

	for (; held != NULL; held = pending_queue_next(&self->queue, held))
		if (held->kind == PENDING_ENTER &&
		    str_equal(held->audience.room, room))
			publisher_abort(self->behind,
			    audience_one(held->audience.member_id));
}

static void
gate_lose(struct publisher *base, const struct audience *audience)
{
	struct commit_gate *self = self_of(base);

	publisher_abort(self->behind, *audience);
	if (audience->kind == AUDIENCE_ROOM)
		lose_newcomers(self, audience->room);
}

static enum chat_error
gate_attach(struct publisher *base, void *peer, struct str member_id)
{
	return publisher_attach(self_of(base)->behind, peer, member_id);
}

static enum chat_error
gate_enter(struct publisher *base, struct str member_id, struct str room)
{
	struct commit_gate *self = self_of(base);

	if (!has_to_wait(self, room, 0))
		return publisher_enter(self->behind, member_id, room);
	return hold(self, pending_queue_add_move(&self->queue, PENDING_ENTER,
			      member_id, room, self->most))
		   ? CHAT_OK
		   : CHAT_UNAVAILABLE;
}

static void
gate_leave(struct publisher *base, struct str member_id, struct str room)
{
	struct commit_gate *self = self_of(base);

	if (!has_to_wait(self, room, 0))
		publisher_leave(self->behind, member_id, room);
	else if (!hold(self, pending_queue_add_move(&self->queue, PENDING_LEAVE,
				 member_id, room, self->most)))
		publisher_abort(self->behind, audience_one(member_id));
}

/* What is still held for its member finds nobody. */
static void
gate_detach(struct publisher *base, struct str member_id)
{
	publisher_detach(self_of(base)->behind, member_id);
}

static size_t
gate_publish(struct publisher *base, const struct event *event,
    const struct audience *audience)
{
	struct commit_gate *self = self_of(base);

	/* A replay shows only what was published before it. */
	if (event->kind == EVENT_REPLAYED ||
	    !has_to_wait(self, event->room, event->lsn))
		return publisher_publish(self->behind, event, *audience);
	/* It would come too late to be true. */
	if (event->kind == EVENT_TYPING)
		return 0;
	if (!hold(self, pending_queue_add_event(&self->queue, event, audience,
			    self->most))) {
		log_warn("no memory for what waits for the disk: "
			 "ending connections");
		gate_lose(base, audience);
	}
	return 0;
}

static bool
gate_is_congested(struct publisher *base, struct str member_id)
{
	return publisher_is_congested(self_of(base)->behind, member_id);
}

/* --- letting through ------------------------------------------------------ */

/*
 * The author's answer to a message, which stands right behind it. NULL: none
 * was asked for.
 */
static struct event *
find_answer(const struct commit_gate *self, const struct pending_item *said)
{
	const struct pending_item *next =
	    pending_queue_next(&self->queue, said);

	if (next == NULL || next->kind != PENDING_EVENT ||
	    next->lane != said->lane || next->event->kind != EVENT_DELIVERED ||
	    next->event->seq != said->event->seq || next->event->duplicate)
		return NULL;
	return next->event;
}

/* How many hear a message is not known before. */
static void
tell(const struct commit_gate *self, const struct pending_item *held)
{
	struct event *answer = NULL;
	size_t heard;

	if (held->event->kind == EVENT_SAID)
		answer = find_answer(self, held);
	heard = publisher_publish(self->behind, held->event, held->audience);
	if (answer != NULL)
		answer->recipients = heard;
}

static void
let_through(const struct commit_gate *self, const struct pending_item *held)
{
	const struct audience *move = &held->audience;

	switch (held->kind) {
	case PENDING_EVENT:
		tell(self, held);
		break;
	case PENDING_ENTER:
		if (publisher_enter(self->behind, move->member_id,
			move->room) != CHAT_OK)
			publisher_abort(self->behind,
			    audience_one(move->member_id));
		break;
	case PENDING_LEAVE:
		publisher_leave(self->behind, move->member_id, move->room);
		break;
	}
}

/* A disk that took its time lets thousands go: others want their turn, too. */
#define AT_ONCE 512

bool
commit_gate_open(struct commit_gate *self, uint64_t committed)
{
	struct pending_item *held;
	int count = 0;

	assert(committed >= self->committed);
	self->committed = committed;
	while ((held = pending_queue_first(&self->queue)) != NULL &&
	       held->needs <= committed) {
		if (count++ == AT_ONCE)
			return true;
		let_through(self, held);
		pending_queue_remove(&self->queue, held);
	}
	if (held == NULL)
		self->newest = 0;
	return false;
}

/* --- failing -------------------------------------------------------------- */

/*
 * Whoever waits is told once. Of its own change nobody knows what became; what
 * others have changed is not to be read at the moment.
 */
static void
make_failure(struct pending_item *held)
{
	struct event *event = held->event;
	bool is_own = event_has_trait(event->kind, EVENT_IS_OWN);

	if (event->kind == EVENT_SAID)
		held->audience = audience_one(event->member_id);
	*event = (struct event){ .kind = EVENT_FAILED,
		.ref = event->ref,
		.room = event->room,
		.at_ms = event->at_ms,
		.failure = {
		    .error = is_own ? CHAT_STORE_FAILED : CHAT_UNAVAILABLE,
		    .command = event->failure.command,
		    .retry_after_ms = RETRY_AFTER_MS } };
	held->lsn = 0;
}

bool
commit_gate_fail(struct commit_gate *self, uint64_t first)
{
	struct pending_item *held = pending_queue_first(&self->queue);
	struct pending_item *next;

	assert(first > self->committed);
	self->newest = 0;
	for (; held != NULL; held = next) {
		next = pending_queue_next(&self->queue, held);
		if (held->lsn >= first) {
			if (held->event->kind == EVENT_SAID &&
			    find_answer(self, held) != NULL) {
				pending_queue_remove(&self->queue, held);
				continue;
			}
			make_failure(held);
		}
		hold(self, held);
	}
	return commit_gate_open(self, self->committed);
}

/* --- birth and death ------------------------------------------------------ */

static const struct publisher_ops ops = {
	.attach = gate_attach,
	.enter = gate_enter,
	.leave = gate_leave,
	.detach = gate_detach,
	.publish = gate_publish,
	.is_congested = gate_is_congested,
	.lose = gate_lose,
};

struct commit_gate *
commit_gate_create(struct publisher *behind, size_t most)
{
	struct commit_gate *self = malloc(sizeof(*self));

	if (self == NULL)
		return NULL;
	*self = (struct commit_gate){
		.base.ops = &ops, .behind = behind, .most = most
	};
	pending_queue_init(&self->queue);
	return self;
}

void
commit_gate_destroy(struct commit_gate *self)
{
	if (self == NULL)
		return;
	pending_queue_fini(&self->queue);
	free(self);
}

struct publisher *
commit_gate_publisher(struct commit_gate *self)
{
	return &self->base;
}

size_t
commit_gate_bytes(const struct commit_gate *self)
{
	return self->queue.bytes;
}
