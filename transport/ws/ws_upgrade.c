#include "transport/ws/ws_upgrade.h"

#include <string.h>

#include "transport/http/http_conn.h"
#include "transport/ws/endpoint.h"
#include "transport/ws/ws_handshake.h"

static bool
ws_refuse(struct conn *conn, struct http_response *response, int status,
    const char *why, const char *limit)
{
	meter_count_refusal(&conn->loop->meter, limit);
	http_refuse(response, status, why);
	return false;
}

/* Whether there is room for one more; else the response says why not. */
static bool
ws_has_room(const struct ws_service *service, struct conn *conn,
    struct http_response *response)
{
	const struct transport_limits *limits = conn->loop->limits;

	if (service->refusing)
		return ws_refuse(conn, response, 503, "Going down\n",
		    "drain.window");
	if (limits->connections > 0 &&
	    service->open_count >= limits->connections)
		return ws_refuse(conn, response, 503, "Too many connections\n",
		    "limits.connections");
	if (limits->memory > 0 &&
	    loop_memory(conn->loop) > limits->memory / 5 * 4)
		return ws_refuse(conn, response, 503, "Out of memory\n",
		    "limits.memory");
	if (limits->connections_per_ip > 0 &&
	    peer_count(conn->peer) > limits->connections_per_ip)
		return ws_refuse(conn, response, 429,
		    "Too many connections from this address\n",
		    "limits.connections_per_ip");
	return true;
}

/* The header's lines joined with commas, as RFC 9110 §5.3 has it. */
static struct str
ws_extension_offers(const struct http_request *request, char *out, size_t size)
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
ws_negotiate(const struct ws_service *service, const struct conn *conn,
    const struct http_request *request, struct upgrade *upgrade)
{
	char joined[16384];
	struct str offers =
	    ws_extension_offers(request, joined, sizeof(joined));

	service->endpoint->ops->choose(service->endpoint, request, upgrade);
	if (!conn->loop->limits->deflate || str_is_empty(offers) ||
	    service->reader_limits.inflater == NULL)
		return true;
	return ws_deflate_negotiate(offers, &upgrade->deflate_policy,
	    &upgrade->deflate);
}

void
ws_upgrade(struct ws_service *service, struct http_exchange *exchange)
{
	const struct http_request *request = exchange->request;
	struct http_response *response = &exchange->response;
	struct upgrade upgrade = { .listener = exchange->listener };
	struct conn *conn = exchange->conn;
	char text[512];
	struct str key;
	const char *why = "Bad Request\n";
	int status = ws_handshake_check(request, &key, &why);
	size_t len;

	if (!http_exchange_admits_body(exchange, false))
		return;
	if (status == 101 && !ws_negotiate(service, conn, request, &upgrade)) {
		status = 400;
		why = "Bad Sec-WebSocket-Extensions\n";
	}
	if (status != 101) {
		http_refuse(response, status, why);
		return;
	}
	if (!ws_has_room(service, conn, response))
		return;
	len = ws_handshake_response(key, upgrade.subprotocol,
	    upgrade.deflate.on ? upgrade.deflate.response : NULL, text,
	    sizeof(text));
	ws_conn_open(conn, service, request, &upgrade, str_slice(text, len));
}
