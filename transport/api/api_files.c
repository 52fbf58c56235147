/*
 * Files over HTTP: uploads, at once or by tus 1.0 (core, creation, and
 * creation-with-upload), and downloads.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/text/file_name.h"
#include "transport/api/api_internal.h"
#include "transport/api/http_range.h"
#include "transport/api/tus_metadata.h"
#include "wire/api/api_answer.h"
#include "wire/common/wire_text.h"

#define TUS_VERSION "1.0.0"
#define TUS_TYPE "application/offset+octet-stream"

/* Of a file that is read at once. */
#define PIECE_BYTES (16 * 1024)

/* Hashing and syncing a large file takes longer than a handshake. */
#define COMPLETION_MS (120 * 1000)

struct api_file {
	char key[BLOB_KEY_SIZE]; /* that shows whose the file is; "": none */
	struct blob blob;        /* as of the last answer */
	bool has_blob;
	bool is_tus;
	bool is_temporary; /* it is removed if the request ends early */
	bool try_rights;   /* the key of the URL does not fit */
	bool has_asked;    /* to complete an upload whose end was cut off */
	uint64_t at;       /* of what is read, and its end */
	uint64_t end;
};

/* --- commands ------------------------------------------------------------- */

static struct str
call_file_id(const struct api_call *call)
{
	return call->file->has_blob ? str_from(call->file->blob.id)
				    : api_call_subject(call);
}

static void
file_ask(struct api_call *call, struct command *command)
{
	command->file.key = str_from(call->file->key);
	if (command->kind != COMMAND_FILE_CREATE)
		command->file.id = call_file_id(call);
	(void)api_call_ask(call, command, STR_ABSENT);
}

static void
file_ask_kind(struct api_call *call, enum command_kind kind)
{
	struct command command = { .kind = kind };

	file_ask(call, &command);
}

static void
file_receive(struct api_call *call, const struct event *event)
{
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

static bool
file_begin(struct api_call *call)
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
		file_ask_kind(call, COMMAND_FILE_DELETE);
	}
	free(call->file);
	call->file = NULL;
}

/* --- answers -------------------------------------------------------------- */

static void
tus_add_headers(struct api_call *call)
{
	const struct blob *blob = &call->file->blob;

	api_call_add_header(call, "Tus-Resumable: " TUS_VERSION "\r\n");
	api_call_add_header(call, "Upload-Offset: %" PRIu64 "\r\n",
	    blob->received);
	if (blob->size != BLOB_SIZE_UNKNOWN)
		api_call_add_header(call, "Upload-Length: %" PRIu64 "\r\n",
		    blob->size);
}

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

/* --- uploads -------------------------------------------------------------- */

static struct str
request_header(const struct http_request *request, const char *name)
{
	return http_header_find(request, name, NULL);
}

/* False: it is malformed, the call has failed. *out is set if it is there. */
static bool
header_read_number(struct api_call *call, const struct http_request *request,
    const char *name, uint64_t *out)
{
	struct str text = request_header(request, name);
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
	struct str header = request_header(request, "Upload-Metadata");

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
	struct str type = request_header(request, "Content-Type");

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
	struct str version = request_header(request, "Tus-Resumable");

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
	struct str type = request_header(request, "Content-Type");

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

	if (!file_begin(call))
		return;
	http_exchange_request(call->exchange, &request);
	if (!new_file_read(call, &request, &wanted, &command.file.size))
		return;
	command.file.name = str_from(wanted.name);
	command.file.type = text_if_given(wanted.type);
	command.room = text_if_given(wanted.room);
	command.origin = http_exchange_peer_key(call->exchange);
	file_ask(call, &command);
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
	file_ask(call, &command);
}

static void
file_ask_completion(struct api_call *call)
{
	call->file->has_asked = true;
	call->exchange->wait_ms = COMPLETION_MS;
	file_ask_kind(call, COMMAND_FILE_COMPLETE);
}

static void
file_on_body_end(struct api_call *call)
{
	const struct blob *blob = &call->file->blob;

	if (blob->size != BLOB_SIZE_UNKNOWN && blob->received < blob->size)
		return;
	file_ask_completion(call);
}

/* A failure is answered already. */
static bool
file_post_finish(struct api_call *call)
{
	call->file->is_temporary = false;
	call->status = 201;
	location_add_header(call);
	if (call->file->is_tus)
		tus_add_headers(call);
	file_put(call);
	return true;
}

