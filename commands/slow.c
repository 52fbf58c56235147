/* COMMAND_SLOW: how often a member may post in a room. */
#include <inttypes.h>
#include <stdio.h>

#include "commands/command_table.h"
#include "commands/support/moderation.h"
#include "commands/support/room_options.h"

static enum chat_error
slow_run(struct request *request)
{
	struct room room;
	enum chat_error error =
	    moderation_find_room(request, RIGHT_MODERATE, &room);

	if (error == CHAT_OK)
		error = room_options_check_slow(request);
	return error == CHAT_OK ? room_options_append_slow(request, &room)
				: error;
}

static enum chat_error
slow_finish(struct request *request, const struct entry *entry)
{
	struct event event;
	struct room room;
	char detail[24];

	moderation_find_author(request);
	snprintf(detail, sizeof(detail), "%" PRId64 "ms",
	    request->command->slow_ms);
	moderation_log(request, entry->room_id, STR_ABSENT, str_from(detail));
	if (room_store_get(request->chat->rooms, entry->room_id, &room) ==
	    CHAT_OK) {
		event = moderation_room_event(request, &room, EVENT_SLOW);
		event.slow_ms = request->command->slow_ms;
		publisher_publish(request->chat->publisher, &event,
		    audience_room(event.room));
	}
	moderation_answer(request);
	return CHAT_OK;
}

const struct command_entry command_slow = {
	.needs = NEEDS_AUTHOR | IS_ORDERED,
	.run = slow_run,
	.finish = slow_finish,
};
