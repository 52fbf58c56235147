#include "commands/support/resume.h"

#include <stdlib.h>

#include "domain/base/array.h"

/*
 * A seq that the room has not reached belongs to another epoch, whatever epoch
 * the client names.
 */
static struct recovery
compare_with_history(const struct command *command, const struct room *room,
    const struct history_span *span)
{
	struct recovery recovery = { .asked = true };

	if (!room_continues_epoch(room, command->since_epoch,
		command->since_seq) ||
	    command->since_seq > span->last) {
		recovery.epoch_changed = true;
	} else if (command->since_seq + 1 < span->first) {
		recovery.missing_first = command->since_seq + 1;
		recovery.missing_last = span->first - 1;
	} else {
		recovery.recovered = true;
	}
	return recovery;
}

/*
 * Messages that the store has lost leave holes between the others. The
 * answer has the range from the first hole to the last.
 */
static void
find_holes(const struct page *page, uint64_t after, struct recovery *recovery)
{
	for (size_t i = 0; i < page->count; i++) {
		uint64_t seq = page->items[i].seq;

		if (seq != after + 1 && recovery->missing_first == 0)
			recovery->missing_first = after + 1;
		if (seq != after + 1)
			recovery->missing_last = seq - 1;
		after = seq;
	}
	if (recovery->missing_first != 0)
		recovery->recovered = false;
}

/* --- changes -------------------------------------------------------------- */

struct changes {
	const struct request *request;
	struct str room;
	int64_t from_ms;
	struct history_page *out;
	size_t capacity;
	enum chat_error error;
};

/*
 * The last that were set come first: earlier ones are known to the client. No
 * message has both attributes: a redaction removes the edit.
 */
static bool
change_add(const struct attribute *attribute, void *arg)
{
	struct changes *changes = arg;
	const struct request *request = changes->request;
	struct history_page *out = changes->out;
	struct message *messages;

	if (attribute->at_ms < changes->from_ms)
		return false;
	if (attribute->seq > request->command->since_seq)
		return true;
	out->page.more = out->page.count == request->chat->limits.page_messages;
	if (out->page.more)
		return false;
	messages = array_grow(out->messages, out->page.count,
	    &changes->capacity, sizeof(*messages));
	if (messages == NULL) {
		changes->error = CHAT_UNAVAILABLE;
		return false;
	}
	out->messages = messages;
	out->page.items = messages;
	if (history_get(request->chat->history, changes->room, attribute->seq,
		request->now_ms, &messages[out->page.count]))
		out->page.count++;
	return true;
}

static int
messages_compare(const void *a, const void *b)
{
	const struct message *x = a, *y = b;

	return (x->seq > y->seq) - (x->seq < y->seq);
}

/*
 * The client has learned of everything before: it was connected then, or read a
 * page later.
 */
enum chat_error
resume_collect_changes(const struct request *request, const struct room *room,
    struct history_page *out)
{
	struct changes changes = {
		.request = request, .room = str_from(room->id), .out = out
	};
	struct attribute_store *attributes = request->chat->attributes;
	uint64_t since = request->command->since_seq;
	struct message last;

	if (since == 0)
		return CHAT_OK;
	if (history_get(request->chat->history, changes.room, since,
		request->now_ms, &last))
		changes.from_ms = last.at_ms;
	attribute_store_each(attributes, changes.room, ATTRIBUTE_REDACTION,
	    change_add, &changes);
	if (changes.error == CHAT_OK && !out->page.more)
		attribute_store_each(attributes, changes.room, ATTRIBUTE_EDIT,
		    change_add, &changes);
	if (changes.error != CHAT_OK || out->page.count == 0)
		return changes.error;
	qsort(out->messages, out->page.count, sizeof(*out->messages),
	    messages_compare);
	return history_page_add_reactions(request, changes.room, out);
}

static enum chat_error
read_since(const struct request *request, const struct room *room,
    const struct history_span *span, struct resume *out)
{
	uint64_t after = request->command->since_seq;
	enum chat_error error;

	out->recovery = compare_with_history(request->command, room, span);
	if (out->recovery.epoch_changed)
		after = 0;
	error = history_page_after(request, str_from(room->id), after,
	    HISTORY_PAGE_MOST, &out->history);
	if (error == CHAT_OK && !out->recovery.epoch_changed)
		find_holes(&out->history.page, after, &out->recovery);
	if (error == CHAT_OK && !out->recovery.epoch_changed)
		error = resume_collect_changes(request, room, &out->changes);
	return error;
}

/* Earlier messages are no `more`, only a page with fewer than requested is. */
static enum chat_error
read_newest(const struct request *request, const struct room *room,
    struct resume *out)
{
	size_t most = request->command->limit;
	struct page *page = &out->history.page;
	enum chat_error error;

	error = history_page_before(request, str_from(room->id), UINT64_MAX,
	    most, &out->history);
	page->more = page->more && page->count < most;
	return error;
}

enum chat_error
resume_collect(const struct request *request, const struct room *room,
    struct resume *out)
{
	struct history_span span;
	enum chat_error error;

	*out = (struct resume){ .seq = 0 };
	error = history_span(request->chat->history, str_from(room->id),
	    request->now_ms, &span);
	if (error != CHAT_OK)
		return error;
	out->seq = span.last;
	if ((request->command->rights & RIGHT_READ) == 0)
		return CHAT_OK;
	if (request->command->flags & COMMAND_HAS_SINCE)
		return read_since(request, room, &span, out);
	if (request->command->limit > 0)
		return read_newest(request, room, out);
	return CHAT_OK;
}

void
resume_fini(struct resume *resume)
{
	history_page_fini(&resume->history);
	history_page_fini(&resume->changes);
}
