#include "cmd/parley/connection.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "cmd/parley/frames.h"
#include "cmd/parley/handshake.h"
#include "cmd/parley/tls.h"
#include "transport/ws/ws_message.h"

#define CONNECT_SECONDS 10 /* for each address, including the handshake */
#define PING_SECONDS 30
#define SILENT_PINGS_MOST 2
#define CLOSE_SECONDS 3

enum connection_state {
	CONNECTION_IDLE,       /* before the first address */
	CONNECTION_CONNECTING, /* TCP, TLS */
	CONNECTION_OPENING,    /* HTTP */
	CONNECTION_OPEN,
	CONNECTION_CLOSING, /* our close frame is sent */
	CONNECTION_OVER
};

struct connection {
	struct event_base *base;
	struct url url;
	struct tls *tls;
	const char *token; /* NULL: none */
	const struct connection_ops *ops;
	void *arg;
	enum connection_state state;
	struct addrinfo *addresses;
	struct addrinfo *next; /* the next address to try */
	struct bufferevent *bufferevent;
	struct event *timer;
	char key[HANDSHAKE_KEY_SIZE];
	struct frames frames;
	bool peer_closed; /* its close frame has arrived */
	bool received;    /* data since the last ping */
	unsigned silent_pings;
	struct connection_end end;
};

static void connect_cb(struct bufferevent *, short what, void *arg);
static void read_cb(struct bufferevent *, void *arg);

/* The connection may be destroyed within: do not use it afterwards. */
static void
connection_over(struct connection *connection, enum connection_fault fault,
    unsigned code, const char *text)
{
	if (connection->state == CONNECTION_OVER)
		return;
	connection->state = CONNECTION_OVER;
	connection->end.fault = fault;
	connection->end.code = code;
	if (text != connection->end.text)
		snprintf(connection->end.text, sizeof(connection->end.text),
		    "%s", text);
	connection->ops->closed(connection->arg, &connection->end);
}

static void
connection_set_timer(struct connection *connection, time_t seconds)
{
	struct timeval after = { .tv_sec = seconds };

	event_add(connection->timer, &after);
}

/*
 * --- output ---------------------------------------------------------------
 */

static bool
connection_send_frame(struct connection *connection, enum ws_opcode opcode,
    struct str payload)
{
	struct evbuffer *out = bufferevent_get_output(connection->bufferevent);
	uint8_t head[FRAMES_HEAD_MAX], mask[4];
	struct evbuffer_iovec space;
	size_t size;

	if (getrandom(mask, sizeof(mask), 0) != (ssize_t)sizeof(mask))
		return false; /* §10.3: a mask must be unpredictable */
	size = frames_write_head(opcode, payload.len, mask, head);
	if (evbuffer_reserve_space(out, (ev_ssize_t)(size + payload.len),
		&space, 1) < 1)
		return false;
	memcpy(space.iov_base, head, size);
	if (payload.len > 0)
		memcpy((char *)space.iov_base + size, payload.data,
		    payload.len);
	ws_frame_mask((uint8_t *)space.iov_base + size, payload.len, mask, 0);
	space.iov_len = size + payload.len;
	return evbuffer_commit_space(out, &space, 1) == 0;
}

bool
connection_send(struct connection *connection, struct str text)
{
	return connection->state == CONNECTION_OPEN &&
	       connection_send_frame(connection, WS_TEXT, text);
}

static void
connection_send_close(struct connection *connection, unsigned code)
{
	char payload[WS_CONTROL_MAX];
	size_t len = ws_close_payload(code, STR(""), payload);

	connection_send_frame(connection, WS_CLOSE, str_slice(payload, len));
}

void
connection_close(struct connection *connection)
{
	if (connection->state != CONNECTION_OPEN) {
		connection_over(connection, CONNECTION_CLOSED, 0, "closed");
		return;
	}
	connection->state = CONNECTION_CLOSING;
	connection_send_close(connection, WS_CLOSE_NORMAL);
	connection_set_timer(connection, CLOSE_SECONDS);
}

/*
 * --- input ----------------------------------------------------------------
 */

static bool
connection_on_text(void *arg, struct str text)
{
	struct connection *connection = arg;

	connection->ops->text(connection->arg, text);
	return connection->state == CONNECTION_OPEN ||
	       connection->state == CONNECTION_CLOSING;
}

static bool
connection_on_ping(void *arg, struct str payload)
{
	return connection_send_frame(arg, WS_PONG, payload);
}

