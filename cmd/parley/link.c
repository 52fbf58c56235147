#include "cmd/parley/link.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "cmd/parley/frames.h"
#include "cmd/parley/opening.h"
#include "cmd/parley/tls.h"
#include "transport/ws/ws_message.h"

#define CONNECT_SECONDS 10 /* for each address, the handshake included */
#define PING_SECONDS 30
#define SILENT_PINGS_MOST 2
#define CLOSE_SECONDS 3

enum link_state {
	LINK_IDLE,       /* the first address is about to be tried */
	LINK_CONNECTING, /* TCP, TLS */
	LINK_OPENING,    /* HTTP */
	LINK_OPEN,
	LINK_CLOSING, /* our close frame is sent */
	LINK_OVER
};

struct link {
	struct event_base *base;
	struct url url;
	struct tls *tls;
	const struct link_ops *ops;
	void *arg;
	enum link_state state;
	struct addrinfo *addresses;
	struct addrinfo *next; /* address to be tried */
	struct bufferevent *bufferevent;
	struct event *timer;
	char key[OPENING_KEY_SIZE];
	struct frames frames;
	bool peer_closed; /* its close frame came: nothing else will */
	bool heard;       /* something since the last ping */
	unsigned silent_pings;
	struct link_end end;
};

static void connect_cb(struct bufferevent *, short what, void *arg);
static void read_cb(struct bufferevent *, void *arg);

/* Nothing may be done with the link after this: it may be gone. */
static void
link_over(struct link *link, enum link_fault fault, unsigned code,
    const char *text)
{
	if (link->state == LINK_OVER)
		return;
	link->state = LINK_OVER;
	link->end.fault = fault;
	link->end.code = code;
	if (text != link->end.text)
		snprintf(link->end.text, sizeof(link->end.text), "%s", text);
	link->ops->closed(link->arg, &link->end);
}

static void
set_timer(struct link *link, time_t seconds)
{
	struct timeval after = { .tv_sec = seconds };

	event_add(link->timer, &after);
}

/* --- out ------------------------------------------------------------------ */

