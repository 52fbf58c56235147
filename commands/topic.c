/* COMMAND_TOPIC: set what a room is about. */
#include "commands/command_table.h"
#include "commands/support/moderation.h"
#include "commands/support/room_options.h"

static enum chat_error
topic_run(struct request *request)
{
	struct room room;
	enum chat_error error =
	    moderation_find_room(request, RIGHT_MODERATE, &room);

	if (error == CHAT_OK)
		error = room_options_check_topic(request);
	return error == CHAT_OK ? room_options_append_topic(request, &room)
				: error;
}

static enum chat_error
topic_finish(struct request *request, const struct entry *entry)
{
	struct event event;
	struct room room;

	moderation_find_author(request);
	moderation_log(request, entry->room_id, STR_ABSENT,
	    entry->attribute.value);
	if (room_store_get(request->chat->rooms, entry->room_id, &room) ==
	    CHAT_OK) {
		event = moderation_room_event(request, &room, EVENT_TOPIC);
		event.topic = entry->attribute.value;
		publisher_publish(request->chat->publisher, &event,
		    audience_room(event.room));
	}
	moderation_answer(request);
	return CHAT_OK;
}

const struct command_entry command_topic = {
	.needs = NEEDS_AUTHOR | IS_ORDERED,
	.run = topic_run,
	.finish = topic_finish,
};