static bool
connection_on_close(void *arg, unsigned code, struct str reason)
{
	struct connection *connection = arg;

	if (connection->state == CONNECTION_OPEN)
		connection_send_close(connection, code);
	connection->end.code = code;
	snprintf(connection->end.text, sizeof(connection->end.text), "%.*s",
	    (int)reason.len, reason.data);
	/* §7.1.1: the server closes the TCP connection first. */
	connection->state = CONNECTION_CLOSING;
	connection->peer_closed = true;
	connection_set_timer(connection, CLOSE_SECONDS);
	return false;
}

static const struct frames_ops frames_ops = {
	.text = connection_on_text,
	.ping = connection_on_ping,
	.close = connection_on_close,
};

static void
connection_read_frames(struct connection *connection, struct evbuffer *in)
{
	size_t len = evbuffer_get_length(in);
	bool on = true;
	unsigned code;

	if (len == 0)
		return;
	connection->received = true;
	code = frames_feed(&connection->frames, &frames_ops, connection,
	    (const char *)evbuffer_pullup(in, -1), len, &on);
	evbuffer_drain(in, len);
	if (code != 0 && connection->state != CONNECTION_OVER) {
		connection_send_close(connection, code);
		connection_over(connection, CONNECTION_PROTOCOL, code,
		    "the server violated the WebSocket protocol");
	}
}

static void
connection_refused(struct connection *connection, unsigned status)
{
	char text[80];

	snprintf(text, sizeof(text), "the server answered HTTP status %u",
	    status);
	connection_over(connection, CONNECTION_REFUSED, status, text);
}

static void
connection_read_handshake(struct connection *connection, struct evbuffer *in)
{
	size_t len = evbuffer_get_length(in), used = 0;
	unsigned status;

	switch (handshake_read(str_slice((const char *)evbuffer_pullup(in, -1),
				   len),
	    connection->key, &used, &status)) {
	case HANDSHAKE_SHORT:
		return;
	case HANDSHAKE_REFUSED:
		connection_refused(connection, status);
		return;
	case HANDSHAKE_BAD:
		connection_over(connection, CONNECTION_PROTOCOL, 0,
		    "not a WebSocket server");
		return;
	case HANDSHAKE_DONE:
		break;
	}
	evbuffer_drain(in, used);
	connection->state = CONNECTION_OPEN;
	connection_set_timer(connection, PING_SECONDS);
	connection->ops->opened(connection->arg);
	connection_read_frames(connection, in);
}

static void
read_cb(struct bufferevent *bufferevent, void *arg)
{
	struct connection *connection = arg;

	if (connection->state == CONNECTION_OPENING)
		connection_read_handshake(connection,
		    bufferevent_get_input(bufferevent));
	else if (connection->peer_closed)
		evbuffer_drain(bufferevent_get_input(bufferevent), SIZE_MAX);
	else if (connection->state != CONNECTION_OVER)
		connection_read_frames(connection,
		    bufferevent_get_input(bufferevent));
}

/* --- connecting ----------------------------------------------------------- */

static void
connection_drop_socket(struct connection *connection)
{
	if (connection->bufferevent != NULL)
		bufferevent_free(connection->bufferevent);
	connection->bufferevent = NULL;
}

static struct bufferevent *
connection_new_bufferevent(struct connection *connection)
{
	if (connection->url.tls)
		return tls_bufferevent(connection->tls, connection->base,
		    connection->url.host);
	return bufferevent_socket_new(connection->base, -1,
	    BEV_OPT_CLOSE_ON_FREE);
}

/* The error text of the previous address is kept if there is no next one. */
static void
connection_try_next(struct connection *connection)
{
	struct addrinfo *address = connection->next;

	connection_drop_socket(connection);
	if (address == NULL) {
		connection_over(connection, CONNECTION_UNREACHABLE, 0,
		    connection->end.text);
		return;
	}
	connection->next = address->ai_next;
	connection->state = CONNECTION_CONNECTING;
	connection->bufferevent = connection_new_bufferevent(connection);
	if (connection->bufferevent == NULL) {
		connection_over(connection, CONNECTION_UNREACHABLE, 0,
		    "no memory");
		return;
	}
	bufferevent_setcb(connection->bufferevent, read_cb, NULL, connect_cb,
	    connection);
	connection_set_timer(connection, CONNECT_SECONDS);
	/* Immediate failures also reach connect_cb. */
	bufferevent_socket_connect(connection->bufferevent, address->ai_addr,
	    (int)address->ai_addrlen);
}