static bool
send_frame(struct link *link, enum ws_opcode opcode, struct str payload)
{
	struct evbuffer *out = bufferevent_get_output(link->bufferevent);
	uint8_t head[FRAMES_HEAD_MAX], mask[4];
	struct evbuffer_iovec space;
	size_t size;

	if (getrandom(mask, sizeof(mask), 0) != (ssize_t)sizeof(mask))
		return false; /* §10.3: a mask has to be unknowable */
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
link_send(struct link *link, struct str text)
{
	return link->state == LINK_OPEN && send_frame(link, WS_TEXT, text);
}

static void
send_close(struct link *link, unsigned code)
{
	char payload[WS_CONTROL_MAX];
	size_t len = ws_close_payload(code, STR(""), payload);

	send_frame(link, WS_CLOSE, str_slice(payload, len));
}

void
link_close(struct link *link)
{
	if (link->state != LINK_OPEN) {
		link_over(link, LINK_CLOSED, 0, "closed");
		return;
	}
	link->state = LINK_CLOSING;
	send_close(link, WS_CLOSE_NORMAL);
	set_timer(link, CLOSE_SECONDS);
}

/* --- in ------------------------------------------------------------------- */

static bool
take_text(void *arg, struct str text)
{
	struct link *link = arg;

	link->ops->text(link->arg, text);
	return link->state == LINK_OPEN || link->state == LINK_CLOSING;
}

static bool
take_ping(void *arg, struct str payload)
{
	return send_frame(arg, WS_PONG, payload);
}

static bool
take_close(void *arg, unsigned code, struct str reason)
{
	struct link *link = arg;

	if (link->state == LINK_OPEN)
		send_close(link, code);
	link->end.code = code;
	snprintf(link->end.text, sizeof(link->end.text), "%.*s",
	    (int)reason.len, reason.data);
	/* §7.1.1: it is the server that ends the connection now. */
	link->state = LINK_CLOSING;
	link->peer_closed = true;
	set_timer(link, CLOSE_SECONDS);
	return false;
}

static const struct frames_ops frames_ops = {
	.text = take_text,
	.ping = take_ping,
	.close = take_close,
};

static void
take_frames(struct link *link, struct evbuffer *in)
{
	size_t len = evbuffer_get_length(in);
	bool on = true;
	unsigned code;

	if (len == 0)
		return;
	link->heard = true;
	code = frames_feed(&link->frames, &frames_ops, link,
	    (const char *)evbuffer_pullup(in, -1), len, &on);
	evbuffer_drain(in, len);
	if (code != 0 && link->state != LINK_OVER) {
		send_close(link, code);
		link_over(link, LINK_PROTOCOL, code,
		    "the server breaks the rules of WebSocket");
	}
}

static void
refused(struct link *link, unsigned status)
{
	char text[80];

	snprintf(text, sizeof(text), "the server answers %u, not a WebSocket",
	    status);
	link_over(link, LINK_REFUSED, status, text);
}

static void
take_opening(struct link *link, struct evbuffer *in)
{
	size_t len = evbuffer_get_length(in), used = 0;
	unsigned status;

	switch (http_conn_read(str_slice((const char *)evbuffer_pullup(in, -1),
				   len),
	    link->key, &used, &status)) {
	case OPENING_SHORT:
		return;
	case OPENING_REFUSED:
		refused(link, status);
		return;
	case OPENING_BAD:
		link_over(link, LINK_PROTOCOL, 0,
		    "whoever answers is no WebSocket server");
		return;
	case OPENING_DONE:
		break;
	}
	evbuffer_drain(in, used);
	link->state = LINK_OPEN;
	set_timer(link, PING_SECONDS);
	link->ops->opened(link->arg);
	take_frames(link, in);
}

static void
read_cb(struct bufferevent *bufferevent, void *arg)
{
	struct link *link = arg;

	if (link->state == LINK_OPENING)
		take_opening(link, bufferevent_get_input(bufferevent));
	else if (link->peer_closed)
		evbuffer_drain(bufferevent_get_input(bufferevent), SIZE_MAX);
	else if (link->state != LINK_OVER)
		take_frames(link, bufferevent_get_input(bufferevent));
}

/* --- connecting ----------------------------------------------------------- */

static void
hang_up(struct link *link)
{
	if (link->bufferevent != NULL)
		bufferevent_free(link->bufferevent);
	link->bufferevent = NULL;
}

static struct bufferevent *
new_bufferevent(struct link *link)
{
	if (link->url.tls)
		return tls_bufferevent(link->tls, link->base, link->url.host);
	return bufferevent_socket_new(link->base, -1, BEV_OPT_CLOSE_ON_FREE);
}

/* The text for people stays that of the address before, if there was one. */
static void
try_next(struct link *link)
{
	struct addrinfo *address = link->next;

	hang_up(link);
	if (address == NULL) {
		link_over(link, LINK_UNREACHABLE, 0, link->end.text);
		return;
	}
	link->next = address->ai_next;
	link->state = LINK_CONNECTING;
	link->bufferevent = new_bufferevent(link);
	if (link->bufferevent == NULL) {
		link_over(link, LINK_UNREACHABLE, 0, "no memory");
		return;
	}
	bufferevent_setcb(link->bufferevent, read_cb, NULL, connect_cb, link);
	set_timer(link, CONNECT_SECONDS);
	/* What goes wrong at once is told to connect_cb, too. */
	bufferevent_socket_connect(link->bufferevent, address->ai_addr,
	    (int)address->ai_addrlen);
}

static void
look_up(struct link *link)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	int error = getaddrinfo(link->url.host, link->url.port, &hints,
	    &link->addresses);

	if (error != 0)
		snprintf(link->end.text, sizeof(link->end.text), "%s",
		    gai_strerror(error));
	link->next = error == 0 ? link->addresses : NULL;
	try_next(link);
}