const struct api_operation operation_file_post = {
	.run = file_post_run,
	.on_body = file_on_body,
	.on_body_end = file_on_body_end,
	.receive = file_receive,
	.finish = file_post_finish,
	.for_users = true,
};

static bool
patch_check_type(struct api_call *call, const struct http_request *request)
{
	if (str_equal(request_header(request, "Content-Type"), STR(TUS_TYPE)))
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

	file_ask_kind(call, COMMAND_FILE_INFO);
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

	if (!file_begin(call))
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
	tus_add_headers(call);
	return true;
}

const struct api_operation operation_file_patch = {
	.run = file_patch_run,
	.on_body = file_on_body,
	.on_body_end = file_on_body_end,
	.receive = file_receive,
	.finish = file_patch_finish,
	.param = "file",
	.for_users = true,
};

bool
api_files_answer_options(struct http_exchange *exchange)
{
	exchange->response.status = 204;
	exchange->response.headers =
	    "Allow: GET, HEAD, POST, PATCH, DELETE, OPTIONS\r\n"
	    "Tus-Resumable: " TUS_VERSION "\r\n"
	    "Tus-Version: " TUS_VERSION "\r\n"
	    "Tus-Extension: creation,creation-with-upload\r\n";
	return true;
}

/* --- downloads ------------------------------------------------------------ */

static void
file_get_run(struct api_call *call)
{
	if (file_begin(call))
		file_ask_kind(call, COMMAND_FILE_INFO);
}

/* A key that does not fit is as none. */
static void
file_get_receive(struct api_call *call, const struct event *event)
{
	call->file->try_rights = call->has_url_key && !call->is_transfer &&
				 event->kind == EVENT_FAILED;
	if (!call->file->try_rights)
		file_receive(call, event);
}

#define ETAG_SIZE (2 + 32 + 1)

static void
etag_write(const struct blob *blob, char out[ETAG_SIZE])
{
	char *at = out;

	*at++ = '"';
	for (size_t i = 0; i < 16; i++)
		at += sprintf(at, "%02x", blob->hash[i]);
	strcpy(at, "\"");
}

/* RFC 9110 §13.1.2: weak comparison. */
static bool
etag_is_listed(struct str list, const char *etag)
{
	struct str entry;

	while ((entry = http_list_next(&list)).data != NULL) {
		if (entry.len > 2 && memcmp(entry.data, "W/", 2) == 0)
			entry = str_slice(entry.data + 2, entry.len - 2);
		if (str_equal(entry, str_from(etag)) ||
		    str_equal(entry, STR("*")))
			return true;
	}
	return false;
}

