/* COMMAND_FILE_CREATE: begin the upload of a file, perhaps for a room. */
#include "commands/command_table.h"
#include "commands/support/files.h"

static enum chat_error
file_create_run(struct request *request)
{
	enum chat_error error = files_create(request);

	if (error != CHAT_OK)
		request->state->file_totals.refused++;
	return error;
}

const struct command_entry command_file_create = {
	.needs = NEEDS_AUTHOR,
	.rights = RIGHT_UPLOAD,
	.run = file_create_run,
	.turn = TURN_AT_ONCE,
};
