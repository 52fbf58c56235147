/* What comes back from the log: each entry is applied once, at its place. */
#include <string.h>

#include "cluster/feed_internal.h"
#include "domain/log.h"

void
feed_places_add(struct feed *feed, const struct place *place, struct str origin)
{
	struct feed_place *next =
	    &feed->places[feed->place_count++ % FEED_PLACES];

	feed->at = next->place = *place;
	if (origin.len >= sizeof(next->origin))
		origin.len = 0;
	*str_put(next->origin, origin) = '\0';
}

const struct feed_place *
feed_find_place(const struct feed *feed, const struct place *place)
{
	for (size_t i = 0; i < FEED_PLACES && i < feed->place_count; i++)
		if (place_compare(&feed->places[i].place, place) == 0)
			return &feed->places[i];
	return NULL;
}

/* The chain of an old entry that was written back may be unknown. */
bool
feed_place_differs(const struct feed *feed, const struct place *place)
{
	const struct feed_place *own = feed_find_place(feed, place);

	return own != NULL && own->place.chain[0] != '\0' &&
	       place->chain[0] != '\0' &&
	       strcmp(own->place.chain, place->chain) != 0;
}

void
feed_differs(struct feed *feed)
{
	log_warn("log %s: the broker has another history", feed->name);
	feed->state = FEED_IS_LOADING;
	feed->is_behind = feed->must_heal = false;
	feed->is_closed = feed->must_open = false;
	feed->config->ops->differ(feed);
}

bool
feed_digits_parse(struct str text, int64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9' || i > 17)
			return false;
		*out = *out * 10 + (text.data[i] - '0');
	}
	return text.len > 0;
}

bool
feed_entry_read(const struct str *strings, struct feed_entry *out)
{
	out->origin = strings[2];
	out->key = strings[3];
	out->topic = strings[4];
	out->payload = strings[6];
	return place_parse(strings[0], strings[1], &out->place) &&
	       feed_digits_parse(strings[5], &out->at_ms);
}

void
feed_entry_apply(struct feed *feed, const struct feed_entry *entry)
{
	struct proposal *proposal = feed_proposal_find(feed, entry->origin);

	feed_places_add(feed, &entry->place, entry->origin);
	if (proposal != NULL)
		feed_proposal_remove(feed, proposal);
	feed_duplicates_check(feed, entry);
	feed_duplicates_find(feed, entry);
	feed->config->ops->apply(feed, entry, proposal);
}

/* False: the feed is blocked, and goes on with this entry later. */
static bool
entry_may_be_applied(struct feed *feed, const struct feed_entry *entry)
{
	const struct feed_ops *ops = feed->config->ops;
	const struct proposal *proposal =
	    feed_proposal_find(feed, entry->origin);

	/* What is in a closed log has outlived what the answer waits for. */
	if (feed->config->awaits_answers && proposal != NULL &&
	    !proposal->has_place && !feed->was_closed) {
		feed->is_unanswered = feed->is_behind = true;
		return false;
	}
	if (ops->may_apply == NULL || ops->may_apply(feed, entry, proposal))
		return true;
	feed->is_blocked = feed->is_behind = true;
	return false;
}

void
feed_entries_apply(struct feed *feed, const struct str *strings, size_t count)
{
	struct feed_entry entry;

	for (size_t i = 0; i + ENTRY_STRINGS <= count; i += ENTRY_STRINGS) {
		if (!feed_entry_read(strings + i, &entry)) {
			log_limited(LOG_ERROR, "log %s: a bad entry",
			    feed->name);
			feed->is_behind = true;
			return;
		}
		if (feed_place_differs(feed, &entry.place)) {
			feed_differs(feed);
			return;
		}
		if (place_compare(&entry.place, &feed->at) <= 0)
			continue;
		if (!place_is_next(&feed->at, &entry.place)) {
			feed->is_behind = true;
			return;
		}
		if (!entry_may_be_applied(feed, &entry))
			return;
		feed_entry_apply(feed, &entry);
		if (feed->state != FEED_IS_LIVE)
			return;
	}
	feed_duplicates_answer(feed);
}

static void
batch_receive(struct feed *feed, const struct str *items, size_t count)
{
	struct place before;

	if (count < 2 || feed->state != FEED_IS_LIVE || !feed->is_loaded ||
	    !place_parse(items[0], items[1], &before)) {
		feed->is_behind = true;
		return;
	}
	if (feed_place_differs(feed, &before)) {
		feed_differs(feed);
		return;
	}
	if (place_compare(&before, &feed->at) > 0) {
		*feed->config->gaps += !feed->is_behind;
		feed->is_behind = true;
		return;
	}
	feed_entries_apply(feed, items + 2, count - 2);
}

void
feed_receive(struct feed *feed, const struct str *items, size_t count)
{
	feed->is_active = true;
	feed->is_closed = false;
	batch_receive(feed, items, count);
	if (feed->is_behind || feed->state == FEED_IS_LOADING)
		feed->config->ops->wake(feed);
}

void
feed_compare(struct feed *feed, const struct place *top)
{
	int order = place_compare(top, &feed->at);

	if (!feed_is_live(feed) || feed->call != NULL)
		return;
	if (order > 0)
		feed->is_behind = true;
	else if (feed_place_differs(feed, top))
		feed_differs(feed);
	else if (order < 0) {
		feed->must_heal = true;
		feed->broker_at = *top;
	}
	if (!feed_is_live(feed) || feed->must_heal)
		feed->config->ops->wake(feed);
}
