/* COMMAND_FILE_ACCEPT: the author takes a file; its owner gets to know it. */
#include "commands/command_table.h"
#include "commands/support/file_decision.h"
#include "commands/support/files.h"

static enum chat_error
file_accept_run(struct request *request)
{
	const struct blob *blob;
	enum chat_error error =
	    file_decision_publish(request, EVENT_FILE_ACCEPTED, &blob);

	if (error == CHAT_OK)
		files_answer(request, blob);
	return error;
}

const struct command_entry command_file_accept = {
	.needs = NEEDS_AUTHOR,
	.rights = RIGHT_READ,
	.run = file_accept_run,
};