static void
connection_resolve(struct connection *connection)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	int error = getaddrinfo(connection->url.host, connection->url.port,
	    &hints, &connection->addresses);

	if (error != 0)
		snprintf(connection->end.text, sizeof(connection->end.text),
		    "%s", gai_strerror(error));
	connection->next = error == 0 ? connection->addresses : NULL;
	connection_try_next(connection);
}

static void
on_connected(struct connection *connection)
{
	char request[HANDSHAKE_REQUEST_SIZE];
	uint8_t nonce[HANDSHAKE_NONCE_BYTES];
	int on = 1;

	setsockopt(bufferevent_getfd(connection->bufferevent), IPPROTO_TCP,
	    TCP_NODELAY, &on, sizeof(on));
	if (getrandom(nonce, sizeof(nonce), 0) != (ssize_t)sizeof(nonce)) {
		connection_over(connection, CONNECTION_UNREACHABLE, 0,
		    "cannot read random bytes");
		return;
	}
	handshake_key(nonce, connection->key);
	connection->state = CONNECTION_OPENING;
	bufferevent_enable(connection->bufferevent, EV_READ | EV_WRITE);
	bufferevent_write(connection->bufferevent, request,
	    handshake_request(&connection->url, connection->key,
		connection->token, request));
}

/* The connection failed or ended, in any state. */
static void
on_failure(struct connection *connection, short what)
{
	bool was_open = connection->state == CONNECTION_OPEN ||
			connection->state == CONNECTION_CLOSING;

	if (connection->peer_closed) {
		connection_over(connection, CONNECTION_CLOSED,
		    connection->end.code, connection->end.text);
		return;
	}
	tls_failure(connection->bufferevent, what, connection->end.text,
	    sizeof(connection->end.text));
	if (was_open)
		connection_over(connection, CONNECTION_BROKEN, 0,
		    connection->end.text);
	else
		connection_try_next(connection);
}

static void
connect_cb(struct bufferevent *bufferevent, short what, void *arg)
{
	struct connection *connection = arg;

	(void)bufferevent;
	if (what & BEV_EVENT_CONNECTED)
		on_connected(connection);
	else if (connection->state != CONNECTION_OVER)
		on_failure(connection, what);
}

/*
 * --- timers ---------------------------------------------------------------
 */

static void
connection_ping(struct connection *connection)
{
	connection->silent_pings =
	    connection->received ? 0 : connection->silent_pings + 1;
	connection->received = false;
	if (connection->silent_pings >= SILENT_PINGS_MOST) {
		connection_over(connection, CONNECTION_BROKEN, 0,
		    "ping timeout");
		return;
	}
	connection_send_frame(connection, WS_PING, STR(""));
	connection_set_timer(connection, PING_SECONDS);
	if (connection->ops->alive != NULL)
		connection->ops->alive(connection->arg);
}

static void
timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct connection *connection = arg;

	(void)fd;
	(void)what;
	switch (connection->state) {
	case CONNECTION_IDLE:
		connection_resolve(connection);
		break;
	case CONNECTION_CONNECTING:
	case CONNECTION_OPENING:
		snprintf(connection->end.text, sizeof(connection->end.text),
		    "no response in %d seconds", CONNECT_SECONDS);
		connection_try_next(connection);
		break;
	case CONNECTION_OPEN:
		connection_ping(connection);
		break;
	case CONNECTION_CLOSING:
		connection_over(connection, CONNECTION_CLOSED,
		    connection->end.code, connection->end.text);
		break;
	case CONNECTION_OVER:
		break;
	}
}

/*
 * --- life cycle -----------------------------------------------------------
 */

struct connection *
connection_create(struct event_base *base, const struct url *url,
    struct tls *tls, const char *token, const struct connection_ops *ops,
    void *arg)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	if (connection == NULL)
		return NULL;
	connection->base = base;
	connection->url = *url;
	connection->tls = tls;
	connection->token = token;
	connection->ops = ops;
	connection->arg = arg;
	frames_init(&connection->frames);
	connection->timer = evtimer_new(base, timer_cb, connection);
	if (connection->timer == NULL) {
		free(connection);
		return NULL;
	}
	connection_set_timer(connection, 0);
	return connection;
}

void
connection_destroy(struct connection *connection)
{
	if (connection == NULL)
		return;
	connection_drop_socket(connection);
	event_free(connection->timer);
	if (connection->addresses != NULL)
		freeaddrinfo(connection->addresses);
	frames_fini(&connection->frames);
	free(connection);
}