/* RFC 8187: all but these are escaped. */
static bool
is_attribute_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$&+-.^_`|~", c) != NULL);
}

/* Names have no quotes, backslashes or controls: file_name_sanitize(). */
static void
disposition_add_header(struct api_call *call)
{
	const char *name = call->file->blob.name;
	bool is_shown =
	    file_type_is_safe_picture(str_from(call->file->blob.type));
	char escaped[3 * BLOB_NAME_SIZE], *at = escaped;
	bool is_ascii = true;

	for (const char *c = name; *c != '\0'; c++) {
		is_ascii = is_ascii && (unsigned char)*c < 0x80;
		if (is_attribute_char(*c))
			*at++ = *c;
		else
			at += sprintf(at, "%%%02X", (unsigned char)*c);
	}
	*at = '\0';
	api_call_add_header(call, "Content-Disposition: %s; ",
	    is_shown ? "inline" : "attachment");
	if (is_ascii)
		api_call_add_header(call, "filename=\"%s\"\r\n", name);
	else
		api_call_add_header(call, "filename*=UTF-8''%s\r\n", escaped);
}

/* Whatever a client uploads, no browser runs it as a page of ours. */
static void
download_add_headers(struct api_call *call, const char *etag)
{
	api_call_add_header(call, "ETag: %s\r\nAccept-Ranges: bytes\r\n", etag);
	disposition_add_header(call);
	api_call_add_header(call,
	    "X-Content-Type-Options: nosniff\r\n"
	    "Content-Security-Policy: default-src 'none'; sandbox\r\n"
	    "Cross-Origin-Resource-Policy: %s\r\n",
	    call->has_url_key ? "cross-origin" : "same-origin");
	/* Each time it is asked whether the client may read it. */
	call->cache_control = "private, no-cache";
}

/* Without a condition, or with one that holds: RFC 9110 §13.1.5. */
static enum range_end
download_read_range(struct api_call *call, const struct http_request *request,
    const char *etag)
{
	struct str condition = request_header(request, "If-Range");
	struct api_file *file = call->file;
	enum range_end end = RANGE_ALL;

	if (condition.data == NULL || str_equal(condition, str_from(etag)))
		end = http_range_read(request_header(request, "Range"),
		    file->blob.size, &file->at, &file->end);
	if (end == RANGE_PART)
		file->end++;
	else {
		file->at = 0;
		file->end = file->blob.size;
	}
	return end;
}

static bool
download_refuse_range(struct api_call *call)
{
	api_call_add_header(call, "Content-Range: bytes */%" PRIu64 "\r\n",
	    call->file->blob.size);
	api_call_fail_field(call, "Range");
	call->status = 416;
	return true;
}

static bool
download_begin(struct api_call *call, const struct http_request *request)
{
	struct http_response *response = &call->exchange->response;
	struct api_file *file = call->file;
	char etag[ETAG_SIZE];
	enum range_end end;

	etag_write(&file->blob, etag);
	end = download_read_range(call, request, etag);
	if (end == RANGE_REFUSED)
		return download_refuse_range(call);
	download_add_headers(call, etag);
	if (etag_is_listed(request_header(request, "If-None-Match"), etag)) {
		api_call_respond_head(call, 304, NULL);
		http_exchange_respond(call->exchange);
		return false;
	}
	if (end == RANGE_PART)
		api_call_add_header(call,
		    "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64
		    "\r\n",
		    file->at, file->end - 1, file->blob.size);
	call->is_transfer = true;
	api_call_respond_head(call, end == RANGE_PART ? 206 : 200,
	    file->blob.type);
	response->framing = HTTP_LENGTH;
	response->length = file->end - file->at;
	http_exchange_stream(call->exchange);
	return false;
}

/* A client that uploads asks how far it came. */
static bool
upload_answer_head(struct api_call *call)
{
	tus_add_headers(call);
	api_call_respond_head(call, 200, NULL);
	http_exchange_respond(call->exchange);
	return false;
}

/* All bytes have come, but the server was killed before it completed it. */
static bool
upload_is_to_complete(const struct api_call *call)
{
	const struct blob *blob = &call->file->blob;

	return !blob->is_complete && blob->received == blob->size &&
	       !call->file->has_asked;
}

static bool
file_get_finish(struct api_call *call)
{
	struct failure failure = { .error = CHAT_FILE_NOT_FOUND };
	struct http_request request;
	bool is_head = call->exchange->response.head_only;

	if (call->file->try_rights) {
		call->file->try_rights = call->has_url_key = false;
		api_call_admit(call);
		return false;
	}
	if (is_head && upload_is_to_complete(call)) {
		api_call_run_again(call, file_ask_completion);
		return false;
	}
	http_exchange_request(call->exchange, &request);
	if (is_head &&
	    (!call->file->blob.is_complete ||
		request_header(&request, "Tus-Resumable").data != NULL))
		return upload_answer_head(call);
	if (call->file->blob.is_complete)
		return download_begin(call, &request);
	api_call_fail(call, &failure);
	return true;
}

/* The client may read no more of it, or the disk failed: it has to ask anew. */
static void
file_get_go_on(struct api_call *call)
{
	struct api_file *file = call->file;
	struct command command = { .kind = COMMAND_FILE_READ };
	uint64_t left = file->end - file->at, before = file->at;

	wire_text_reset(&call->out);
	call->sent = 0;
	command.file.at = file->at;
	command.limit = left < PIECE_BYTES ? (uint32_t)left : PIECE_BYTES;
	file_ask(call, &command);
	if (file->at == before)
		call->out.failed = true;
}

const struct api_operation operation_file_get = {
	.run = file_get_run,
	.receive = file_get_receive,
	.finish = file_get_finish,
	.go_on = file_get_go_on,
	.param = "file",
	.for_users = true,
	.takes_url_key = true,
};

static void
file_remove_run(struct api_call *call)
{
	if (file_begin(call))
		file_ask_kind(call, COMMAND_FILE_DELETE);
}

const struct api_operation operation_file_delete = {
	.run = file_remove_run,
	.receive = file_receive,
	.param = "file",
	.for_users = true,
};
