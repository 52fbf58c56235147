/* WebSockets that another process goes on with. */

#include <stdlib.h>
#include <unistd.h>

#include "domain/base/pack.h"
#include "domain/log.h"
#include "transport/ws/endpoint.h"
#include "transport/ws/ws_conn_internal.h"

enum ws_flag {
	WS_HAS_DEFLATE = 1 << 0,
	WS_AWAITS_AUTH = 1 << 1,
	WS_SENT_EXPIRY = 1 << 2,
	WS_HAS_USER = 1 << 3,
	WS_IS_UNFINISHED = 1 << 4
};

bool
ws_conn_is(const struct conn *conn)
{
	return conn->protocol == &ws_protocol;
}

bool
ws_is_movable(const struct conn *conn)
{
	const struct ws_conn *ws = ws_of(conn);

	return ws->state == WS_STATE_OPEN && conn->has_sent &&
	       ws_service_of(conn)->endpoint->ops->is_movable(ws->session);
}

/* --- writing -------------------------------------------------------------- */

static unsigned
ws_flags(const struct ws_conn *ws)
{
	return (ws->deflate ? WS_HAS_DEFLATE : 0U) |
	       (ws->awaits_auth ? WS_AWAITS_AUTH : 0U) |
	       (ws->sent_expiry ? WS_SENT_EXPIRY : 0U) |
	       (ws->has_user ? WS_HAS_USER : 0U) |
	       (ws->unfinished != NULL ? WS_IS_UNFINISHED : 0U);
}

void
ws_pack(const struct conn *conn, struct packer *packer)
{
	const struct ws_conn *ws = ws_of(conn);
	const char *trace = log_trace_of(conn->number);

	pack_text(packer, str_from(trace != NULL ? trace : ""));
	pack_number(packer, ws_flags(ws));
	pack_number(packer, ws->resume_at);
	pack_number(packer, ws->pinged);
	pack_number(packer, ws->expires_at);
	pack_number(packer, ws->since);
	pack_number(packer, ws->idle_ticks);
	pack_value(packer, &ws->control, sizeof(ws->control));
	if (ws->has_user) {
		pack_value(packer,
		    ws_users_mark(&ws_service_of(conn)->users,
			(struct conn *)(uintptr_t)conn),
		    sizeof(struct principal_mark));
		pack_value(packer, ws->user, sizeof(*ws->user));
	} else
		pack_value(packer, &ws->own, sizeof(ws->own));
	if (ws->unfinished != NULL) {
		pack_number(packer, ws->unfinished->begun);
		ws_reader_pack(&ws->unfinished->reader, packer);
	}
	ws_service_of(conn)->endpoint->ops->pack(ws->session, packer);
}

/* --- reading -------------------------------------------------------------- */

/* The budget is that of all connections of the user: the same each time. */
static bool
ws_unpack_user(struct conn *conn, struct unpacker *from)
{
	struct ws_conn *ws = ws_of(conn);
	struct principal_mark mark;

	unpack_value(from, &mark, sizeof(mark));
	if (from->failed)
		return false;
	ws->user = ws_users_put(&ws_service_of(conn)->users, conn, &mark,
	    conn->loop->limits, conn->loop->now_ms);
	ws->has_user = ws->user != NULL;
	if (ws->has_user)
		unpack_value(from, ws->user, sizeof(*ws->user));
	return ws->has_user && !from->failed;
}

static bool
ws_unpack_unfinished(struct conn *conn, struct unpacker *from)
{
	struct ws_conn *ws = ws_of(conn);

	ws->unfinished = calloc(1, sizeof(*ws->unfinished));
	if (ws->unfinished == NULL)
		return false;
	ws->unfinished->begun = (uint32_t)unpack_number(from);
	return ws_reader_unpack(&ws->unfinished->reader,
	    &ws_service_of(conn)->reader_limits, from);
}

static bool
ws_unpack(struct conn *conn, struct unpacker *from)
{
	struct endpoint *endpoint = ws_service_of(conn)->endpoint;
	struct ws_conn *ws = ws_of(conn);
	char trace[LOG_TRACE_SIZE];
	unsigned flags;

	unpack_string(from, trace, sizeof(trace));
	if (from->failed || conn->number == 0)
		return false;
	log_set_trace(conn->number, str_from(trace));
	flags = (unsigned)unpack_number(from);
	ws->deflate = (flags & WS_HAS_DEFLATE) != 0;
	ws->awaits_auth = (flags & WS_AWAITS_AUTH) != 0;
	ws->sent_expiry = (flags & WS_SENT_EXPIRY) != 0;
	ws->resume_at = (uint32_t)unpack_number(from);
	ws->pinged = (uint32_t)unpack_number(from);
	ws->expires_at = (uint32_t)unpack_number(from);
	ws->since = (uint32_t)unpack_number(from);
	ws->idle_ticks = (uint16_t)unpack_number(from);
	unpack_value(from, &ws->control, sizeof(ws->control));
	if ((flags & WS_HAS_USER) == 0)
		unpack_value(from, &ws->own, sizeof(ws->own));
	else if (!ws_unpack_user(conn, from))
		return false;
	if ((flags & WS_IS_UNFINISHED) && !ws_unpack_unfinished(conn, from))
		return false;
	ws->session = endpoint->ops->adopt(endpoint, conn, ws->deflate, from);
	return ws->session != NULL;
}

struct conn *
ws_conn_adopt(struct loop *loop, int fd, struct unpacker *from)
{
	struct ws_service *service = loop->websockets;
	struct ws_conn *ws = calloc(1, sizeof(*ws));
	struct conn *conn;

	if (ws == NULL) {
		close(fd);
		return NULL;
	}
	conn = conn_create(loop, fd, NULL, &ws_protocol, ws);
	if (conn == NULL) {
		free(ws);
		return NULL;
	}
	service->open_count++;
	service->websocket_count++;
	if (conn_unpack(conn, from) && ws_unpack(conn, from)) {
		conn_go_on(conn);
		return conn;
	}
	conn_abort(conn);
	return NULL;
}