static void
connected(struct link *link)
{
	char request[OPENING_REQUEST_SIZE];
	uint8_t nonce[OPENING_NONCE_BYTES];
	int on = 1;

	setsockopt(bufferevent_getfd(link->bufferevent), IPPROTO_TCP,
	    TCP_NODELAY, &on, sizeof(on));
	if (getrandom(nonce, sizeof(nonce), 0) != (ssize_t)sizeof(nonce)) {
		link_over(link, LINK_UNREACHABLE, 0, "no random bytes");
		return;
	}
	opening_key(nonce, link->key);
	link->state = LINK_OPENING;
	bufferevent_enable(link->bufferevent, EV_READ | EV_WRITE);
	bufferevent_write(link->bufferevent, request,
	    opening_request(&link->url, link->key, request));
}

/* A connection that failed or ended, whatever it was about. */
static void
failed(struct link *link, short what)
{
	const char *text =
	    what & BEV_EVENT_EOF ? "the connection was cut" : strerror(errno);
	bool was_open = link->state == LINK_OPEN || link->state == LINK_CLOSING;

	if (link->peer_closed) {
		link_over(link, LINK_CLOSED, link->end.code, link->end.text);
		return;
	}
	if (!tls_failure(link->bufferevent, link->end.text,
		sizeof(link->end.text)))
		snprintf(link->end.text, sizeof(link->end.text), "%s", text);
	if (was_open)
		link_over(link, LINK_BROKEN, 0, link->end.text);
	else
		try_next(link);
}

static void
connect_cb(struct bufferevent *bufferevent, short what, void *arg)
{
	struct link *link = arg;

	(void)bufferevent;
	if (what & BEV_EVENT_CONNECTED)
		connected(link);
	else if (link->state != LINK_OVER)
		failed(link, what);
}

/* --- time ----------------------------------------------------------------- */

static void
ping(struct link *link)
{
	link->silent_pings = link->heard ? 0 : link->silent_pings + 1;
	link->heard = false;
	if (link->silent_pings >= SILENT_PINGS_MOST) {
		link_over(link, LINK_BROKEN, 0, "the server fell silent");
		return;
	}
	send_frame(link, WS_PING, STR(""));
	set_timer(link, PING_SECONDS);
	if (link->ops->alive != NULL)
		link->ops->alive(link->arg);
}

static void
timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct link *link = arg;

	(void)fd;
	(void)what;
	switch (link->state) {
	case LINK_IDLE:
		look_up(link);
		break;
	case LINK_CONNECTING:
	case LINK_OPENING:
		snprintf(link->end.text, sizeof(link->end.text),
		    "no answer in %d seconds", CONNECT_SECONDS);
		try_next(link);
		break;
	case LINK_OPEN:
		ping(link);
		break;
	case LINK_CLOSING:
		link_over(link, LINK_CLOSED, link->end.code, link->end.text);
		break;
	case LINK_OVER:
		break;
	}
}

/* --- birth and death ------------------------------------------------------ */

struct link *
link_create(struct event_base *base, const struct url *url, struct tls *tls,
    const struct link_ops *ops, void *arg)
{
	struct link *link = calloc(1, sizeof(*link));

	if (link == NULL)
		return NULL;
	link->base = base;
	link->url = *url;
	link->tls = tls;
	link->ops = ops;
	link->arg = arg;
	frames_init(&link->frames);
	link->timer = evtimer_new(base, timer_cb, link);
	if (link->timer == NULL) {
		free(link);
		return NULL;
	}
	set_timer(link, 0);
	return link;
}

void
link_destroy(struct link *link)
{
	if (link == NULL)
		return;
	hang_up(link);
	event_free(link->timer);
	if (link->addresses != NULL)
		freeaddrinfo(link->addresses);
	frames_fini(&link->frames);
	free(link);
}
