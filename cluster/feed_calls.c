/* What a feed asks of the broker: one call at a time. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/feed_internal.h"

/* Of one call. */
#define CALL_PROPOSALS_MOST 256
#define CALL_BYTES_MOST ((size_t)512 << 10)
#define CALL_ENTRIES_MOST "1000"

/* NULL: no memory; it is tried again. */
static struct feed_call *
feed_call_create(struct feed *feed, enum broker_script script, size_t proposals)
{
	struct feed_call *call =
	    calloc(1, sizeof(*call) + proposals * sizeof(*call->proposals));

	if (call == NULL)
		return NULL;
	call->feed = feed;
	call->script = script;
	assert(feed->call == NULL);
	feed->call = call;
	return call;
}

static void
feed_call_send(struct feed_call *call, const struct str *args, size_t count)
{
	struct broker_call broker_args = {
		.script = call->script,
		.slot = str_from(call->feed->name),
		.args = args,
		.arg_count = count,
		.done = feed_answered,
		.arg = call,
	};

	assert(call->feed->call == call);
	broker_call(call->feed->config->broker, &broker_args);
}

static void
read_send(struct feed *feed)
{
	struct feed_call *call = feed_call_create(feed, BROKER_READ, 0);

	if (call != NULL)
		feed_call_send(call, NULL, 0);
}

static void
range_send(struct feed *feed)
{
	struct feed_call *call = feed_call_create(feed, BROKER_RANGE, 0);
	char place[PLACE_TEXT_SIZE];
	struct str args[3];

	if (call == NULL)
		return;
	feed->is_behind = false;
	args[0] = place_format(&feed->at, place);
	args[1] = str_from(feed->at.chain);
	args[2] = STR(CALL_ENTRIES_MOST);
	feed_call_send(call, args, 3);
}

void
feed_heal(struct feed *feed, const struct place *after, const struct str *items,
    size_t count)
{
	struct feed_call *call = feed_call_create(feed, BROKER_HEAL, 0);
	struct str *args = calloc(count + 2, sizeof(*args));
	char place[PLACE_TEXT_SIZE];

	assert(count > 0);
	if (call == NULL || args == NULL) {
		free(args);
		free(call);
		feed->call = NULL;
		return;
	}
	++*feed->config->heals;
	args[0] = after != NULL ? place_format(after, place) : STR("*");
	args[1] = after != NULL ? str_from(after->chain) : STR("");
	memcpy(args + 2, items, count * sizeof(*args));
	feed_call_send(call, args, count + 2);
	free(args);
}

/* Room for the numbers of a call, as texts. */
struct numbers {
	char (*texts)[DECIMAL_MOST];
	size_t count;
};

static struct str
number_put(struct numbers *numbers, uint64_t number)
{
	return decimal_write(number, numbers->texts[numbers->count++]);
}

static const struct str *const no_flags = &STR("");

static struct str
proposal_flags(const struct proposal *proposal)
{
	if (proposal->is_numbered)
		return proposal->is_exclusive ? STR("nx") : STR("n");
	return proposal->is_exclusive ? STR("x") : *no_flags;
}

static size_t
proposal_write(const struct proposal *proposal, struct numbers *numbers,
    struct str *args)
{
	bool has_field = proposal->field.data != NULL;

	args[0] = str_from(proposal->origin);
	args[1] = proposal->key.data != NULL ? proposal->key : STR("");
	args[2] = proposal->topic.data != NULL ? proposal->topic : STR("");
	args[3] = number_put(numbers, (uint64_t)proposal->at_ms);
	args[4] = proposal_flags(proposal);
	args[5] = proposal->payload;
	args[6] = has_field ? STR("1") : STR("0");
	if (has_field)
		args[7] = proposal->field;
	return has_field ? 8 : 7;
}

/* How many proposals go into one call. */
static size_t
proposals_count(const struct feed *feed)
{
	size_t count = 0, bytes = 0;

	for (const struct list *at = feed->proposals.next;
	     at != &feed->proposals && count < CALL_PROPOSALS_MOST;
	     at = at->next) {
		const struct proposal *proposal =
		    LIST_OWNER(at, struct proposal, link);

		if (proposal->has_place)
			continue;
		bytes += proposal->bytes;
		if (count > 0 && bytes > CALL_BYTES_MOST)
			break;
		count++;
	}
	return count;
}

static size_t
append_args_write(struct feed *feed, struct feed_call *call, size_t count,
    struct numbers *numbers, struct str *args)
{
	struct list *at = feed->proposals.next;
	size_t len = 4;

	args[2] = number_put(numbers, feed->trim);
	args[3] = number_put(numbers, count);
	for (; call->count < count; at = at->next) {
		struct proposal *proposal =
		    LIST_OWNER(at, struct proposal, link);

		if (proposal->has_place)
			continue;
		call->proposals[call->count++] = proposal;
		proposal->slot = call->count;
		len += proposal_write(proposal, numbers, args + len);
	}
	return len;
}

static void
append_send(struct feed *feed)
{
	size_t count = proposals_count(feed);
	struct feed_call *call;
	struct numbers numbers = { .count = 0 };
	struct str *args;
	char place[PLACE_TEXT_SIZE];
	size_t len;

	if (count == 0)
		return;
	call = feed_call_create(feed, BROKER_APPEND, count);
	args = calloc(4 + 8 * count, sizeof(*args));
	numbers.texts = calloc(2 + count, sizeof(*numbers.texts));
	if (call == NULL || args == NULL || numbers.texts == NULL) {
		free(call);
		feed->call = NULL;
	} else {
		args[0] = place_format(&feed->at, place);
		args[1] = str_from(feed->at.chain);
		len = append_args_write(feed, call, count, &numbers, args);
		feed_call_send(call, args, len);
	}
	free(args);
	free(numbers.texts);
}

/* Only if its last entry is one of ours the broker's log can be continued. */
static void
heal_send(struct feed *feed)
{
	const struct feed_place *own = feed_find_place(feed, &feed->broker_at);
	bool is_known = feed->broker_at.number > 0 && own != NULL &&
			own->place.chain[0] != '\0';

	if (feed_place_differs(feed, &feed->broker_at))
		feed_differs(feed);
	else
		feed->config->ops->heal(feed,
		    is_known ? &feed->broker_at : NULL, false);
}

void
feed_flush(struct feed *feed)
{
	if (feed->call != NULL || feed->state == FEED_IS_SUBSCRIBING)
		return;
	if (feed->state == FEED_IS_LOADING)
		read_send(feed);
	else if (feed->must_heal)
		heal_send(feed);
	else if (feed->is_behind && !feed->is_unanswered) {
		if (!feed->is_blocked)
			range_send(feed);
	} else if (feed->must_open)
		feed->config->ops->heal(feed, &feed->at, true);
	else if (!feed->is_closed)
		append_send(feed);
}
