/* COMMAND_FILE_APPEND: the next bytes of a file that is uploaded. */
#include "commands/command_table.h"
#include "commands/support/files.h"

/*
 * The space for an upload of a known size was checked when it was created. For
 * others it is checked as they arrive.
 */
static enum chat_error
append_check_space(struct request *request, const struct blob *blob)
{
	size_t len = request->command->body.len;
	struct blob after = *blob;

	if (blob->size != BLOB_SIZE_UNKNOWN)
		return len <= blob->size - blob->received
			   ? CHAT_OK
			   : request_over_limit(request, CHAT_FILE_TOO_LARGE,
				 blob->size);
	after.received += len;
	return files_check_space(request, str_from(blob->payer), after.received,
	    blob_charge(&after) - blob_charge(blob));
}

/* An upload that was interrupted goes on behind what has arrived. */
static enum chat_error
append_check_offset(struct request *request, const struct blob *blob)
{
	if (!blob->is_complete &&
	    !blob_store_is_completing(request->chat->blobs,
		str_from(blob->id)) &&
	    request->command->file.at == blob->received)
		return CHAT_OK;
	return request_over_limit(request, CHAT_FILE_OFFSET, blob->received);
}

static enum chat_error
append_find(struct request *request, const struct blob **blob)
{
	const struct command *command = request->command;
	enum chat_error error = files_find_own(request, blob);

	if (error == CHAT_OK || !(command->flags & COMMAND_MAY_CREATE) ||
	    command->file.at != 0)
		return error;
	error = files_create(request);
	return error == CHAT_OK ? files_find_own(request, blob) : error;
}

static enum chat_error
append_write(struct request *request, const struct blob *blob)
{
	const struct command *command = request->command;
	enum chat_error error = append_check_offset(request, blob);

	if (error == CHAT_OK)
		error = append_check_space(request, blob);
	if (error == CHAT_OK)
		error = blob_store_append(request->chat->blobs,
		    command->file.id, command->body);
	if (error != CHAT_OK)
		return error;
	request->state->file_totals.received_bytes += command->body.len;
	if (command->ref.data != NULL ||
	    (command->flags & (COMMAND_OF_SERVER | COMMAND_ACK)))
		files_answer(request,
		    blob_store_find(request->chat->blobs, command->file.id));
	return CHAT_OK;
}

static enum chat_error
file_append_run(struct request *request)
{
	const struct blob *blob;
	enum chat_error error = append_find(request, &blob);

	if (error == CHAT_OK)
		error = append_write(request, blob);
	if (error != CHAT_OK && error != CHAT_FILE_OFFSET)
		request->state->file_totals.refused++;
	return error;
}

const struct command_entry command_file_append = {
	.needs = NEEDS_AUTHOR,
	.rights = RIGHT_UPLOAD,
	.run = file_append_run,
	.turn = TURN_AT_ONCE,
};
