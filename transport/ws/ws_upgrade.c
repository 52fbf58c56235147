#include "transport/ws/ws_upgrade.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "transport/http/http_conn.h"
#include "transport/http/traceparent.h"
#include "transport/ws/admission.h"
#include "transport/ws/endpoint.h"
#include "transport/ws/ws_handshake.h"

static bool
ws_refuse(struct conn *conn, struct http_response *response, int status,
    const char *why, const char *limit)
{
	meter_count_refusal(&conn->loop->meter, limit);
	meter_count_handshake(&conn->loop->meter, status);
	http_refuse(response, status, why);
	return false;
}

bool
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

/*
 * A new connection was let in with the share of its address. One of a trusted
 * proxy was not: the WebSocket takes the share of the client.
 */
static bool
ws_has_share(struct http_exchange *exchange)
{
	struct loop *loop = exchange->conn->loop;

	if (!exchange->is_forwarded ||
	    accept_share_take(&loop->accept_queue.share, &loop->limits->accepts,
		host_address_key(&exchange->client.address), loop->now_ms))
		return true;
	return ws_refuse(exchange->conn, &exchange->response, 429,
	    "Too many new connections from this address\n",
	    "limits.accept_rate");
}

/* The header's lines joined with commas, as RFC 9110 §5.3 has it. */
static struct str
ws_extension_offers(const struct http_request *request, char *out, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < request->header_count; i++) {
		const struct http_header *header = &request->headers[i];

		if (!http_name_is(header->name,
			STR("Sec-WebSocket-Extensions")))
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

/* The status of a refusal; 101: the request is acceptable. */
static int
ws_check(const struct ws_service *service, const struct conn *conn,
    const struct http_request *request, struct upgrade *upgrade,
    struct str *key, const char **why)
{
	int status = ws_handshake_check(request, key, why);

	if (status != 101 || ws_negotiate(service, conn, request, upgrade))
		return status;
	*why = "Bad Sec-WebSocket-Extensions\n";
	return 400;
}

/* The request was checked before. */
static void
ws_accept(struct http_exchange *exchange, const struct http_request *request,
    const struct upgrade *upgrade, struct str key)
{
	struct conn *conn = exchange->conn;
	char text[512], traceparent[TRACEPARENT_SIZE];
	bool is_traced = traceparent_read(request, traceparent);
	size_t len = ws_handshake_response(key, upgrade->subprotocol,
	    upgrade->deflate.on ? upgrade->deflate.response : NULL,
	    is_traced ? traceparent : NULL, text, sizeof(text));

	meter_count_handshake(&conn->loop->meter, 101);
	ws_conn_open(conn, request, upgrade, str_slice(text, len));
	conn_resume(conn, PAUSED_BY_ANSWER);
}

/* --- decisions that may come later ---------------------------------------- */

struct handshake {
	struct candidate candidate; /* first: its address is this one */
	struct ws_service *service;
	struct upgrade upgrade; /* but for its principal */
	char key[WS_KEY_SIZE];
	bool waits; /* for the decision */
};

static void
handshake_on_close(struct http_exchange *exchange)
{
	struct handshake *handshake = exchange->arg;
	struct admission *admission = handshake->service->admission;

	if (handshake->waits)
		admission->ops->cancel(admission, &handshake->candidate);
	free(handshake);
}

static const struct http_exchange_ops handshake_ops = {
	.on_close = handshake_on_close,
};

static void
handshake_on_refuse(struct candidate *candidate, int status, const char *why)
{
	struct handshake *handshake = (struct handshake *)candidate;
	struct http_exchange *exchange = candidate->exchange;

	assert(handshake->waits);
	handshake->waits = false;
	meter_count_handshake(&exchange->conn->loop->meter, status);
	http_refuse(&exchange->response, status,
	    candidate->answer != NULL ? candidate->answer : why);
	http_exchange_respond(exchange);
}

static void
handshake_on_accept(struct candidate *candidate,
    const struct principal *principal)
{
	struct handshake *handshake = (struct handshake *)candidate;
	struct http_exchange *exchange = candidate->exchange;
	/* Until the handler returns; later it is read again. */
	const struct http_request *request = exchange->request;
	struct http_request read_again;

	assert(handshake->waits);
	handshake->waits = false;
	/* There may be others now, or other limits. */
	if (!ws_has_room(handshake->service, exchange->conn,
		&exchange->response)) {
		http_exchange_respond(exchange);
		return;
	}
	if (principal->must_authenticate &&
	    !handshake->upgrade.may_authenticate) {
		http_refuse(&exchange->response, 401, "Token required\n");
		http_exchange_respond(exchange);
		return;
	}
	if (request == NULL) {
		http_exchange_request(exchange, &read_again);
		request = &read_again;
	}
	handshake->upgrade.principal = principal;
	ws_accept(exchange, request, &handshake->upgrade,
	    str_slice(handshake->key, sizeof(handshake->key)));
}

static const struct candidate_ops candidate_ops = {
	.accept = handshake_on_accept,
	.refuse = handshake_on_refuse,
};

/* Which connections end, and how. */
struct connections_end {
	admission_ends *ends;
	const void *arg;
	unsigned code;
	const char *reason;
};

static void
conn_end_if_due(struct conn *conn, const struct principal_mark *mark, void *arg)
{
	const struct connections_end *end = arg;

	if (end->ends(mark, end->arg))
		ws_conn_end(conn, end->code, end->reason);
}

void
admission_end_if(struct admission *admission, admission_ends *ends,
    const void *arg, unsigned code, const char *reason)
{
	struct connections_end end = { ends, arg, code, reason };

	/* Before the server is made, there are no connections. */
	if (admission->service != NULL)
		ws_users_each(&admission->service->users, conn_end_if_due,
		    &end);
}

static bool
mark_is_of_user(const struct principal_mark *mark, const void *arg)
{
	const struct str *member_id = arg;

	return str_equal(str_from(mark->member_id), *member_id);
}

void
admission_end_user(struct admission *admission, struct str member_id,
    unsigned code, const char *reason)
{
	admission_end_if(admission, mark_is_of_user, &member_id, code, reason);
}

void
admission_refuse(struct candidate *candidate, int status, const char *why)
{
	http_exchange_count_auth_failure(candidate->exchange, why);
	candidate->ops->refuse(candidate, status, why);
}

static void
ws_ask_admission(struct ws_service *service, struct http_exchange *exchange,
    const struct upgrade *upgrade, struct str key)
{
	struct admission *admission = service->admission;
	struct handshake *handshake = malloc(sizeof(*handshake));

	if (handshake == NULL) {
		meter_count_handshake(&exchange->conn->loop->meter, 503);
		http_refuse(&exchange->response, 503, "Out of memory\n");
		return;
	}
	*handshake = (struct handshake){
		.candidate = { &candidate_ops, exchange, NULL },
		.service = service,
		.upgrade = *upgrade,
	};
	str_put(handshake->key, key);
	http_exchange_begin(exchange, &handshake_ops, handshake);
	if (exchange->conn->state != CONN_OPEN)
		return;
	handshake->waits = true;
	admission->ops->admit(admission, &handshake->candidate,
	    exchange->request);
}

/* --- the request ---------------------------------------------------------- */

void
ws_upgrade(struct ws_service *service, struct http_exchange *exchange)
{
	const struct principal anyone = principal_anonymous();
	struct upgrade upgrade = {
		.listener = exchange->listener,
		.principal = &anyone,
	};
	const char *why;
	struct str key;
	int status = ws_check(service, exchange->conn, exchange->request,
	    &upgrade, &key, &why);

	if (status != 101) {
		meter_count_handshake(&exchange->conn->loop->meter, status);
		http_refuse(&exchange->response, status, why);
	} else if (!http_exchange_admits_body(exchange, HTTP_REFUSES_BODY) ||
		   !ws_has_room(service, exchange->conn, &exchange->response) ||
		   !ws_has_share(exchange))
		return;
	else if (service->admission != NULL)
		ws_ask_admission(service, exchange, &upgrade, key);
	else
		ws_accept(exchange, exchange->request, &upgrade, key);
}
