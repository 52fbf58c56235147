/* COMMAND_FILE_REJECT: the author does not take a file. */
#include "commands/command_table.h"
#include "commands/support/file_decision.h"

static enum chat_error
file_reject_run(struct request *request)
{
	const struct blob *blob;

	return file_decision_publish(request, EVENT_FILE_REJECTED, &blob);
}

const struct command_entry command_file_reject = {
	.needs = NEEDS_AUTHOR | IS_ORDERED,
	.rights = RIGHT_READ,
	.run = file_reject_run,
};
