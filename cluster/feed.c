#include "cluster/feed.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/log.h"

/* Of one call. */
#define CALL_PROPOSALS_MOST 256
#define CALL_BYTES_MOST ((size_t)512 << 10)
#define CALL_ENTRIES_MOST "1000"

/* What an appended entry takes to come back, before it is asked for. */
#define PLACED_MS 300

/* What other nodes have to write back what the broker has lost. */
#define OPEN_MS 1000

#define NUMBER_SIZE 24

#define ENTRY_STRINGS 7

struct feed_call {
	struct feed *feed; /* NULL: it is gone */
	enum broker_script script;
	size_t count; /* of proposals; NULL: it was given back */
	struct proposal *proposals[];
};

bool
feed_init(struct feed *feed, const struct feed_config *config, struct str name)
{
	*feed = (struct feed){ .config = config };
	list_init(&feed->proposals);
	feed->name = strndup(name.data, name.len);
	return feed->name != NULL;
}

void
feed_follow(struct feed *feed, bool is_new)
{
	feed->is_new = is_new;
	broker_subscribe(feed->config->broker, str_from(feed->name));
}

/* The proposal is the owner's again. */
static void
proposal_remove(struct feed *feed, struct proposal *proposal)
{
	if (proposal->slot > 0)
		feed->call->proposals[proposal->slot - 1] = NULL;
	proposal->slot = 0;
	feed->duplicates -= proposal->is_duplicate;
	feed->bytes -= proposal->bytes;
	list_remove(&proposal->link);
}

static void
proposal_give_up(struct feed *feed, struct proposal *proposal)
{
	enum chat_error error = proposal->is_uncertain || proposal->has_place
				    ? CHAT_STORE_FAILED
				    : CHAT_UNAVAILABLE;

	proposal_remove(feed, proposal);
	feed->config->ops->give_up(feed, proposal, error);
}

void
feed_fini(struct feed *feed, enum chat_error error)
{
	while (!list_is_empty(&feed->proposals)) {
		struct proposal *proposal =
		    LIST_OWNER(feed->proposals.next, struct proposal, link);

		proposal_remove(feed, proposal);
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

/* --- places --------------------------------------------------------------- */

static void
places_add(struct feed *feed, const struct place *place, struct str origin)
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

/*
 * Whether the node knows the entry at this place as another one. The chain of
 * an old entry that was written back may be unknown.
 */
static bool
place_differs(const struct feed *feed, const struct place *place)
{
	const struct feed_place *own = feed_find_place(feed, place);

	return own != NULL && own->place.chain[0] != '\0' &&
	       place->chain[0] != '\0' &&
	       strcmp(own->place.chain, place->chain) != 0;
}

static void
feed_differs(struct feed *feed)
{
	log_warn("log %s: the broker has another history", feed->name);
	feed->state = FEED_IS_LOADING;
	feed->is_behind = feed->must_heal = false;
	feed->is_closed = feed->must_open = false;
	feed->config->ops->differ(feed);
}

static void
feed_load_anew(struct feed *feed)
{
	feed->state = FEED_IS_LOADING;
	feed->is_behind = false;
}

/* --- entries -------------------------------------------------------------- */

static bool
digits_parse(struct str text, int64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9' || i > 17)
			return false;
		*out = *out * 10 + (text.data[i] - '0');
	}
	return text.len > 0;
}

static bool
entry_read(const struct str *strings, struct feed_entry *out)
{
	out->origin = strings[2];
	out->key = strings[3];
	out->topic = strings[4];
	out->payload = strings[6];
	return place_parse(strings[0], strings[1], &out->place) &&
	       digits_parse(strings[5], &out->at_ms);
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

static struct proposal *
proposal_find(struct feed *feed, struct str origin)
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

/* Duplicates whose first has been applied by now. */
static void
duplicates_answer(struct feed *feed)
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
		proposal_remove(feed, proposal);
		feed->config->ops->duplicate(feed, proposal);
		next = feed->proposals.next;
	}
}

/* Its place is that of another entry: the broker has lost it. It is sent again.
 */
