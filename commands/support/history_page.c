#include "commands/support/history_page.h"

#include <stdlib.h>

/* {"seq":1234,"at":1795241301123,"member":"","member_id":"","message":}, */
#define MESSAGE_EXTRA 80

/* "":12345, and twice if it is the reader's own */
#define REACTION_EXTRA 9

/*
 * The messages to be collected: from <= seq < end, at most `most`. Some numbers
 * may be missing.
 */
struct range {
	uint64_t from;
	uint64_t end;
	size_t most;
};

struct collecting {
	struct history_page *out;
	struct range range;
	bool keeps_last; /* if there are too many: these, not the first */
	size_t seen;
};

static size_t
message_cost(const struct message *message)
{
	size_t cost = message->body.len + message->author.len +
		      message->author_id.len + MESSAGE_EXTRA;

	for (size_t i = 0; i < message->reaction_count; i++)
		cost += (message->reactions[i].text.len + REACTION_EXTRA) *
			(message->reactions[i].is_own ? 2 : 1);
	return cost;
}

static size_t
size_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

void
history_page_fini(struct history_page *out)
{
	free(out->messages);
	free(out->reactions);
}

/* --- reactions ------------------------------------------------------------ */

static bool
count_label(struct str label, size_t count, void *arg)
{
	(void)label;
	(void)count;
	++*(size_t *)arg;
	return true;
}

struct labelling {
	struct attribute_store *attributes;
	struct str room;
	struct attribute own; /* the key of a reaction of the reader */
	struct reaction *next;
};

static bool
add_label(struct str label, size_t count, void *arg)
{
	struct labelling *labelling = arg;
	struct attribute found;

	labelling->own.label = label;
	*labelling->next++ = (struct reaction){ .text = label,
		.count = count,
		.is_own = attribute_store_find(labelling->attributes,
		    labelling->room, &labelling->own, &found) };
	return true;
}

enum chat_error
history_page_add_reactions(const struct request *request, struct str room,
    struct history_page *out)
{
	struct attribute_store *attributes = request->chat->attributes;
	struct labelling labelling = { attributes, room,
		.own = { .kind = ATTRIBUTE_REACTION,
		    .subject = str_from(request->author.id) } };
	const struct page *page = &out->page;
	struct message *messages = out->messages;
	size_t total = 0;

	for (size_t i = 0; i < page->count; i++)
		attribute_store_each_label(attributes, room, messages[i].seq,
		    count_label, &total);
	if (total == 0)
		return CHAT_OK;
	out->reactions = calloc(total, sizeof(*out->reactions));
	if (out->reactions == NULL)
		return CHAT_UNAVAILABLE;
	labelling.next = out->reactions;
	for (size_t i = 0; i < page->count; i++) {
		messages[i].reactions = labelling.next;
		labelling.own.seq = messages[i].seq;
		attribute_store_each_label(attributes, room, messages[i].seq,
		    add_label, &labelling);
		messages[i].reaction_count =
		    (size_t)(labelling.next - messages[i].reactions);
	}
	return CHAT_OK;
}

/* --- messages ------------------------------------------------------------- */

static bool
collect_message(const struct message *message, void *arg)
{
	struct collecting *collecting = arg;
	size_t most = collecting->range.most;

	if (message->seq >= collecting->range.end ||
	    (collecting->seen == most && !collecting->keeps_last))
		return false;
	collecting->out->messages[collecting->seen++ % most] = *message;
	return true;
}

/* Messages that wrapped round to the front go behind older ones. */
static enum chat_error
page_unwrap(const struct collecting *collecting, struct history_page *out)
{
	size_t most = collecting->range.most;
	size_t oldest = collecting->seen % most;
	struct message *messages;

	if (collecting->seen <= most || oldest == 0)
		return CHAT_OK;
	messages = malloc(most * sizeof(*messages));
	if (messages == NULL)
		return CHAT_UNAVAILABLE;
	memcpy(messages, out->messages + oldest,
	    (most - oldest) * sizeof(*messages));
	memcpy(messages + most - oldest, out->messages,
	    oldest * sizeof(*messages));
	free(out->messages);
	out->messages = messages;
	return CHAT_OK;
}

