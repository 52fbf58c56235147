#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "domain/base/count_of.h"
#include "transport/http/http.h"

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{ 100, "Continue" },
	{ 101, "Switching Protocols" },
	{ 200, "OK" },
	{ 201, "Created" },
	{ 204, "No Content" },
	{ 206, "Partial Content" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Range Not Satisfiable" },
	{ 417, "Expectation Failed" },
	{ 422, "Unprocessable Content" },
	{ 426, "Upgrade Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
	{ 505, "HTTP Version Not Supported" },
	{ 507, "Insufficient Storage" },
};

const char *
http_reason(int status)
{
	for (size_t i = 0; i < COUNT_OF(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "";
}

/* RFC 9112 §6.3: these end with their head and carry no length. */
bool
http_never_has_body(int status)
{
	return status < 200 || status == 204 || status == 304;
}

/* Appends text, as snprintf() does; *len beyond size means that it is full. */
__attribute__((format(printf, 4, 5))) static void
head_append(char *out, size_t size, size_t *len, const char *format, ...)
{
	va_list args;
	int written;

	if (*len > size)
		return;
	va_start(args, format);
	written = vsnprintf(out + *len, size - *len, format, args);
	va_end(args);
	if (written < 0 || (size_t)written >= size - *len)
		*len = size + 1;
	else
		*len += (size_t)written;
}

static struct str
whole_body(const struct http_response *response)
{
	if (response->content_type == NULL ||
	    http_never_has_body(response->status))
		return STR("");
	return response->body;
}

size_t
http_response_head(const struct http_response *response, char *out, size_t size)
{
	struct str body = whole_body(response);
	size_t len = 0;

	assert(response->status >= 100 && response->status < 600);
	head_append(out, size, &len, "HTTP/1.1 %d %s\r\n", response->status,
	    http_reason(response->status));
	if (response->content_type != NULL)
		head_append(out, size, &len, "Content-Type: %s\r\n",
		    response->content_type);
	if (http_never_has_body(response->status))
		;
	else if (response->framing == HTTP_CHUNKED)
		head_append(out, size, &len, "Transfer-Encoding: chunked\r\n");
	else if (response->framing != HTTP_UNTIL_CLOSE)
		head_append(out, size, &len, "Content-Length: %" PRIu64 "\r\n",
		    response->framing == HTTP_LENGTH ? response->length
						     : (uint64_t)body.len);
	if (response->headers != NULL)
		head_append(out, size, &len, "%s", response->headers);
	if (response->traceparent != NULL)
		head_append(out, size, &len, "traceparent: %s\r\n",
		    response->traceparent);
	head_append(out, size, &len, "%s\r\n",
	    response->close ? "Connection: close\r\n" : "");
	return len > size ? 0 : len;
}

struct str
http_response_body(const struct http_response *response)
{
	return response->head_only ? STR("") : whole_body(response);
}
