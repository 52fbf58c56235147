#include "commands/support/history_page.h"

#include <stdlib.h>

/* {"seq":1234,"at":1795241301123,"member":"","member_id":"","message":}, */
#define MESSAGE_EXTRA 80

/*
 * Which messages are wanted: from <= seq < end, and at most so many of them.
 * Some numbers may be missing.
 */
struct range {
	uint64_t from;
	uint64_t end;
	size_t most;
};

struct collecting {
	struct history_page *excerpt;
	struct range range;
	bool keeps_last; /* if there are too many: these, not the first */
	size_t seen;
};

static size_t
size_of(const struct message *message)
{
	return message->body.len + message->author.len +
	       message->author_id.len + MESSAGE_EXTRA;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

void
history_page_fini(struct history_page *excerpt)
{
	free(excerpt->messages);
}

static bool
collect_message(const struct message *message, void *arg)
{
	struct collecting *collecting = arg;
	size_t most = collecting->range.most;

	if (message->seq >= collecting->range.end ||
	    (collecting->seen == most && !collecting->keeps_last))
		return false;
	collecting->excerpt->messages[collecting->seen++ % most] = *message;
	return true;
}

/* What came round to the front goes behind what is older. */
static enum chat_error
straighten(const struct collecting *collecting, struct history_page *excerpt)
{
	size_t most = collecting->range.most;
	size_t oldest = collecting->seen % most;
	struct message *messages;

	if (collecting->seen <= most || oldest == 0)
		return CHAT_OK;
	messages = malloc(most * sizeof(*messages));
	if (messages == NULL)
		return CHAT_UNAVAILABLE;
	memcpy(messages, excerpt->messages + oldest,
	    (most - oldest) * sizeof(*messages));
	memcpy(messages + most - oldest, excerpt->messages,
	    oldest * sizeof(*messages));
	free(excerpt->messages);
	excerpt->messages = messages;
	return CHAT_OK;
}

/* The range is within what is held. */
static enum chat_error
collect(const struct request *request, struct str room, struct range range,
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
	error = straighten(&collecting, out);
	out->page.items = out->messages;
	out->page.count = least(collecting.seen, range.most);
	out->page.more = collecting.seen > range.most;
	return error;
}

/* One message always fits, or a reader would get no further. */
static size_t
count_fitting(const struct page *page, size_t bytes, bool keeps_last)
{
	size_t used = 0;
	size_t count = 0;

	while (count < page->count) {
		size_t i = keeps_last ? page->count - 1 - count : count;

		used += size_of(&page->items[i]);
		if (used > bytes && count > 0)
			break;
		count++;
	}
	return count;
}

static void
cut(struct page *page, size_t bytes, bool keeps_last)
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
note_one(const struct message *message, void *arg)
{
	(void)message;
	*(bool *)arg = true;
	return false;
}

/* Whether there is anything from here on. */
static bool
is_more(const struct request *request, struct str room, uint64_t from)
{
	bool found = false;

	history_each(request->chat->history, room, from, request->now_ms,
	    note_one, &found);
	return found;
}

/* What is held; nothing of it is in the excerpt yet. */
static enum chat_error
begin(const struct request *request, struct str room, struct history_span *span,
    struct history_page *out)
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
	enum chat_error error = begin(request, room, &span, out);
	uint64_t next;

	if (error != CHAT_OK || after >= span.last || span.first > span.last)
		return error;
	range.from = after + 1 > span.first ? after + 1 : span.first;
	range.end = span.last + 1;
	range.most = least(least(most, chat->limits.page_messages),
	    (size_t)(range.end - range.from));
	error = collect(request, room, range, false, out);
	next = range.from;
	if (out->page.count > 0)
		next = out->page.items[out->page.count - 1].seq + 1;
	out->page.more = next < range.end && is_more(request, room, next);
	cut(&out->page, chat->limits.page_bytes, false);
	return error;
}

/*
 * Mostly the numbers lead to the messages. Where some are missing, it is gone
 * farther back until there is one, or a reader would get no further.
 */
static enum chat_error
collect_before(const struct request *request, struct str room,
    const struct history_span *span, struct range *range,
    struct history_page *out)
{
	uint64_t held = range->end - span->first;
	uint64_t width = range->most;
	enum chat_error error;

	do {
		range->from = range->end - (width < held ? width : held);
		error = collect(request, room, *range, true, out);
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
	enum chat_error error = begin(request, room, &span, out);

	if (error != CHAT_OK || before <= span.first || span.first > span.last)
		return error;
	range.end = before <= span.last ? before : span.last + 1;
	range.most = least(least(most, chat->limits.page_messages),
	    (size_t)(range.end - span.first));
	error = collect_before(request, room, &span, &range, out);
	out->page.more |= range.from > span.first;
	cut(&out->page, chat->limits.page_bytes, true);
	return error;
}
