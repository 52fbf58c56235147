#include "transport/session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "domain/log.h"
#include "domain/member.h"
#include "domain/room.h"
#include "transport/fanout/downloads.h"
#include "transport/fanout/hub.h"
#include "transport/http/http.h"
#include "transport/http/path.h"
#include "transport/session_internal.h"
#include "transport/session_stream.h"
#include "transport/ws/ws_handshake.h"

static_assert(offsetof(struct session, member_id) <= 106, "one per connection");
static_assert(RIGHTS_BITS <= 16, "session.rights holds it");
static_assert(ID_SIZE <= UINT8_MAX, "session.id_size holds it");

/* The chat refuses long names, not the size of this buffer. */
#define NAME_PARAMETER_SIZE 1024

/* The deflater that all sessions share has the largest window. */
#define LEAST_WINDOW_BITS 15

void
session_free(struct session *session)
{
	if (session->extra != NULL) {
		session_stream_destroy(session->extra->stream);
		downloads_destroy(session->extra->downloads);
		free(session->extra->scope);
	}
	free(session->extra);
	free(session);
}

/* The size of the ids that its member may have. */
static size_t
session_id_size(const struct dialect *dialect,
    const struct principal *principal)
{
	size_t size = id_size(dialect->ids);

	if ((dialect->connect_flags & COMMAND_SHARED) &&
	    (principal->must_authenticate || principal->member_id.len >= size))
		size = PRINCIPAL_MEMBER_ID_LEN + 1;
	assert(size <= ID_SIZE);
	return size;
}

/* --- life cycle ----------------------------------------------------------- */

/* The name in ?name=. The chat refuses an empty one: it stands for an invalid
 * one, too. */
static struct str
requested_name(const struct http_request *request, char *buffer, size_t size)
{
	int len = http_query_get(request->query, "name", buffer, size);

	if (len == HTTP_QUERY_ABSENT)
		return STR_ABSENT;
	return str_slice(buffer, len < 0 ? 0 : (size_t)len);
}

/* A user has a name. */
static void
connect_candidate(struct session *session, const struct http_request *request,
    const struct principal *principal)
{
	char buffer[NAME_PARAMETER_SIZE];
	struct str name = principal->name;

	if (name.data == NULL)
		name = requested_name(request, buffer, sizeof(buffer));
	(void)session_connect_member(session, name, principal);
}

/*
 * The name that a guest joins with, if it is a user; the name of a member that
 * is connected later. Absent: none. Names that are too long are refused by the
 * chat, whatever is cut.
 */
static struct str
session_name_of(const struct dialect *dialect,
    const struct http_request *request, const struct principal *principal,
    char *buffer, size_t size)
{
	struct str name = principal->name;

	if (dialect->stream != NULL && name.data == NULL)
		name = requested_name(request, buffer, size);
	else if (dialect->stream == NULL &&
		 (!(dialect->connect_flags & COMMAND_GUEST) ||
		     str_is_empty(principal->user_id)))
		return STR_ABSENT;
	if (name.len > MEMBER_NAME_SIZE)
		name.len = MEMBER_NAME_SIZE;
	return name;
}

bool
session_add_stream(struct session *session, struct conn *conn)
{
	struct session_extra *extra = session_get_extra(session);

	if (extra != NULL)
		extra->stream = session_stream_create(session->dialect->stream,
		    conn, &conn->loop->input_bytes);
	return extra != NULL && extra->stream != NULL;
}

static void *
session_open(struct endpoint *endpoint, struct conn *conn,
    const struct http_request *request, const struct upgrade *upgrade,
    struct str response)
{
	struct sessions *sessions = (struct sessions *)endpoint;
	const struct dialect *dialect =
	    path_dialect(upgrade->listener, request->path);
	const struct principal *principal = upgrade->principal;
	char buffer[NAME_PARAMETER_SIZE];
	size_t size = session_id_size(dialect, principal);
	struct str name = session_name_of(dialect, request, principal, buffer,
	    sizeof(buffer));
	size_t name_size = name.data != NULL ? name.len + 1 : 0;
	struct session *session =
	    calloc(1, offsetof(struct session, member_id) + size + name_size);

	if (session == NULL)
		return NULL;
	session->dialect = dialect;
	if ((dialect->burst_limit.messages > 0 &&
		session_get_extra(session) == NULL) ||
	    (dialect->stream != NULL && !session_add_stream(session, conn))) {
		session_free(session);
		return NULL;
	}
	session->conn = conn;
	session->id_size = (uint8_t)size;
	session->rights = (uint16_t)principal->rights;
	session->is_user = !str_is_empty(principal->user_id);
	log_limited(LOG_INFO, "connection opened: %s", dialect->name);
	session->has_name = name.data != NULL;
	if (session->has_name)
		str_put(session_name(session), name);
	hub_add(sessions->config.hub, session, upgrade->deflate.on);
	hub_send_raw(sessions->config.hub, session, response);
	if (!session_set_scope(session, principal->rooms))
		ws_conn_end(conn, WS_CLOSE_INTERNAL, "unavailable");
	else if (dialect->stream == NULL && !principal->must_authenticate)
		connect_candidate(session, request, principal);
	if (trace_is_on(&conn->loop->trace))
		session_trace(session, TRACE_OPENED, STR_ABSENT,
		    str_from(dialect->name));
	return session;
}