static void
proposal_lose_place(struct feed *feed, struct proposal *proposal)
{
	feed->duplicates -= proposal->is_duplicate;
	proposal->has_place = proposal->has_first = false;
	proposal->is_duplicate = false;
	proposal->is_uncertain = true;
}

/* Duplicates of an entry that was lost: there is another one at its place. */
static void
duplicates_check(struct feed *feed, const struct feed_entry *entry)
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
			proposal_lose_place(feed, proposal);
	}
}

/* Not while it is under way: the answer decides. */
static void
proposal_follow_first(struct feed *feed, struct proposal *proposal)
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
static void
duplicates_find(struct feed *feed, const struct feed_entry *first)
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
			proposal_lose_place(feed, proposal);
		proposal->has_first = true;
		proposal->first = first->place;
		proposal->first_at_ms = first->at_ms;
		proposal_follow_first(feed, proposal);
	}
}

/*
 * What this node has proposed may be among the entries of another history. The
 * places of the one before do not count.
 */
static void
proposals_find_again(struct feed *feed, const struct feed_entry *entries,
    size_t count)
{
	for (struct list *at = feed->proposals.next; at != &feed->proposals;
	     at = at->next) {
		struct proposal *proposal =
		    LIST_OWNER(at, struct proposal, link);

		if (proposal->has_place)
			proposal_lose_place(feed, proposal);
	}
	for (size_t i = 0; i < count; i++) {
		struct proposal *proposal =
		    proposal_find(feed, entries[i].origin);

		if (proposal != NULL) {
			proposal->has_first = true;
			proposal->first = entries[i].place;
			proposal->first_at_ms = entries[i].at_ms;
			proposal_follow_first(feed, proposal);
		}
		duplicates_find(feed, &entries[i]);
	}
}

static void
entry_apply_now(struct feed *feed, const struct feed_entry *entry)
{
	struct proposal *proposal = proposal_find(feed, entry->origin);

	places_add(feed, &entry->place, entry->origin);
	if (proposal != NULL)
		proposal_remove(feed, proposal);
	duplicates_check(feed, entry);
	duplicates_find(feed, entry);
	feed->config->ops->apply(feed, entry, proposal);
}

/* False: the feed is blocked, and goes on with this entry later. */
static bool
entry_may_be_applied(struct feed *feed, const struct feed_entry *entry)
{
	const struct feed_ops *ops = feed->config->ops;

	if (ops->may_apply == NULL ||
	    ops->may_apply(feed, entry, proposal_find(feed, entry->origin)))
		return true;
	feed->is_blocked = feed->is_behind = true;
	return false;
}

/* Applies what follows; entries that were applied before are skipped. */
static void
entries_apply(struct feed *feed, const struct str *strings, size_t count)
{
	struct feed_entry entry;

	for (size_t i = 0; i + ENTRY_STRINGS <= count; i += ENTRY_STRINGS) {
		if (!entry_read(strings + i, &entry)) {
			log_limited(LOG_ERROR, "log %s: a bad entry",
			    feed->name);
			feed->is_behind = true;
			return;
		}
		if (place_differs(feed, &entry.place)) {
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
		entry_apply_now(feed, &entry);
		if (feed->state != FEED_IS_LIVE)
			return;
	}
	duplicates_answer(feed);
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
	if (place_differs(feed, &before)) {
		feed_differs(feed);
		return;
	}
	if (place_compare(&before, &feed->at) > 0) {
		*feed->config->gaps += !feed->is_behind;
		feed->is_behind = true;
		return;
	}
	entries_apply(feed, items + 2, count - 2);
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
	else if (place_differs(feed, top))
		feed_differs(feed);
	else if (order < 0) {
		feed->must_heal = true;
		feed->broker_at = *top;
	}
	if (!feed_is_live(feed) || feed->must_heal)
		feed->config->ops->wake(feed);
}

/* --- calls ---------------------------------------------------------------- */

static void feed_answered(void *arg, enum broker_outcome, const struct str *,
    size_t);

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
	char (*texts)[NUMBER_SIZE];
	size_t count;
};

