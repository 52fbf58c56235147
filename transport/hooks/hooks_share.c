/* Several nodes, of which one sends; and the process that takes over. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "domain/base/pack.h"
#include "transport/hooks/hooks_internal.h"

void
hooks_share(struct hooks *hooks, const struct hooks_sharing *sharing)
{
	assert(hooks->loop == NULL && sharing->moment != NULL &&
	       sharing->may_send != NULL);
	hooks->sharing = *sharing;
	hooks->stands_by = true;
}

/*
 * The batch that is under way is none any more: it counts as sent only when the
 * relay reports that.
 */
static void
events_forget(struct hooks *hooks, int64_t before_ms)
{
	const struct hook_event *first;

	hooks->batch_count = 0;
	hooks->failures = 0;
	hooks->next_ms = 0;
	while ((first = hook_queue_first(&hooks->queue)) != NULL &&
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
	assert(hooks->sharing.moment != NULL);
	hooks->stands_by = false;
	events_forget(hooks, since_ms);
	hooks_numbers_begin(hooks);
	if (number > hooks->last_number && number < NUMBER_END / 2)
		hooks->last_number = number;
	for (struct list *at = hooks->queue.events.next;
	     at != &hooks->queue.events; at = at->next)
		event_renumber(LIST_OWNER(at, struct hook_event, link),
		    ++hooks->last_number);
	if (hooks->kept_lost > 0)
		hooks_events_lose(hooks, hooks->kept_lost, 0);
	hooks->kept_lost = 0;
}

void
hooks_stand_by(struct hooks *hooks, int64_t sent_ms)
{
	assert(hooks->sharing.moment != NULL);
	hooks->stands_by = true;
	events_forget(hooks, sent_ms);
	if (hooks->queue.count == 0)
		hooks->kept_lost = 0;
}

/*
 * All that was observed before was sent. What is read from the log of a room
 * may be older than what waits in front of it.
 */
static int64_t
hooks_sent_ms(const struct hooks *hooks)
{
	const struct hook_event *at = hook_queue_first(&hooks->queue);
	int64_t sent_ms =
	    at != NULL ? (int64_t)at->lsn : clock_wall_ms(hooks->signer.clock);

	for (; at != NULL; at = hook_queue_next(&hooks->queue, at))
		if ((int64_t)at->lsn < sent_ms)
			sent_ms = (int64_t)at->lsn;
	return sent_ms;
}

bool
hooks_report(struct hooks *hooks, int64_t late_ms, uint64_t *number,
    int64_t *sent_ms)
{
	int64_t before_ms = hooks_sent_ms(hooks) - late_ms;

	/* Nothing has happened since all was reported as sent. */
	if (hooks->last_number <= *number && hooks->all_is_reported)
		return false;
	hooks->all_is_reported = hooks->last_number == hooks->reported_number &&
				 before_ms > hooks->reported_ms;
	if (hooks->last_number != hooks->reported_number) {
		hooks->reported_number = hooks->last_number;
		hooks->reported_ms = clock_wall_ms(hooks->signer.clock);
	}
	*number = hooks->last_number;
	*sent_ms = before_ms;
	return true;
}

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

		from->failed |=
		    !hook_queue_add(queue, text, STR(""), lsn, at_ms);
	}
	return hook_stays_unpack(&hooks->stays, from);
}
