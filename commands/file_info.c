/* COMMAND_FILE_INFO: what is known of a file; also of an own unfinished one. */
#include "commands/command_table.h"
#include "commands/support/files.h"

static enum chat_error
file_info_run(struct request *request)
{
	const struct blob *blob;
	enum chat_error error = files_find_own(request, &blob);

	if (error != CHAT_OK)
		error = files_find_readable(request, &blob);
	if (error == CHAT_OK)
		files_answer(request, blob);
	return error;
}

const struct command_entry command_file_info = {
	.needs = NEEDS_AUTHOR,
	.run = file_info_run,
	.turn = TURN_AT_ONCE,
};
