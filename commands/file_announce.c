/* COMMAND_FILE_ANNOUNCE: the lobby gets to know a file of the author. */
#include "commands/command_table.h"
#include "commands/support/files.h"

static enum chat_error
file_announce_run(struct request *request)
{
	const struct blob *blob;
	enum chat_error error = files_find_own(request, &blob);

	if (error == CHAT_OK)
		files_announce(request, blob);
	return error;
}

const struct command_entry command_file_announce = {
	.needs = NEEDS_AUTHOR | IS_ORDERED,
	.run = file_announce_run,
};
