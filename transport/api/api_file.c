#include "transport/api/api_file.h"
#include "transport/api/api_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "wire/common/wire_text.h"

/* Hashing and syncing a large file takes longer than a handshake. */
#define COMPLETION_MS (120 * 1000)

static struct str
call_file_id(const struct api_call *call)
{
	return call->file->has_blob ? str_from(call->file->blob.id)
				    : api_call_subject(call);
}

void
api_file_ask(struct api_call *call, struct command *command)
{
	assert(call->file != NULL);
	command->file.key = str_from(call->file->key);
	if (command->kind != COMMAND_FILE_CREATE)
		command->file.id = call_file_id(call);
	(void)api_call_ask(call, command, STR_ABSENT);
}

void
api_file_ask_kind(struct api_call *call, enum command_kind kind)
{
	struct command command = { .kind = kind };

	api_file_ask(call, &command);
}

void
api_file_receive(struct api_call *call, const struct event *event)
{
	assert(call->file != NULL);
	if (event->kind == EVENT_FILE) {
		call->file->blob = *event->file;
		call->file->has_blob = true;
	} else if (event->kind == EVENT_FILE_DATA) {
		wire_text_append(&call->out, event->body);
		call->file->at += event->body.len;
	} else if (event->kind == EVENT_DONE)
		call->status = 204;
	else
		api_call_put(call, event);
}

bool
api_file_begin(struct api_call *call)
{
	struct failure failure = { .error = CHAT_UNAVAILABLE };
	struct http_request request;

	if (call->file != NULL) /* it is run again */
		return true;
	call->file = calloc(1, sizeof(*call->file));
	if (call->file == NULL) {
		api_call_fail(call, &failure);
		return false;
	}
	http_exchange_request(call->exchange, &request);
	if (http_query_get(request.query, "key", call->file->key,
		sizeof(call->file->key)) < 0)
		call->file->key[0] = '\0';
	return true;
}

void
api_file_end(struct api_call *call)
{
	if (call->file != NULL && call->file->is_temporary) {
		call->is_running = true;
		api_file_ask_kind(call, COMMAND_FILE_DELETE);
	}
	free(call->file);
	call->file = NULL;
}

void
api_file_add_tus_headers(struct api_call *call)
{
	const struct blob *blob = &call->file->blob;

	api_call_add_header(call, "Tus-Resumable: " TUS_VERSION "\r\n");
	api_call_add_header(call, "Upload-Offset: %" PRIu64 "\r\n",
	    blob->received);
	if (blob->size != BLOB_SIZE_UNKNOWN)
		api_call_add_header(call, "Upload-Length: %" PRIu64 "\r\n",
		    blob->size);
}

void
api_file_ask_completion(struct api_call *call)
{
	assert(call->file != NULL);
	call->file->has_asked = true;
	call->exchange->wait_ms = COMPLETION_MS;
	api_file_ask_kind(call, COMMAND_FILE_COMPLETE);
}

static void
file_remove_run(struct api_call *call)
{
	if (api_file_begin(call))
		api_file_ask_kind(call, COMMAND_FILE_DELETE);
}

const struct api_operation operation_file_delete = {
	.run = file_remove_run,
	.receive = api_file_receive,
	.param = "file",
	.for_users = true,
};