/* A room's id stays good although its last member may leave. */
static void
name_lost_room(struct session *session, struct bye *bye, char *room,
    size_t size)
{
	if (!hub_find_lost(sessions_of(session)->config.hub, session, bye))
		return;
	assert(bye->room.len < size);
	memcpy(room, bye->room.data, bye->room.len);
	bye->room.data = room;
}

static void
session_leave(void *arg, const struct bye *bye)
{
	struct session *session = arg;
	struct sessions *sessions = sessions_of(session);
	struct command command = {
		.kind = COMMAND_DISCONNECT,
		.author = session_member(session),
		.connection = session->connection,
	};
	struct event event = { .kind = EVENT_BYE };
	char room[ROOM_ID_SIZE];

	if (bye != NULL) {
		event.bye = *bye;
		name_lost_room(session, &event.bye, room, sizeof(room));
	}
	if (session->is_attached)
		command_handle(sessions->config.handler, &command);
	hub_remove(sessions->config.hub, session);
	if (bye != NULL)
		hub_send_last(sessions->config.hub, session, &event);
	session_free(session);
}

static void
session_expiring(void *arg, int64_t at_ms)
{
	struct session *session = arg;
	struct event event = { .kind = EVENT_TOKEN_EXPIRING, .at_ms = at_ms };

	hub_send(sessions_of(session)->config.hub, session, &event);
}

static void
session_drained(void *arg)
{
	struct session *session = arg;

	const struct sessions_config *config = &sessions_of(session)->config;

	hub_drained(config->hub, session);
	downloads_continue(session, config->handler);
}

/* --- the endpoint --------------------------------------------------------- */

static void
endpoint_bind(struct endpoint *endpoint, struct chunk_pool *pool)
{
	const struct sessions_config *config =
	    &((struct sessions *)endpoint)->config;

	hub_bind(config->hub, pool, config->handler, config->limits);
}

static bool
endpoint_serves(struct endpoint *endpoint, const struct dialect *listener,
    struct str path)
{
	(void)endpoint;
	return path_dialect(listener, path) != NULL;
}

static void
endpoint_choose(struct endpoint *endpoint, const struct http_request *request,
    struct upgrade *upgrade)
{
	const struct dialect *dialect =
	    path_dialect(upgrade->listener, request->path);

	(void)endpoint;
	upgrade->idle_ms = dialect->idle_ms;
	upgrade->deflate_policy.least_window_bits = LEAST_WINDOW_BITS;
	upgrade->may_authenticate =
	    (dialect->connect_flags & COMMAND_SHARED) != 0;
	if (dialect->subprotocol != NULL &&
	    ws_handshake_offers(request, dialect->subprotocol))
		upgrade->subprotocol = dialect->subprotocol;
}

static void
endpoint_after_read(struct endpoint *endpoint)
{
	hub_flush_answers(((struct sessions *)endpoint)->config.hub);
}

static void
endpoint_flush(struct endpoint *endpoint)
{
	hub_flush(((struct sessions *)endpoint)->config.hub);
}

static struct pending
endpoint_pending(struct endpoint *endpoint)
{
	return hub_pending(((struct sessions *)endpoint)->config.hub);
}

static void
endpoint_tick(struct endpoint *endpoint)
{
	struct sessions *sessions = (struct sessions *)endpoint;
	struct command command = { .kind = COMMAND_TICK };

	session_streams_end_late(&sessions->unfinished);
	command_handle(sessions->config.handler, &command);
	hub_tidy(sessions->config.hub);
}

static void
endpoint_begin_pack(struct endpoint *endpoint)
{
	hub_begin_pack(((struct sessions *)endpoint)->config.hub);
}

static void
endpoint_pack_shared(struct endpoint *endpoint, struct packer *packer)
{
	hub_pack(((struct sessions *)endpoint)->config.hub, packer);
}

static bool
endpoint_unpack_shared(struct endpoint *endpoint, struct unpacker *from)
{
	return hub_unpack(((struct sessions *)endpoint)->config.hub, from);
}

static const struct endpoint_ops sessions_ops = {
	.bind = endpoint_bind,
	.serves = endpoint_serves,
	.choose = endpoint_choose,
	.open = session_open,
	.message = session_message,
	.go_on = session_go_on,
	.held = session_held,
	.leave = session_leave,
	.drained = session_drained,
	.expiring = session_expiring,
	.is_movable = session_is_movable,
	.pack = session_pack,
	.adopt = session_adopt,
	.begin_pack = endpoint_begin_pack,
	.pack_shared = endpoint_pack_shared,
	.unpack_shared = endpoint_unpack_shared,
	.after_read = endpoint_after_read,
	.flush = endpoint_flush,
	.pending = endpoint_pending,
	.tick = endpoint_tick,
};

struct sessions *
sessions_create(const struct sessions_config *config)
{
	struct sessions *sessions = calloc(1, sizeof(*sessions));

	if (sessions == NULL)
		return NULL;
	sessions->base.ops = &sessions_ops;
	list_init(&sessions->unfinished);
	sessions->config = *config;
	return sessions;
}

void
sessions_destroy(struct sessions *sessions)
{
	if (sessions != NULL)
		wire_text_fini(&sessions->answer);
	free(sessions);
}

struct endpoint *
sessions_endpoint(struct sessions *sessions)
{
	return &sessions->base;
}
