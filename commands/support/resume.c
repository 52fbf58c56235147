#include "commands/support/resume.h"

/*
 * A seq that the room has not come to belongs to another life of it, even if
 * the epoch says otherwise: somebody has made it up.
 */
static struct recovery
compare(const struct command *command, const struct room *room,
    const struct history_span *held)
{
	struct recovery recovery = { .asked = true };

	if (!str_equal(command->since_epoch, str_from(room->epoch)) ||
	    command->since_seq > held->last) {
		recovery.epoch_changed = true;
	} else if (command->since_seq + 1 < held->first) {
		recovery.missing_first = command->since_seq + 1;
		recovery.missing_last = held->first - 1;
	} else {
		recovery.recovered = true;
	}
	return recovery;
}

/*
 * What the store has lost leaves holes between those that are there: from the
 * first to the last of them, something is missing.
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

static enum chat_error
read_since(const struct request *request, const struct room *room,
    const struct history_span *held, struct resume *out)
{
	uint64_t after = request->command->since_seq;
	enum chat_error error;

	out->recovery = compare(request->command, room, held);
	if (out->recovery.epoch_changed)
		after = 0;
	error = history_page_after(request, str_from(room->id), after,
	    EXCERPT_MOST, &out->excerpt);
	if (error == CHAT_OK && !out->recovery.epoch_changed)
		find_holes(&out->excerpt.page, after, &out->recovery);
	return error;
}

/* That there are earlier ones was clear: only a page cut short is `more`. */
static enum chat_error
read_newest(const struct request *request, const struct room *room,
    struct resume *out)
{
	size_t most = request->command->limit;
	struct page *page = &out->excerpt.page;
	enum chat_error error;

	error = history_page_before(request, str_from(room->id), UINT64_MAX,
	    most, &out->excerpt);
	page->more = page->more && page->count < most;
	return error;
}

enum chat_error
resume_collect(const struct request *request, const struct room *room,
    struct resume *out)
{
	struct history_span held;
	enum chat_error error;

	*out = (struct resume){ .seq = 0 };
	error = history_span(request->chat->history, str_from(room->id),
	    request->now_ms, &held);
	if (error != CHAT_OK)
		return error;
	out->seq = held.last;
	if (request->command->flags & COMMAND_HAS_SINCE)
		return read_since(request, room, &held, out);
	if (request->command->limit > 0)
		return read_newest(request, room, out);
	return CHAT_OK;
}

void
resume_fini(struct resume *catch_up)
{
	history_page_fini(&catch_up->excerpt);
}