static struct str
number_put(struct numbers *numbers, int64_t number)
{
	char *text = numbers->texts[numbers->count++];
	int len = snprintf(text, NUMBER_SIZE, "%" PRId64, number);

	return str_slice(text, (size_t)len);
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
	args[3] = number_put(numbers, proposal->at_ms);
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

	args[2] = number_put(numbers, (int64_t)feed->trim);
	args[3] = number_put(numbers, (int64_t)count);
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
	numbers.texts = calloc(2 + count, NUMBER_SIZE);
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

	if (place_differs(feed, &feed->broker_at))
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
	else if (feed->is_behind) {
		if (!feed->is_blocked)
			range_send(feed);
	} else if (feed->must_open)
		feed->config->ops->heal(feed, &feed->at, true);
	else if (!feed->is_closed)
		append_send(feed);
}

/* --- answers -------------------------------------------------------------- */

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

	if (count < 3 || !place_parse(reply[1], reply[2], &top)) {
		log_limited(LOG_ERROR, "log %s: a bad answer", feed->name);
		return;
	}
	if (str_equal(reply[0], STR("behind"))) {
		feed->must_heal = true;
		feed->broker_at = top;
	} else if (str_equal(reply[0], STR("closed")))
		closed_receive(feed, &top);
	else if (str_equal(reply[0], STR("trimmed")))
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
		proposal_give_up(feed, proposal);
		return;
	}
	if (!place_parse(result[1], result[2], &place) ||
	    !digits_parse(result[3], &proposal->placed_at_ms)) {
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
	for (size_t i = 0; i < call->count && 3 + 4 * (i + 1) <= count; i++)
		if (call->proposals[i] != NULL)
			result_receive(feed, call->proposals[i],
			    reply + 3 + 4 * i);
	duplicates_answer(feed);
}

/* The broker has no entry at a place that it gave before: it has lost it. */
static void
proposals_check_places(struct feed *feed)
{
	for (struct list *at = feed->proposals.next; at != &feed->proposals;
	     at = at->next) {
		struct proposal *proposal =
		    LIST_OWNER(at, struct proposal, link);

		if (proposal->has_place &&
		    place_compare(&proposal->place, &feed->at) > 0)
			proposal_lose_place(feed, proposal);
	}
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
	entries_apply(feed, reply + 3, count - 3);
	if (feed->state != FEED_IS_LIVE)
		return;
	if (place_compare(&feed->at, &top) < 0)
		feed->is_behind = true;
	else
		proposals_check_places(feed);
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
		if (!entry_read(at, entries++))
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
	feed->place_count = 0;
	for (size_t i = known > FEED_PLACES ? known - FEED_PLACES : 0;
	     i < known; i++)
		places_add(feed, &entries[i].place, entries[i].origin);
	proposals_find_again(feed, entries, known);
	for (size_t i = known; was_loaded && i < count; i++)
		entry_apply_now(feed, &entries[i]);
	if (place_compare(&feed->at, top) != 0)
		places_add(feed, top, STR(""));
	duplicates_answer(feed);
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
	    !digits_parse(reply[4], &field_count) ||
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
			proposal_give_up(feed, proposal);
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

static void
feed_answered(void *arg, enum broker_outcome outcome, const struct str *reply,
    size_t count)
{
	struct feed_call *call = arg;
	struct feed *feed = call->feed;

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
				proposal_follow_first(feed, call->proposals[i]);
			}
		feed->call = NULL;
		duplicates_answer(feed);
		if (outcome == BROKER_OK)
			feed->config->ops->wake(feed);
	}
	free(call);
}

/* --- time, and the connection --------------------------------------------- */

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
			proposal_lose_place(feed, proposal);
		else if (proposal->has_place && age_ms >= PLACED_MS)
			feed->is_behind = true;
		if (age_ms >= feed->config->give_up_ms && proposal->slot == 0 &&
		    !proposal->is_lasting) {
			proposal_give_up(feed, proposal);
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

void
feed_lost(struct feed *feed)
{
	feed->state = FEED_IS_SUBSCRIBING;
}
