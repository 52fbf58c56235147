/* COMMAND_FILE_READ: a piece of a file. */
#include <stddef.h>

#include "commands/command_table.h"
#include "commands/support/files.h"

/* The loop reads no more at once. */
#define PIECE_MOST (16 * 1024)

static enum chat_error
file_read_run(struct request *request)
{
	const struct command *command = request->command;
	struct event event = {
		.kind = EVENT_FILE_DATA,
		.file_at = command->file.at,
	};
	size_t most = command->limit < PIECE_MOST ? command->limit : PIECE_MOST;
	char bytes[PIECE_MOST], owner[MEMBER_NAME_SIZE];
	ptrdiff_t len;
	enum chat_error error = files_find_readable(request, &event.file);

	if (error != CHAT_OK)
		return error;
	if (most == 0 || command->file.at > event.file->size)
		return request_bad_field(request, "file.at");
	len = blob_store_read(request->chat->blobs, command->file.id,
	    command->file.at, bytes, most);
	if (len < 0)
		return CHAT_STORE_FAILED;
	event.member = str_from(request->author.name);
	event.by = files_owner_name(request, event.file, owner);
	event.body = str_slice(bytes, (size_t)len);
	request->state->file_totals.sent_bytes += (size_t)len;
	request_answer(request, &event);
	return CHAT_OK;
}

const struct command_entry command_file_read = {
	.needs = NEEDS_AUTHOR,
	.run = file_read_run,
	.turn = TURN_AT_ONCE,
};
