#include "cluster/feed.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/feed_internal.h"

/* What an appended entry takes to come back, before it is asked for. */
#define PLACED_MS 300

/* What other nodes have to write back what the broker has lost. */
#define OPEN_MS 1000

bool
feed_init(struct feed *feed, const struct feed_config *config, struct str name)
{
	assert(!str_is_empty(name));
	*feed = (struct feed){ .config = config };
	list_init(&feed->proposals);
	feed->name = strndup(name.data, name.len);
	return feed->name != NULL;
}

void
feed_follow(struct feed *feed, bool is_new)
{
	assert(feed->config->broker != NULL);
	feed->is_new = is_new;
	broker_subscribe(feed->config->broker, str_from(feed->name));
}

void
feed_fini(struct feed *feed, enum chat_error error)
{
	while (!list_is_empty(&feed->proposals)) {
		struct proposal *proposal =
		    LIST_OWNER(feed->proposals.next, struct proposal, link);

		feed_proposal_remove(feed, proposal);
		feed->config->ops->give_up(feed, proposal, error);
	}
	if (feed->call != NULL)
		feed->call->feed = NULL;
	free(feed->name);
}

void
feed_unfollow(struct feed *feed)
{
	broker_unsubscribe(feed->config->broker, str_from(feed->name));
}

void
feed_propose(struct feed *feed, struct proposal *proposal)
{
	assert(proposal->origin[0] != '\0');
	proposal->bytes = sizeof(*proposal) + proposal->key.len +
			  proposal->topic.len + proposal->payload.len +
			  proposal->field.len;
	proposal->is_uncertain = proposal->has_place = false;
	proposal->is_duplicate = proposal->has_first = false;
	proposal->slot = 0;
	list_append(&feed->proposals, &proposal->link);
	feed->bytes += proposal->bytes;
	feed->is_active = true;
	feed->config->ops->wake(feed);
}

void
feed_tick(struct feed *feed, int64_t now_ms)
{
	struct list *next;

	feed_unblock(feed);
	if (feed->is_closed && feed->closed_ms == 0)
		feed->closed_ms = now_ms;
	if (feed->is_closed && now_ms - feed->closed_ms >= OPEN_MS)
		feed->must_open = true;
	for (struct list *at = feed->proposals.next; at != &feed->proposals;
	     at = next) {
		struct proposal *proposal =
		    LIST_OWNER(at, struct proposal, link);
		int64_t age_ms = now_ms - proposal->since_ms;

		next = at->next;
		if (proposal->has_place && !proposal->is_duplicate &&
		    place_compare(&proposal->place, &feed->at) <= 0)
			feed_proposal_lose_place(feed, proposal);
		else if (proposal->has_place && age_ms >= PLACED_MS)
			feed->is_behind = true;
		if (age_ms >= feed->config->give_up_ms && proposal->slot == 0 &&
		    !proposal->is_lasting) {
			feed_proposal_give_up(feed, proposal);
			next = feed->proposals.next;
		}
	}
	if (feed->is_behind || feed->must_heal || feed->must_open ||
	    feed->state == FEED_IS_LOADING || !list_is_empty(&feed->proposals))
		feed->config->ops->wake(feed);
}

void
feed_unblock(struct feed *feed)
{
	if (!feed->is_blocked)
		return;
	feed->is_blocked = false;
	feed->config->ops->wake(feed);
}

void
feed_subscribed(struct feed *feed)
{
	if (!feed->is_loaded && !feed->is_new)
		feed->state = FEED_IS_LOADING;
	else {
		feed->is_loaded = true;
		feed->state = FEED_IS_LIVE;
		feed->is_behind = true;
	}
	feed->config->ops->wake(feed);
}

bool
feed_has_read_all(const struct feed *feed)
{
	return feed_is_live(feed) && !feed->must_heal &&
	       (feed->call == NULL || feed->call->script == BROKER_APPEND);
}

void
feed_lost(struct feed *feed)
{
	feed->state = FEED_IS_SUBSCRIBING;
}
