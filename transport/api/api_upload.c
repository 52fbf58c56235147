/* Uploads, at once or by tus 1.0: core, creation, creation-with-upload. */
#include <string.h>

#include "transport/api/api_file.h"
#include "transport/api/api_internal.h"
#include "transport/api/tus_metadata.h"
#include "wire/api/api_answer.h"

#define TUS_TYPE "application/offset+octet-stream"

static void
location_add_header(struct api_call *call)
{
	const struct blob *blob = &call->file->blob;

	api_call_add_header(call, "Location: /v1/files/%s%s%s\r\n", blob->id,
	    blob->secret[0] == '\0' ? "" : "?key=", blob->secret);
}

static void
file_put(struct api_call *call)
{
	api_put_file(&call->out, &call->file->blob,
	    str_from(call->api->files_base));
}

/* False: it is malformed, the call has failed. *out is set if it is there. */
static bool
header_read_number(struct api_call *call, const struct http_request *request,
    const char *name, uint64_t *out)
{
	struct str text = http_header_find(request, str_from(name), NULL);
	uint64_t number = 0;

	if (text.data == NULL)
		return true;
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < '0' || text.data[i] > '9' || i > 17) {
			api_call_fail_field(call, name);
			return false;
		} else
			number = number * 10 + (uint64_t)(text.data[i] - '0');
	if (text.len == 0)
		api_call_fail_field(call, name);
	else
		*out = number;
	return text.len > 0;
}

/* What a new file is to be. */
struct new_file {
	char name[1024];
	char type[256];
	char room[ROOM_ID_SIZE];
};

static bool
metadata_read(struct api_call *call, struct str header, const char *key,
    char *out, size_t size)
{
	if (tus_metadata_find(header, key, out, size) != TUS_INVALID)
		return true;
	api_call_fail_field(call, "Upload-Metadata");
	return false;
}

/* As tus describes it. */
static bool
new_file_read_metadata(struct api_call *call,
    const struct http_request *request, struct new_file *out)
{
	struct str header =
	    http_header_find(request, STR("Upload-Metadata"), NULL);

	if (header.data == NULL)
		header = STR("");
	return metadata_read(call, header, "filename", out->name,
		   sizeof(out->name)) &&
	       metadata_read(call, header, "filetype", out->type,
		   sizeof(out->type)) &&
	       metadata_read(call, header, "room", out->room,
		   sizeof(out->room));
}

/* By the query, and the usual header. */
static bool
new_file_read_query(struct api_call *call, const struct http_request *request,
    struct new_file *out)
{
	struct str type = http_header_find(request, STR("Content-Type"), NULL);

	if (type.data != NULL && type.len >= sizeof(out->type)) {
		api_call_fail_field(call, "Content-Type");
		return false;
	}
	/* What curl sends by default. */
	if (!str_equal(type, STR("application/x-www-form-urlencoded")))
		*str_put(out->type, type) = '\0';
	return api_query_text(call, request, "name", out->name,
		   sizeof(out->name)) &&
	       api_query_text(call, request, "room", out->room,
		   sizeof(out->room));
}

static struct str
text_if_given(const char *text)
{
	return text[0] == '\0' ? STR_ABSENT : str_from(text);
}

static bool
tus_check_version(struct api_call *call, const struct http_request *request)
{
	struct str version =
	    http_header_find(request, STR("Tus-Resumable"), NULL);

	if (version.data == NULL || str_equal(version, STR(TUS_VERSION)))
		return true;
	api_call_fail_field(call, "Tus-Resumable");
	api_call_add_header(call, "Tus-Version: " TUS_VERSION "\r\n");
	call->status = 412;
	return false;
}

/* A body that comes with the creation has to be of the type of tus. */
static bool
post_check_tus_body(struct api_call *call, const struct http_request *request)
{
	struct str type = http_header_find(request, STR("Content-Type"), NULL);

	if (!call->awaits_body || str_equal(type, STR(TUS_TYPE)))
		return true;
	api_call_fail_field(call, "Content-Type");
	call->status = 415;
	return false;
}

static bool
new_file_read(struct api_call *call, const struct http_request *request,
    struct new_file *out, uint64_t *size)
{
	*size = BLOB_SIZE_UNKNOWN;
	if (!header_read_number(call, request, "Upload-Length", size))
		return false;
	call->file->is_tus = *size != BLOB_SIZE_UNKNOWN;
	if (call->file->is_tus)
		return tus_check_version(call, request) &&
		       post_check_tus_body(call, request) &&
		       new_file_read_metadata(call, request, out);
	if (!request->is_chunked)
		*size = request->body_length;
	return new_file_read_query(call, request, out);
}

