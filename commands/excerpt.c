#include "commands/excerpt.h"

#include <stdlib.h>

/* {"seq":1234,"at":1795241301123,"member":"","member_id":"","message":}, */
#define MESSAGE_EXTRA 80

/* Which messages are wanted: from <= seq < end. */
struct range {
	uint64_t from;
	uint64_t end;
};

struct collecting {
	struct excerpt *excerpt;
	struct range range;
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
excerpt_fini(struct excerpt *excerpt)
{
	free(excerpt->messages);
}

static bool
collect_message(const struct message *message, void *arg)
{
	struct collecting *collecting = arg;
	struct excerpt *excerpt = collecting->excerpt;

	if (message->seq >= collecting->range.end)
		return false;
	excerpt->messages[excerpt->page.count++] = *message;
	return true;
}

/* The range is within what is held, and not longer than a page. */
static enum chat_error
collect(const struct request *request, struct str room, struct range range,
    struct excerpt *out)
{
	struct collecting collecting = { out, range };

	if (range.from == range.end)
		return CHAT_OK;
	out->messages =
	    calloc((size_t)(range.end - range.from), sizeof(*out->messages));
	if (out->messages == NULL)
		return CHAT_UNAVAILABLE;
	history_each(request->chat->history, room, range.from, request->now_ms,
	    collect_message, &collecting);
	out->page.items = out->messages;
	return CHAT_OK;
}

/* One message is always kept, or a reader would get no further. */
static void
cut_behind(struct page *page, size_t bytes)
{
	size_t used = 0;
	size_t count = 0;

	while (count < page->count) {
		used += size_of(&page->items[count]);
		if (used > bytes && count > 0)
			break;
		count++;
	}
	if (count == page->count)
		return;
	page->more = true;
	page->count = count;
}

/* The same from the other end. */
static void
cut_before(struct page *page, size_t bytes)
{
	size_t used = 0;
	size_t count = 0;

	while (count < page->count) {
		used += size_of(&page->items[page->count - 1 - count]);
		if (used > bytes && count > 0)
			break;
		count++;
	}
	if (count == page->count)
		return;
	page->more = true;
	page->items += page->count - count;
	page->count = count;
}

enum chat_error
excerpt_after(const struct request *request, struct str room, uint64_t after,
    size_t most, struct excerpt *out)
{
	const struct chat *chat = request->chat;
	struct history_span span;
	struct range range;
	enum chat_error error;

	*out = (struct excerpt){ .messages = NULL };
	error = history_span(chat->history, room, request->now_ms, &span);
	if (error == CHAT_OK)
		out->lsn = span.lsn;
	if (error != CHAT_OK || after >= span.last || span.first > span.last)
		return error;
	range.from = after + 1 > span.first ? after + 1 : span.first;
	most = least(most, chat->limits.page_messages);
	range.end =
	    range.from + least(most, (size_t)(span.last + 1 - range.from));
	error = collect(request, room, range, out);
	out->page.more = range.end <= span.last;
	cut_behind(&out->page, chat->limits.page_bytes);
	return error;
}

enum chat_error
excerpt_before(const struct request *request, struct str room, uint64_t before,
    size_t most, struct excerpt *out)
{
	const struct chat *chat = request->chat;
	struct history_span span;
	struct range range;
	enum chat_error error;

	*out = (struct excerpt){ .messages = NULL };
	error = history_span(chat->history, room, request->now_ms, &span);
	if (error == CHAT_OK)
		out->lsn = span.lsn;
	if (error != CHAT_OK || before <= span.first || span.first > span.last)
		return error;
	range.end = before <= span.last ? before : span.last + 1;
	most = least(most, chat->limits.page_messages);
	range.from = range.end - least(most, (size_t)(range.end - span.first));
	error = collect(request, room, range, out);
	out->page.more = range.from > span.first;
	cut_before(&out->page, chat->limits.page_bytes);
	return error;
}
