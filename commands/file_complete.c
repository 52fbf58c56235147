/* COMMAND_FILE_COMPLETE: all bytes of a file are there. */
#include <stddef.h>

#include "commands/command_table.h"
#include "commands/support/file_completion.h"
#include "commands/support/files.h"
#include "domain/text/file_name.h"

/* False: the disk failed. */
static bool
blob_read_beginning(const struct request *request, const struct blob *blob,
    char out[FILE_SNIFF_BYTES], size_t *len)
{
	*len = 0;
	while (*len < FILE_SNIFF_BYTES && *len < blob->received) {
		ptrdiff_t got =
		    blob_store_read(request->chat->blobs, str_from(blob->id),
			*len, out + *len, FILE_SNIFF_BYTES - *len);

		if (got < 0)
			return false;
		*len += (size_t)got;
	}
	return true;
}

static enum chat_error
complete_with_type(struct request *request, const struct blob *blob)
{
	const char *types = request->chat->limits.files.types;
	char bytes[FILE_SNIFF_BYTES], type[BLOB_TYPE_SIZE];
	struct str id = request->command->file.id;
	size_t len;

	if (!blob_read_beginning(request, blob, bytes, &len))
		return CHAT_STORE_FAILED;
	*str_put(type,
	    str_from(file_type_choose(blob->declared, str_slice(bytes, len)))) =
	    '\0';
	if (file_type_is_listed(str_from(types), str_from(type)))
		return file_completion_begin(request, id, type);
	request->state->file_totals.refused++;
	blob_store_remove(request->chat->blobs, id);
	return CHAT_FILE_TYPE_REFUSED;
}

static enum chat_error
file_complete_run(struct request *request)
{
	const struct blob *blob;
	enum chat_error error = files_find_own(request, &blob);

	/* An empty file need not be created before. */
	if (error != CHAT_OK &&
	    (request->command->flags & COMMAND_MAY_CREATE) &&
	    request->command->file.size == 0) {
		error = files_create(request);
		if (error == CHAT_OK)
			error = files_find_own(request, &blob);
	}
	if (error != CHAT_OK)
		return error;
	if (blob->is_complete) {
		files_answer(request, blob);
		return CHAT_OK;
	}
	if (blob->size != BLOB_SIZE_UNKNOWN && blob->received != blob->size)
		return request_over_limit(request, CHAT_FILE_OFFSET,
		    blob->received);
	return complete_with_type(request, blob);
}

/* The right was needed for its bytes. */
const struct command_entry command_file_complete = {
	.needs = NEEDS_AUTHOR,
	.run = file_complete_run,
	.turn = TURN_AT_ONCE,
};
