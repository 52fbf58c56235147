/* COMMAND_FILE_PUSHED: those that a message sends a file to have got it. */
#include <stddef.h>

#include "commands/command_table.h"

static enum chat_error
file_pushed_publish(struct request *request)
{
	const struct command *command = request->command;
	struct blob_store *blobs = request->chat->blobs;
	struct event event = {
		.kind = EVENT_FILE_PUSHED,
		.room = command->room,
		.count = command->limit,
		.at_ms = request->now_ms,
	};

	if (blobs != NULL) {
		blob_store_refresh(blobs, command->file.id);
		event.file = blob_store_find(blobs, command->file.id);
	}
	if (event.file == NULL)
		return CHAT_FILE_NOT_FOUND;
	publisher_publish(request->chat->publisher, &event,
	    command->room.data == NULL ? audience_lobby()
				       : audience_room(command->room));
	return CHAT_OK;
}

/* Each node has sent it to members of its own, and reports how many. */
static enum chat_error
file_pushed_propose(const struct request *request)
{
	struct command report = *request->command;

	if (report.limit == 0)
		return CHAT_OK;
	report.flags |= COMMAND_OF_SERVER;
	report.author = report.as_id = STR("server");
	report.connection = CONNECTION_ELSEWHERE;
	return command_order_propose(request->chat->order, &report);
}

static enum chat_error
file_pushed_run(struct request *request)
{
	return request->chat->order != NULL && request->ordered == NULL
		   ? file_pushed_propose(request)
		   : file_pushed_publish(request);
}

const struct command_entry command_file_pushed = {
	.run = file_pushed_run,
};
