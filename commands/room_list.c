/* COMMAND_ROOM_LIST: all rooms, or a page of them. */
#include <stdlib.h>

#include "commands/command_table.h"

/*
 * The size of a room in the most verbose dialect, without its id and its name:
 * two times, and the numbers of members and of messages.
 */
#define ROOM_EXTRA 150

static enum chat_error
room_list_answer(const struct request *request, const struct listing *listing,
    const struct listing_page *page)
{
	struct room_entry *rooms = calloc(page->count + 1, sizeof(*rooms));
	struct event event = {
		.kind = EVENT_ROOMS,
		.at_ms = request->now_ms,
		.rooms.items = rooms,
		.rooms.count = page->count,
		.rooms.more = page->more,
	};

	if (rooms == NULL)
		return CHAT_UNAVAILABLE;
	for (size_t i = 0; i < page->count; i++)
		rooms[i] = listing->rooms[page->positions[i]];
	request_answer(request, &event);
	free(rooms);
	return CHAT_OK;
}

static enum chat_error
room_list_run(struct request *request)
{
	struct listing_query query = {
		.after = request->command->after,
		.limit = request->command->limit,
		.bytes = request->chat->limits.list_bytes,
		.texts = 2,
		.extra = ROOM_EXTRA,
	};
	struct listing_page page = { .positions = NULL };
	struct listing *listing;
	enum chat_error error;

	error = listing_of_rooms(request,
	    (request->command->flags & COMMAND_OF_GUESTS) != 0, &listing);
	if (error == CHAT_OK)
		error = listing_page(listing, &query, &page);
	if (error == CHAT_OK)
		error = room_list_answer(request, listing, &page);
	free(page.positions);
	return error;
}

const struct command_entry command_room_list = {
	.needs = NEEDS_AUTHOR,
	.rights = RIGHT_LIST,
	.run = room_list_run,
};
