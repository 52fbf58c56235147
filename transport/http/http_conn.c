#include "transport/http/http_conn.h"

#include <string.h>

#include "domain/log.h"
#include "transport/http/route.h"
#include "transport/net/conn.h"
#include "transport/net/input_buffer.h"
#include "transport/worker.h"
#include "transport/ws/ws_handshake.h"

static void
answer(struct conn *conn, struct http_response *response)
{
	char head[2048];
	size_t len;

	response->close = true;
	len = http_response_head(response, head, sizeof(head));
	conn_answer(conn, str_slice(head, len), http_response_body(response));
}

/* A refusal in one line, with headers that tell what to do instead. */
static void
refuse(struct conn *conn, int status, const char *why)
{
	struct http_response response = {
		.status = status,
		.content_type = "text/plain; charset=utf-8",
		.body = str_from(why),
	};

	switch (status) {
	case 400:
		response.headers = "Sec-WebSocket-Version: 13\r\n";
		break;
	case 426: /* RFC 9110 §15.5.22, §7.8 */
		response.headers = "Sec-WebSocket-Version: 13\r\n"
				   "Upgrade: websocket\r\n"
				   "Connection: Upgrade\r\n";
		break;
	case 405:
		response.headers = "Allow: GET\r\n";
		break;
	case 429:
	case 503:
		response.headers = "Retry-After: 5\r\n";
		break;
	default:
		break;
	}
	answer(conn, &response);
}

/* Whether there is room for one more; else says why not. */
static bool
is_welcome(struct conn *conn)
{
	const struct worker *service = conn->service;
	const struct transport_limits *limits = service->limits;

	if (service->refusing)
		refuse(conn, 503, "Going down\n");
	else if (limits->connections > 0 &&
		 service->open_count >= limits->connections)
		refuse(conn, 503, "Too many connections\n");
	else if (limits->memory > 0 &&
		 worker_memory(service) > limits->memory / 5 * 4)
		refuse(conn, 503, "Out of memory\n");
	else if (limits->connections_per_ip > 0 &&
		 peer_count(conn->peer) > limits->connections_per_ip)
		refuse(conn, 429, "Too many connections from this address\n");
	else
		return true;
	return false;
}

/* The header's lines joined with commas, as RFC 9110 §5.3 has it. */
static struct str
extension_offers(const struct http_request *request, char *out, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < request->header_count; i++) {
		const struct http_header *header = &request->headers[i];

		if (!http_name_is(header->name, "Sec-WebSocket-Extensions"))
			continue;
		if (len + header->value.len + 1 > size)
			break;
		if (len > 0)
			out[len++] = ',';
		memcpy(out + len, header->value.data, header->value.len);
		len += header->value.len;
	}
	return str_slice(out, len);
}

static bool
negotiate(struct conn *conn, const struct http_request *request,
    struct upgrade *upgrade)
{
	const struct worker *service = conn->service;
	char joined[16384];
	struct str offers = extension_offers(request, joined, sizeof(joined));

	service->endpoint->ops->choose(service->endpoint, conn, request,
	    upgrade);
	if (!service->limits->deflate || str_is_empty(offers) ||
	    service->reader_limits.inflater == NULL)
		return true;
	return ws_deflate_negotiate(offers, &upgrade->deflate_policy,
	    &upgrade->deflate);
}

static bool
open_websocket(struct conn *conn, const struct http_request *request)
{
	const struct worker *service = conn->service;
	struct upgrade upgrade = { 0 };
	char response[512];
	struct str key;
	const char *why = "Bad Request\n";
	int status = ws_handshake_check(request, &key, &why);
	size_t len;

	if (status == 101 && !negotiate(conn, request, &upgrade)) {
		status = 400;
		why = "Bad Sec-WebSocket-Extensions\n";
	}
	if (status != 101) {
		refuse(conn, status, why);
		return false;
	}
	if (!is_welcome(conn))
		return false;
	len = ws_handshake_response(key, upgrade.subprotocol,
	    upgrade.deflate.on ? upgrade.deflate.response : NULL, response,
	    sizeof(response));
	conn->deflate = upgrade.deflate.on;
	conn_open(conn);
	conn->session = service->endpoint->ops->open(service->endpoint, conn,
	    request, &upgrade, str_slice(response, len));
	if (conn->session == NULL)
		conn_abort(conn);
	return true;
}

static bool
handle_request(struct conn *conn, const struct http_request *request)
{
	const struct worker *service = conn->service;
	struct http_response response = { 0 };
	char body[ROUTE_BODY_SIZE];
	bool is_served = service->endpoint->ops->serves(service->endpoint, conn,
	    request->path);

	if (is_served && ws_handshake_is_wanted(request))
		return open_websocket(conn, request);
	routes_answer(conn, request, is_served, &response, body);
	answer(conn, &response);
	return false;
}

/* Returns how many bytes belonged to the request. */
static size_t
read_head(struct conn *conn, const char *data, size_t len)
{
	const struct http_limits *limits = &conn->service->http_limits;
	struct http_request request;
	size_t head_len;
	int status = 400;

	switch (http_scan(&conn->scanner, limits, data, len, &head_len,
	    &status)) {
	case HTTP_SCAN_MORE:
		return len;
	case HTTP_SCAN_BAD:
		refuse(conn, status, "Bad Request\n");
		return len;
	case HTTP_SCAN_DONE:
		break;
	}
	status = http_parse(data, head_len, limits, &request);
	if (status == 0)
		return handle_request(conn, &request) ? head_len : len;
	refuse(conn, status, "Bad Request\n");
	return len;
}

/* The next piece of a head that did not come in one. */
static size_t
read_piece(struct conn *conn, const char *data, size_t len)
{
	struct input_buffer *head = conn->head;
	size_t before = head->len;
	size_t used = len;

	conn->head = NULL; /* where a WebSocket has its reader */
	if (input_buffer_append(&head, data, len, UINT64_MAX, NULL))
		used = read_head(conn, head->data, head->len) - before;
	else
		conn_abort(conn);
	if (conn->state == CONN_HEAD)
		conn->head = head;
	else
		input_buffer_free(&head, NULL);
	return used;
}

size_t
http_conn_read(struct conn *conn, const char *data, size_t len)
{
	size_t used;

	if (conn->head != NULL)
		return read_piece(conn, data, len);
	used = read_head(conn, data, len);
	if (conn->state == CONN_HEAD &&
	    !input_buffer_append(&conn->head, data, len, UINT64_MAX, NULL))
		conn_abort(conn);
	return used;
}

void
http_conn_time_out(struct conn *conn)
{
	refuse(conn, 408, "Request Timeout\n");
}
