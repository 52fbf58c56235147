/* COMMAND_FILE_DELETE: remove an own file. */
#include "commands/command_table.h"
#include "commands/support/files.h"

static enum chat_error
file_delete_run(struct request *request)
{
	struct event done = { .kind = EVENT_DONE };
	const struct blob *blob;
	enum chat_error error = files_find_own(request, &blob);

	if (error != CHAT_OK)
		return error;
	if (blob_store_is_completing(request->chat->blobs, str_from(blob->id)))
		return CHAT_UNAVAILABLE;
	blob_store_remove(request->chat->blobs, request->command->file.id);
	request_answer(request, &done);
	return CHAT_OK;
}

const struct command_entry command_file_delete = {
	.needs = NEEDS_AUTHOR,
	.run = file_delete_run,
	.turn = TURN_AT_ONCE,
};
