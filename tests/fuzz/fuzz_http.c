/*
 * Request heads: the scanner has the same result in every split, and what the
 * parser accepts is as strict as documented. Then all readers of a request.
 */
#include <stdlib.h>

#include "transport/http/assets.h"
#include "transport/http/http.h"
#include "transport/http/http_body.h"
#include "transport/http/traceparent.h"
#include "transport/ws/ws_deflate.h"
#include "transport/ws/ws_handshake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct http_limits limits = { .request_bytes = 1024,
	.request_headers = 16 };

static void
http_require(bool holds)
{
	if (!holds)
		abort();
}

struct verdict {
	enum http_scan_result result;
	size_t head_len;
	int status;
};

/* `step` more bytes every time, up to what settles the head. */
static struct verdict
request_scan(const char *data, size_t size, size_t step)
{
	struct verdict verdict = { .result = HTTP_SCAN_MORE };
	struct http_scanner scanner = { .scanned = 0 };

	for (size_t len = 0; verdict.result == HTTP_SCAN_MORE && len < size;) {
		len = size - len < step ? size : len + step;
		verdict.result = http_scan(&scanner, &limits, data, len,
		    &verdict.head_len, &verdict.status);
	}
	return verdict;
}

static void
check_scan(const char *data, size_t size, const struct verdict *whole)
{
	for (size_t step = 1; step < 4; step++) {
		struct verdict other = request_scan(data, size, step);

		http_require(other.result == whole->result &&
			     other.head_len == whole->head_len &&
			     other.status == whole->status);
	}
}

static void
check_request(const struct http_request *request)
{
	http_require(http_is_token(request->method));
	http_require(request->path.len > 0 && request->path.data[0] == '/');
	http_require(!request->is_chunked || request->body_length == 0);
	http_require(request->header_count <= limits.request_headers);
	for (size_t i = 0; i < request->header_count; i++) {
		struct str value = request->headers[i].value;

		http_require(http_is_token(request->headers[i].name));
		for (size_t k = 0; k < value.len; k++)
			http_require(memchr("\r\n\0", value.data[k], 3) ==
				     NULL);
	}
}

static void
ask_for_asset(const struct http_request *request)
{
	static const struct asset asset = { "/", "text/html", "W/\"5e7b\"",
		"default-src 'none'", { "plain", 5 }, { "gz", 2 } };
	struct http_response response = { 0 };
	char headers[ASSET_HEADERS_SIZE];

	asset_answer(&asset, request, &response, headers);
	http_require(response.status == 304 ? response.body.len == 0
					    : response.body.len > 0);
}

static void
use_request(const struct http_request *request)
{
	static const struct ws_deflate_policy policy = { 9 };
	char out[1024], name[16];
	struct ws_deflate deflate;
	const char *why;
	char traceparent[TRACEPARENT_SIZE];
	struct str key;
	int len;

	len = http_query_get(request->query, "name", name, sizeof(name));
	http_require(len < 0 || strlen(name) == (size_t)len);
	ask_for_asset(request);
	ws_handshake_offers(request, "parley.v1");
	ws_deflate_negotiate(http_header_find(request,
				 STR("sec-websocket-extensions"), NULL),
	    &policy, &deflate);
	if (ws_handshake_check(request, &key, &why) == 101)
		http_require(ws_handshake_response(key, NULL,
				 deflate.on ? deflate.response : NULL,
				 traceparent_read(request, traceparent)
				     ? traceparent
				     : NULL,
				 out, sizeof(out)) > 0);
}

#define BODY_MOST 300

struct body_read {
	enum http_body_result result;
	size_t used;
	size_t len;
	uint64_t hash; /* of the bytes: FNV-1a */
};

/* In pieces of this size, up to what settles the body. */
static struct body_read
read_body(const struct http_request *request, const char *data, size_t size,
    size_t step)
{
	struct body_read read = {
		.result = HTTP_BODY_MORE,
		.hash = UINT64_C(0xcbf29ce484222325),
	};
	struct http_body body;
	struct str piece;

	if (request->is_chunked)
		http_body_init_chunked(&body, BODY_MOST);
	else
		http_body_init_length(&body, request->body_length);
	do {
		size_t len = size - read.used < step ? size - read.used : step;
		size_t used;

		read.result =
		    http_body_feed(&body, data + read.used, len, &used, &piece);
		http_require(used <= len);
		read.used += used;
		if (read.result != HTTP_BODY_PIECE)
			continue;
		http_require(piece.len > 0 && piece.len <= used);
		for (size_t i = 0; i < piece.len; i++)
			read.hash = (read.hash ^ (uint8_t)piece.data[i]) *
				    UINT64_C(0x100000001b3);
		read.len += piece.len;
	} while (read.result == HTTP_BODY_PIECE ||
		 (read.result == HTTP_BODY_MORE && read.used < size));
	http_require(http_body_is_whole(&body) ==
		     (read.result == HTTP_BODY_END));
	return read;
}

/* Every split reads the same body, which is within its bounds. */
static void
request_check_body(const struct http_request *request, const char *data,
    size_t size)
{
	struct body_read whole = read_body(request, data, size, size + 1);

	if (request->is_chunked)
		http_require(whole.len <= BODY_MOST);
	else
		http_require(whole.len <= request->body_length);
	for (size_t step = 1; step < 4; step++) {
		struct body_read other = read_body(request, data, size, step);

		http_require(other.result == whole.result &&
			     other.used == whole.used &&
			     other.len == whole.len &&
			     other.hash == whole.hash);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const char *data = (const char *)bytes;
	struct verdict whole = request_scan(data, size, size);
	struct http_request request;
	struct http_answer answer;
	size_t head_len = size;

	check_scan(data, size, &whole);
	/* The parser does not rely on the scanner, so it gets all input. */
	if (whole.result == HTTP_SCAN_DONE)
		head_len = whole.head_len;
	if (http_parse_answer(data, head_len, &answer))
		http_require(answer.status >= 200 && answer.status <= 599 &&
			     !(answer.is_chunked && answer.has_length));
	if (http_parse(data, head_len, &limits, &request) != 0)
		return 0;
	http_require(whole.result == HTTP_SCAN_DONE);
	check_request(&request);
	request_check_body(&request, data + head_len, size - head_len);
	use_request(&request);
	return 0;
}
