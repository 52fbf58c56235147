/* COMMAND_FILE_PUSHED: those that a message sends a file to have got it. */
#include <stddef.h>

#include "commands/command_table.h"

static enum chat_error
file_pushed_run(struct request *request)
{
	const struct command *command = request->command;
	struct event event = {
		.kind = EVENT_FILE_PUSHED,
		.room = command->room,
		.count = command->limit,
		.at_ms = request->now_ms,
	};

	if (request->chat->blobs != NULL)
		event.file =
		    blob_store_find(request->chat->blobs, command->file.id);
	if (event.file == NULL)
		return CHAT_FILE_NOT_FOUND;
	publisher_publish(request->chat->publisher, &event,
	    command->room.data == NULL ? audience_lobby()
				       : audience_room(command->room));
	return CHAT_OK;
}

const struct command_entry command_file_pushed = {
	.run = file_pushed_run,
};
