/* What the broker answers to the calls of a feed. */
#include <assert.h>
#include <stdlib.h>

#include "cluster/feed_internal.h"
#include "domain/log.h"

static void
feed_load_anew(struct feed *feed)
{
	feed->state = FEED_IS_LOADING;
	feed->is_behind = false;
}

/* The broker's log may end before what other nodes have of it. */
static void
closed_receive(struct feed *feed, const struct place *top)
{
	if (place_compare(&feed->at, top) < 0)
		feed->is_behind = true;
	else if (feed->config->ops->may_open(feed))
		feed->must_open = true;
	else
		feed->is_closed = true;
}

/* The node's top is not in the broker's log, or not kept any more. */
static void
refusal_receive(struct feed *feed, const struct str *reply, size_t count)
{
	struct place top;

	feed->is_unanswered = false;
	if (count < 3 || !place_parse(reply[1], reply[2], &top)) {
		log_limited(LOG_ERROR, "log %s: a bad answer", feed->name);
		return;
	}
	if (str_equal(reply[0], STR("behind"))) {
		feed->must_heal = true;
		feed->broker_at = top;
	} else if (str_equal(reply[0], STR("closed"))) {
		feed->was_closed = true;
		closed_receive(feed, &top);
	} else if (str_equal(reply[0], STR("trimmed")))
		feed_load_anew(feed);
	else
		feed_differs(feed);
}

static void
result_receive(struct feed *feed, struct proposal *proposal,
    const struct str *result)
{
	struct place place;

	if (str_equal(result[0], STR("!"))) {
		proposal->is_uncertain = false;
		feed_proposal_give_up(feed, proposal);
		return;
	}
	if (!place_parse(result[1], result[2], &place) ||
	    !feed_digits_parse(result[3], &proposal->placed_at_ms)) {
		log_limited(LOG_ERROR, "log %s: a bad result", feed->name);
		return;
	}
	proposal->has_place = true;
	proposal->place = place;
	proposal->is_duplicate = str_equal(result[0], STR("="));
	feed->duplicates += proposal->is_duplicate;
}

static void
append_receive(struct feed *feed, struct feed_call *call,
    const struct str *reply, size_t count)
{
	if (!str_equal(reply[0], STR("ok"))) {
		refusal_receive(feed, reply, count);
		return;
	}
	feed->closed_ms = 0;
	feed->is_unanswered = feed->was_closed = false;
	for (size_t i = 0; i < call->count && 3 + 4 * (i + 1) <= count; i++)
		if (call->proposals[i] != NULL)
			result_receive(feed, call->proposals[i],
			    reply + 3 + 4 * i);
	feed_duplicates_answer(feed);
}

static void
range_receive(struct feed *feed, const struct str *reply, size_t count)
{
	struct place top;

	if (!str_equal(reply[0], STR("ok")) || count < 3 ||
	    !place_parse(reply[1], reply[2], &top)) {
		refusal_receive(feed, reply, count);
		return;
	}
	feed_entries_apply(feed, reply + 3, count - 3);
	if (feed->state != FEED_IS_LIVE)
		return;
	if (place_compare(&feed->at, &top) < 0)
		feed->is_behind = true;
	else
		feed_proposals_check_places(feed);
	if (!feed->is_behind)
		feed->config->ops->live(feed);
}

/* The arrays have room for all. False: a bad entry. */
static bool
read_parse(const struct str *reply, size_t count, size_t field_count,
    struct feed_field *fields, struct feed_entry *entries)
{
	const struct str *at = reply + 5;

	for (size_t i = 0; i < field_count; i++, at += 2)
		fields[i] = (struct feed_field){ at[0], at[1] };
	for (; at + ENTRY_STRINGS <= reply + count; at += ENTRY_STRINGS)
		if (!feed_entry_read(at, entries++))
			return false;
	return at == reply + count;
}

/* How many entries of the log were applied before. */
static size_t
entries_known(const struct feed *feed, const struct feed_entry *entries,
    size_t count)
{
	size_t known = 0;

	if (!feed->is_loaded)
		return count;
	while (known < count &&
	       place_compare(&entries[known].place, &feed->at) <= 0)
		known++;
	return known;
}

