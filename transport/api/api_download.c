/* Downloads: ranges, conditions, and headers that keep browsers safe. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "domain/text/file_name.h"
#include "transport/api/api_file.h"
#include "transport/api/api_internal.h"
#include "transport/api/http_range.h"
#include "wire/common/wire_text.h"

/* Of a file that is read at once. */
#define PIECE_BYTES (16 * 1024)

static void
file_get_run(struct api_call *call)
{
	if (api_file_begin(call))
		api_file_ask_kind(call, COMMAND_FILE_INFO);
}

/* A key that does not fit is as none. */
static void
file_get_receive(struct api_call *call, const struct event *event)
{
	call->file->try_rights = call->has_url_key && !call->is_transfer &&
				 event->kind == EVENT_FAILED;
	if (!call->file->try_rights)
		api_file_receive(call, event);
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
	struct str condition = http_header_find(request, STR("If-Range"), NULL);
	struct api_file *file = call->file;
	enum range_end end = RANGE_ALL;

	if (condition.data == NULL || str_equal(condition, str_from(etag)))
		end = http_range_read(http_header_find(request, STR("Range"),
					  NULL),
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
	if (etag_is_listed(http_header_find(request, STR("If-None-Match"),
			       NULL),
		etag)) {
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
	api_file_add_tus_headers(call);
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
		api_call_run_again(call, api_file_ask_completion);
		return false;
	}
	http_exchange_request(call->exchange, &request);
	if (is_head &&
	    (!call->file->blob.is_complete ||
		http_header_find(&request, STR("Tus-Resumable"), NULL).data !=
		    NULL))
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
	api_file_ask(call, &command);
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
