/* COMMAND_FILE_ACCEPT: the author takes a file; its owner gets to know it. */
#include "commands/command_table.h"
#include "commands/support/file_decision.h"

static enum chat_error
file_accept_run(struct request *request)
{
	struct event taken = { .kind = EVENT_FILE_TAKEN };
	enum chat_error error =
	    file_decision_publish(request, EVENT_FILE_ACCEPTED, &taken.file);

	if (error == CHAT_OK)
		request_answer(request, &taken);
	return error;
}

const struct command_entry command_file_accept = {
	.needs = NEEDS_AUTHOR | IS_ORDERED,
	.rights = RIGHT_READ,
	.run = file_accept_run,
};