static void
read_use(struct feed *feed, const struct place *top,
    const struct feed_field *fields, size_t field_count,
    const struct feed_entry *entries, size_t count)
{
	size_t known = entries_known(feed, entries, count);
	bool was_loaded = feed->is_loaded;

	++*feed->config->loads;
	if (!feed->config->ops->load(feed, fields, field_count, entries, known))
		return;
	feed->is_loaded = true;
	feed->state = FEED_IS_LIVE;
	/* The broker may have lacked what is not in the history any more. */
	feed->must_heal = false;
	feed->place_count = 0;
	for (size_t i = known > FEED_PLACES ? known - FEED_PLACES : 0;
	     i < known; i++)
		feed_places_add(feed, &entries[i].place, entries[i].origin);
	feed_proposals_find_again(feed, entries, known);
	for (size_t i = known; was_loaded && i < count; i++)
		feed_entry_apply(feed, &entries[i]);
	if (place_compare(&feed->at, top) != 0)
		feed_places_add(feed, top, STR(""));
	feed_duplicates_answer(feed);
	if (!feed->is_behind)
		feed->config->ops->live(feed);
}

static void
read_receive(struct feed *feed, const struct str *reply, size_t count)
{
	struct feed_field *fields = NULL;
	struct feed_entry *entries = NULL;
	struct place top;
	int64_t field_count;
	size_t entry_count;

	if (count < 5 || !str_equal(reply[0], STR("ok")) ||
	    !place_parse(reply[1], reply[2], &top) ||
	    !feed_digits_parse(reply[4], &field_count) ||
	    (size_t)field_count > (count - 5) / 2) {
		log_limited(LOG_ERROR, "log %s: a bad answer", feed->name);
		return;
	}
	entry_count = (count - 5 - 2 * (size_t)field_count) / ENTRY_STRINGS;
	fields = calloc((size_t)field_count + 1, sizeof(*fields));
	entries = calloc(entry_count + 1, sizeof(*entries));
	if (fields != NULL && entries != NULL &&
	    read_parse(reply, count, (size_t)field_count, fields, entries))
		read_use(feed, &top, fields, (size_t)field_count, entries,
		    entry_count);
	free(fields);
	free(entries);
}

/* Sent again, with the same origins, until they are given up. */
static void
append_failed(struct feed *feed, struct feed_call *call,
    enum broker_outcome outcome)
{
	for (size_t i = 0; i < call->count; i++) {
		struct proposal *proposal = call->proposals[i];

		if (proposal == NULL)
			continue;
		proposal->is_uncertain |= outcome == BROKER_UNKNOWN;
		if (!proposal->is_uncertain && !proposal->is_lasting)
			feed_proposal_give_up(feed, proposal);
	}
}

static void
call_receive(struct feed *feed, struct feed_call *call, const struct str *reply,
    size_t count)
{
	switch (call->script) {
	case BROKER_APPEND:
		append_receive(feed, call, reply, count);
		break;
	case BROKER_RANGE:
		range_receive(feed, reply, count);
		break;
	case BROKER_READ:
		read_receive(feed, reply, count);
		break;
	case BROKER_HEAL:
		feed->must_heal = feed->must_open = feed->is_closed = false;
		feed->is_behind = true;
		break;
	default:
		assert(false);
	}
}

void
feed_answered(void *arg, enum broker_outcome outcome, const struct str *reply,
    size_t count)
{
	struct feed_call *call = arg;
	struct feed *feed = call->feed;

	assert(feed == NULL || feed->call == call);
	if (feed != NULL) {
		if (outcome == BROKER_OK && count > 0)
			call_receive(feed, call, reply, count);
		else if (call->script == BROKER_APPEND)
			append_failed(feed, call, outcome);
		else if (call->script == BROKER_RANGE)
			feed->is_behind = true;
		for (size_t i = 0; i < call->count; i++)
			if (call->proposals[i] != NULL) {
				call->proposals[i]->slot = 0;
				feed_proposal_follow_first(feed,
				    call->proposals[i]);
			}
		feed->call = NULL;
		feed_duplicates_answer(feed);
		if (outcome == BROKER_OK)
			feed->config->ops->wake(feed);
	}
	free(call);
}