/* The range is within the history. */
static enum chat_error
page_collect(const struct request *request, struct str room, struct range range,
    bool keeps_last, struct history_page *out)
{
	struct collecting collecting = { out, range, keeps_last, 0 };
	enum chat_error error;

	if (range.from == range.end || range.most == 0)
		return CHAT_OK;
	if (out->messages == NULL)
		out->messages = calloc(range.most, sizeof(*out->messages));
	if (out->messages == NULL)
		return CHAT_UNAVAILABLE;
	history_each(request->chat->history, room, range.from, request->now_ms,
	    collect_message, &collecting);
	error = page_unwrap(&collecting, out);
	out->page.items = out->messages;
	out->page.count = size_min(collecting.seen, range.most);
	out->page.more = collecting.seen > range.most;
	return error;
}

/* One message always fits, or a reader would make no progress. */
static size_t
count_fitting(const struct page *page, size_t bytes, bool keeps_last)
{
	size_t used = 0;
	size_t count = 0;

	while (count < page->count) {
		size_t i = keeps_last ? page->count - 1 - count : count;

		used += message_cost(&page->items[i]);
		if (used > bytes && count > 0)
			break;
		count++;
	}
	return count;
}

static void
page_cut(struct page *page, size_t bytes, bool keeps_last)
{
	size_t count = count_fitting(page, bytes, keeps_last);

	if (count == page->count)
		return;
	if (keeps_last)
		page->items += page->count - count;
	page->count = count;
	page->more = true;
}

static bool
page_note_message(const struct message *message, void *arg)
{
	(void)message;
	*(bool *)arg = true;
	return false;
}

/* Whether there is anything from here on. */
static bool
has_more(const struct request *request, struct str room, uint64_t from)
{
	bool found = false;

	history_each(request->chat->history, room, from, request->now_ms,
	    page_note_message, &found);
	return found;
}

/* Empties the page, and sets *span to the range of the history. */
static enum chat_error
page_begin(const struct request *request, struct str room,
    struct history_span *span, struct history_page *out)
{
	*out = (struct history_page){ .messages = NULL };
	return history_span(request->chat->history, room, request->now_ms,
	    span);
}

enum chat_error
history_page_after(const struct request *request, struct str room,
    uint64_t after, size_t most, struct history_page *out)
{
	const struct chat *chat = request->chat;
	struct history_span span;
	struct range range;
	enum chat_error error = page_begin(request, room, &span, out);
	uint64_t next;

	if (error != CHAT_OK || after >= span.last || span.first > span.last)
		return error;
	range.from = after + 1 > span.first ? after + 1 : span.first;
	range.end = span.last + 1;
	range.most = size_min(size_min(most, chat->limits.page_messages),
	    (size_t)(range.end - range.from));
	error = page_collect(request, room, range, false, out);
	next = range.from;
	if (out->page.count > 0)
		next = out->page.items[out->page.count - 1].seq + 1;
	out->page.more = next < range.end && has_more(request, room, next);
	if (error == CHAT_OK)
		error = history_page_add_reactions(request, room, out);
	page_cut(&out->page, chat->limits.page_bytes, false);
	return error;
}

/*
 * Mostly all numbers of the range have messages. Where none has, the range
 * grows backwards until one has, or a reader would make no progress.
 */
static enum chat_error
collect_before(const struct request *request, struct str room,
    const struct history_span *span, struct range *range,
    struct history_page *out)
{
	uint64_t count = range->end - span->first;
	uint64_t width = range->most;
	enum chat_error error;

	do {
		range->from = range->end - (width < count ? width : count);
		error = page_collect(request, room, *range, true, out);
		width *= 2;
	} while (error == CHAT_OK && out->page.count == 0 && range->most > 0 &&
		 range->from > span->first);
	return error;
}

enum chat_error
history_page_before(const struct request *request, struct str room,
    uint64_t before, size_t most, struct history_page *out)
{
	const struct chat *chat = request->chat;
	struct history_span span;
	struct range range;
	enum chat_error error = page_begin(request, room, &span, out);

	if (error != CHAT_OK || before <= span.first || span.first > span.last)
		return error;
	range.end = before <= span.last ? before : span.last + 1;
	range.most = size_min(size_min(most, chat->limits.page_messages),
	    (size_t)(range.end - span.first));
	error = collect_before(request, room, &span, &range, out);
	out->page.more |= range.from > span.first;
	if (error == CHAT_OK)
		error = history_page_add_reactions(request, room, out);
	page_cut(&out->page, chat->limits.page_bytes, true);
	return error;
}