static void
file_post_run(struct api_call *call)
{
	struct command command = { .kind = COMMAND_FILE_CREATE };
	struct http_request request;
	struct new_file wanted = { .type = "" };

	if (!api_file_begin(call))
		return;
	http_exchange_request(call->exchange, &request);
	if (!new_file_read(call, &request, &wanted, &command.file.size))
		return;
	command.file.name = str_from(wanted.name);
	command.file.type = text_if_given(wanted.type);
	command.room = text_if_given(wanted.room);
	command.origin = http_exchange_peer_key(call->exchange);
	api_file_ask(call, &command);
	if (call->status != 0)
		return;
	memcpy(call->file->key, call->file->blob.secret,
	    sizeof(call->file->key));
	call->file->is_temporary = !call->file->is_tus;
	http_exchange_resume_body(call->exchange);
}

static void
file_on_body(struct api_call *call, struct str piece)
{
	struct command command = {
		.kind = COMMAND_FILE_APPEND,
		.body = piece,
	};

	command.file.at = call->file->blob.received;
	api_file_ask(call, &command);
}

static void
file_on_body_end(struct api_call *call)
{
	const struct blob *blob = &call->file->blob;

	if (blob->size != BLOB_SIZE_UNKNOWN && blob->received < blob->size)
		return;
	api_file_ask_completion(call);
}

/* A failure is answered already. */
static bool
file_post_finish(struct api_call *call)
{
	call->file->is_temporary = false;
	call->status = 201;
	location_add_header(call);
	if (call->file->is_tus)
		api_file_add_tus_headers(call);
	file_put(call);
	return true;
}

const struct api_operation operation_file_post = {
	.run = file_post_run,
	.on_body = file_on_body,
	.on_body_end = file_on_body_end,
	.receive = api_file_receive,
	.finish = file_post_finish,
	.for_users = true,
};

static bool
patch_check_type(struct api_call *call, const struct http_request *request)
{
	if (str_equal(http_header_find(request, STR("Content-Type"), NULL),
		STR(TUS_TYPE)))
		return true;
	api_call_fail_field(call, "Content-Type");
	call->status = 415;
	return false;
}

/* A body of the wrong offset is not read. */
static void
patch_begin(struct api_call *call, uint64_t offset)
{
	struct failure failure = { .error = CHAT_FILE_OFFSET };

	api_file_ask_kind(call, COMMAND_FILE_INFO);
	if (call->status != 0)
		return;
	if (offset != call->file->blob.received ||
	    call->file->blob.is_complete) {
		failure.limit = (int64_t)call->file->blob.received;
		api_call_fail(call, &failure);
		return;
	}
	http_exchange_resume_body(call->exchange);
}

static void
file_patch_run(struct api_call *call)
{
	uint64_t offset = UINT64_MAX;
	struct http_request request;

	if (!api_file_begin(call))
		return;
	http_exchange_request(call->exchange, &request);
	if (!tus_check_version(call, &request) ||
	    !patch_check_type(call, &request) ||
	    !header_read_number(call, &request, "Upload-Offset", &offset))
		return;
	if (offset == UINT64_MAX)
		api_call_fail_field(call, "Upload-Offset");
	else
		patch_begin(call, offset);
}

static bool
file_patch_finish(struct api_call *call)
{
	call->status = 204;
	api_file_add_tus_headers(call);
	return true;
}

const struct api_operation operation_file_patch = {
	.run = file_patch_run,
	.on_body = file_on_body,
	.on_body_end = file_on_body_end,
	.receive = api_file_receive,
	.finish = file_patch_finish,
	.param = "file",
	.for_users = true,
};

bool
api_upload_answer_options(struct http_exchange *exchange)
{
	exchange->response.status = 204;
	exchange->response.headers =
	    "Allow: GET, HEAD, POST, PATCH, DELETE, OPTIONS\r\n"
	    "Tus-Resumable: " TUS_VERSION "\r\n"
	    "Tus-Version: " TUS_VERSION "\r\n"
	    "Tus-Extension: creation,creation-with-upload\r\n";
	return true;
}
