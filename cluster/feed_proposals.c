/* What a feed is to append, and what becomes of it. */
#include <assert.h>
#include <string.h>

#include "cluster/feed_internal.h"

void
feed_proposal_remove(struct feed *feed, struct proposal *proposal)
{
	assert(proposal->slot == 0 ||
	       feed->call->proposals[proposal->slot - 1] == proposal);
	assert(feed->bytes >= proposal->bytes &&
	       feed->duplicates >= proposal->is_duplicate);
	if (proposal->slot > 0)
		feed->call->proposals[proposal->slot - 1] = NULL;
	proposal->slot = 0;
	feed->duplicates -= proposal->is_duplicate;
	feed->bytes -= proposal->bytes;
	list_remove(&proposal->link);
}

void
feed_proposal_give_up(struct feed *feed, struct proposal *proposal)
{
	enum chat_error error = proposal->is_uncertain || proposal->has_place
				    ? CHAT_STORE_FAILED
				    : CHAT_UNAVAILABLE;

	feed_proposal_remove(feed, proposal);
	feed->is_unanswered = false;
	feed->config->ops->give_up(feed, proposal, error);
}

/* All origins of a node begin alike, up to the dot. */
static bool
origin_is_own(const struct feed *feed, struct str origin)
{
	const struct proposal *first;
	size_t len;

	if (list_is_empty(&feed->proposals))
		return false;
	first = LIST_OWNER(feed->proposals.next, struct proposal, link);
	len = strcspn(first->origin, ".");
	return origin.len > len && memcmp(origin.data, first->origin, len) == 0;
}

struct proposal *
feed_proposal_find(struct feed *feed, struct str origin)
{
	if (!origin_is_own(feed, origin))
		return NULL;
	for (struct list *at = feed->proposals.next; at != &feed->proposals;
	     at = at->next) {
		struct proposal *proposal =
		    LIST_OWNER(at, struct proposal, link);

		if (str_equal(str_from(proposal->origin), origin))
			return proposal;
	}
	return NULL;
}

void
feed_duplicates_answer(struct feed *feed)
{
	struct list *next;

	if (feed->duplicates == 0)
		return;
	for (struct list *at = feed->proposals.next; at != &feed->proposals;
	     at = next) {
		struct proposal *proposal =
		    LIST_OWNER(at, struct proposal, link);

		next = at->next;
		if (!proposal->is_duplicate ||
		    place_compare(&proposal->place, &feed->at) > 0)
			continue;
		feed_proposal_remove(feed, proposal);
		feed->config->ops->duplicate(feed, proposal);
		next = feed->proposals.next;
	}
}

void
feed_proposal_lose_place(struct feed *feed, struct proposal *proposal)
{
	assert(proposal->has_place);
	feed->duplicates -= proposal->is_duplicate;
	proposal->has_place = proposal->has_first = false;
	proposal->is_duplicate = false;
	proposal->is_uncertain = true;
}

void
feed_duplicates_check(struct feed *feed, const struct feed_entry *entry)
{
	if (feed->duplicates == 0)
		return;
	for (struct list *at = feed->proposals.next; at != &feed->proposals;
	     at = at->next) {
		struct proposal *proposal =
		    LIST_OWNER(at, struct proposal, link);

		if (proposal->is_duplicate &&
		    place_compare(&proposal->place, &entry->place) == 0 &&
		    !str_equal(proposal->key, entry->key))
			feed_proposal_lose_place(feed, proposal);
	}
}

/* Not while it is under way: the answer decides. */
void
feed_proposal_follow_first(struct feed *feed, struct proposal *proposal)
{
	if (!proposal->has_first || proposal->has_place || proposal->slot != 0)
		return;
	proposal->has_place = true;
	proposal->place = proposal->first;
	proposal->placed_at_ms = proposal->first_at_ms;
	proposal->is_duplicate = true;
	feed->duplicates++;
}

/*
 * What is yet to be sent becomes a duplicate of an entry with its key: the
 * broker compares keys only behind what the node knows.
 */
void
feed_duplicates_find(struct feed *feed, const struct feed_entry *first)
{
	if (str_is_empty(first->key))
		return;
	for (struct list *at = feed->proposals.next; at != &feed->proposals;
	     at = at->next) {
		struct proposal *proposal =
		    LIST_OWNER(at, struct proposal, link);

		if (!str_equal(proposal->key, first->key))
			continue;
		/* No log has a key twice. */
		if (proposal->has_place)
			feed_proposal_lose_place(feed, proposal);
		proposal->has_first = true;
		proposal->first = first->place;
		proposal->first_at_ms = first->at_ms;
		feed_proposal_follow_first(feed, proposal);
	}
}

/* The places of the history before do not count. */
void
feed_proposals_find_again(struct feed *feed, const struct feed_entry *entries,
    size_t count)
{
	for (struct list *at = feed->proposals.next; at != &feed->proposals;
	     at = at->next) {
		struct proposal *proposal =
		    LIST_OWNER(at, struct proposal, link);

		if (proposal->has_place)
			feed_proposal_lose_place(feed, proposal);
	}
	for (size_t i = 0; i < count; i++) {
		struct proposal *proposal =
		    feed_proposal_find(feed, entries[i].origin);

		if (proposal != NULL) {
			proposal->has_first = true;
			proposal->first = entries[i].place;
			proposal->first_at_ms = entries[i].at_ms;
			feed_proposal_follow_first(feed, proposal);
		}
		feed_duplicates_find(feed, &entries[i]);
	}
}

void
feed_proposals_check_places(struct feed *feed)
{
	for (struct list *at = feed->proposals.next; at != &feed->proposals;
	     at = at->next) {
		struct proposal *proposal =
		    LIST_OWNER(at, struct proposal, link);

		if (proposal->has_place &&
		    place_compare(&proposal->place, &feed->at) > 0)
			feed_proposal_lose_place(feed, proposal);
	}
}
