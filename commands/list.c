/* COMMAND_LIST: the names of those in the lobby or in a room, and their ids. */
#include <stdlib.h>

#include "commands/command_table.h"
#include "commands/support/name_list.h"

static enum chat_error
list_answer(const struct request *request, const struct listing *listing,
    const struct listing_page *page)
{
	/* Names, then ids. */
	struct str *texts = calloc(2 * page->count + 1, sizeof(*texts));
	struct event event = {
		.kind = EVENT_LIST,
		.room = request->room,
		.names.items = texts,
		.names.count = page->count,
		.names.more = page->more,
	};

	if (texts == NULL)
		return CHAT_UNAVAILABLE;
	for (size_t i = 0; i < page->count; i++) {
		const struct str *entry =
		    &listing->texts.items[2 * page->positions[i]];

		texts[i] = entry[0];
		texts[page->count + i] = entry[1];
	}
	if (request->command->flags & COMMAND_WITH_IDS)
		event.names.ids = texts + page->count;
	request_answer(request, &event);
	free(texts);
	return CHAT_OK;
}

static enum chat_error
list_run(struct request *request)
{
	struct listing_query query = {
		.after = request->command->after,
		.limit = request->command->limit,
		.bytes = request->chat->limits.list_bytes,
		.texts = 1,
		.extra = NAME_EXTRA,
	};
	struct listing_page page = { .positions = NULL };
	struct listing *listing;
	enum chat_error error;

	if (request->command->flags & COMMAND_WITH_IDS) {
		query.texts = 2;
		query.extra *= 2;
	}
	error = listing_of_members(request, request->room, &listing);
	if (error == CHAT_OK)
		error = listing_page(listing, &query, &page);
	if (error == CHAT_OK)
		error = list_answer(request, listing, &page);
	free(page.positions);
	return error;
}

const struct command_entry command_list = {
	.needs = NEEDS_AUTHOR | NEEDS_PLACE,
	.rights = RIGHT_LIST,
	.run = list_run,
};
