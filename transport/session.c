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
#include "transport/session_log.h"
#include "transport/session_stream.h"
#include "transport/worker.h"
#include "transport/ws/ws_conn.h"
#include "transport/ws/ws_handshake.h"
#include "wire/common/scratch.h"

/* The chat refuses long names, not the size of this buffer. */
#define NAME_PARAMETER_SIZE 1024

/* A client that is refused this often in this time is closed. */
#define REFUSALS_MOST 100
#define REFUSALS_TICKS (10000 / WHEEL_TICK_MS)

/* The deflater that all sessions share has the largest window. */
#define LEAST_WINDOW_BITS 15

static_assert(offsetof(struct session, member_id) <= 127, "one per connection");
static_assert(RIGHTS_BITS <= 16, "session.rights holds it");
static_assert(ID_SIZE <= UINT8_MAX, "session.id_size holds it");

struct sessions {
	struct endpoint base;
	struct sessions_config config;
	struct scratch scratch;  /* of the current command */
	struct wire_text answer; /* of a stream */
};

static struct sessions *
sessions_of(const struct session *session)
{
	return (struct sessions *)ws_conn_endpoint(session->conn);
}

static void
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

/* --- messages in ---------------------------------------------------------- */

static void
answer_failure(struct session *session, const struct command *command,
    const struct failure *failure)
{
	struct event event = {
		.kind = EVENT_FAILED,
		.ref = command->ref,
		.at_ms = clock_wall_ms(session->conn->loop->clock),
		.failure = *failure,
	};

	hub_send(sessions_of(session)->config.hub, session, &event);
}

static void
answer_rate_limited(struct session *session, const struct command *command,
    int64_t wait_ms, const char *limit)
{
	struct failure failure = {
		.error = CHAT_RATE_LIMITED,
		.command = command->word,
		.exceeded = limit != NULL ? str_from(limit) : STR_ABSENT,
		.retry_after_ms = wait_ms,
	};

	answer_failure(session, command, &failure);
}

/* A client that goes on after so many refusals is closed. */
static void
command_refuse(struct session *session, const struct command *command,
    int64_t wait_ms, const char *limit)
{
	struct loop *loop = session->conn->loop;
	struct session_extra *extra = session_get_extra(session);
	uint32_t now = loop->wheel.now;

	meter_count_refusal(&loop->meter, "limits.patience");
	if (extra == NULL) {
		ws_conn_end(session->conn, WS_CLOSE_INTERNAL, "unavailable");
		return;
	}
	if (now - extra->refused_since > REFUSALS_TICKS) {
		extra->refused_since = now;
		extra->refused = 0;
	}
	if (++extra->refused >= REFUSALS_MOST)
		ws_conn_end(session->conn, WS_CLOSE_RATE_LIMITED,
		    "rate_limited");
	else
		answer_rate_limited(session, command, wait_ms, limit);
}

/* False: the command was refused. */
static bool
take_token(struct session *session, const struct command *command)
{
	const char *limit = NULL;
	int64_t wait_ms = ws_conn_refuse_ms(session->conn, &limit);

	/* A part of a file is never refused, but read later. */
	if (wait_ms > 0 && command->kind != COMMAND_FILE_APPEND) {
		command_refuse(session, command, wait_ms, limit);
		return false;
	}
	ws_conn_charge_command(session->conn,
	    command->kind == COMMAND_ROOM_JOIN ||
		command->kind == COMMAND_ROOM_CREATE);
	return true;
}

/* The name of the session's user is behind the id. */
static char *
session_name(struct session *session)
{
	return session->member_id + session->id_size;
}

static void
session_trace(const struct session *session, enum trace_kind kind,
    struct str room, struct str what)
{
	struct trace_entry entry = {
		.kind = kind,
		.connection = session->conn->number,
		.member = session_member(session),
		.room = room,
		.what = what,
	};

	trace_put(&session->conn->loop->trace, &entry);
}

static enum chat_error
command_run(struct session *session, struct command *command)
{
	if (trace_is_on(&session->conn->loop->trace))
		session_trace(session, TRACE_ACCEPTED, command->room,
		    command->word);
	meter_count_command(&session->conn->loop->meter, command->kind);
	if (session->has_name && command->kind == COMMAND_ROOM_JOIN) {
		command->name = str_from(session_name(session));
		command->flags |= COMMAND_USERS_NAME;
	}
	command->author = session_member(session);
	command->connection = session->connection;
	command->rights = session->rights;
	if (session->extra != NULL && session->extra->scope != NULL)
		command->scope = str_from(session->extra->scope);
	command->origin = peer_key(session->conn->peer);
	return command_handle(sessions_of(session)->config.handler, command);
}

/* False: the connection ends. */
static bool
connect_member(struct session *session, struct str name,
    const struct principal *principal)
{
	struct sessions *sessions = sessions_of(session);
	enum chat_error error;
	struct command command = {
		.kind = COMMAND_CONNECT,
		.flags = session->dialect->connect_flags,
		.connection = session->connection,
		.rights = session->rights,
		.peer = session,
		.id_style = session->dialect->ids,
		.principal = principal,
		.name = name,
	};

	error = command_handle(sessions->config.handler, &command);
	/* The other nodes are asked first. */
	if (error == CHAT_OK && !session->is_attached &&
	    !hub_await_member(sessions->config.hub, session))
		error = CHAT_UNAVAILABLE;
	if (error != CHAT_OK)
		hub_refuse(session, error);
	return error == CHAT_OK;
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

/* False: no memory. */
static bool
session_set_scope(struct session *session, struct str rooms)
{
	struct session_extra *extra = session->extra;

	if (extra != NULL) {
		free(extra->scope);
		extra->scope = NULL;
	}
	if (rooms.data == NULL)
		return true;
	extra = session_get_extra(session);
	if (extra != NULL)
		extra->scope = strndup(rooms.data, rooms.len);
	return extra != NULL && extra->scope != NULL;
}

/* A command that the chat is not asked about. */
static void
command_fail(struct session *session, const struct command *command,
    enum chat_error error, const char *text)
{
	struct failure failure = {
		.error = error,
		.command = command->word,
		.text = str_slice(text, strcspn(text, "\n")),
	};

	answer_failure(session, command, &failure);
}

static void
answer_done(struct session *session, const struct command *command)
{
	struct event event = {
		.kind = EVENT_DONE,
		.ref = command->ref,
		.failure.command = command->word,
	};

	hub_send(sessions_of(session)->config.hub, session, &event);
}

/*
 * COMMAND_AUTH: a token in place of the one that expires; or the first one of a
 * connection, whose member is connected then.
 */
static void
session_authenticate(struct session *session, const struct command *command)
{
	struct principal principal;
	const char *why =
	    ws_conn_verify(session->conn, command->token, &principal);

	if (why != NULL) {
		command_fail(session, command, CHAT_UNAUTHORIZED, why);
		return;
	}
	if (session->is_attached &&
	    !str_equal(session_member(session), principal.member_id)) {
		command_fail(session, command, CHAT_FORBIDDEN,
		    "Token of another user");
		return;
	}
	session->rights = (uint16_t)principal.rights;
	if (!session_set_scope(session, principal.rooms) ||
	    !ws_conn_renew(session->conn, &principal))
		ws_conn_end(session->conn, WS_CLOSE_INTERNAL, "unavailable");
	else if (session->is_attached ||
		 connect_member(session, principal.name, &principal))
		answer_done(session, command);
}

/* CHAT_OK: it is carried out, or waits for that. */
static enum chat_error
command_take(struct session *session, struct command *command,
    enum chat_error error, const struct failure *failure)
{
	if (!take_token(session, command))
		return CHAT_RATE_LIMITED;
	if (error != CHAT_OK)
		answer_failure(session, command, failure);
	else if (command->kind == COMMAND_AUTH)
		session_authenticate(session, command);
	else if (!session->is_attached)
		command_fail(session, command, CHAT_UNAUTHORIZED,
		    "Not authenticated yet");
	else
		error = command_run(session, command);
	return error;
}

/*
 * A message in a dialect with a burst limit: the limit is checked before errors
 * of the message, and only messages that are posted count. Others take a token
 * like any command, so that no flood is free.
 */
static void
command_take_limited(struct session *session, struct command *command,
    enum chat_error error, const struct failure *failure)
{
	const struct burst_limit *limit = &session->dialect->burst_limit;
	struct burst_limiter *limiter =
	    &session_get_extra(session)->burst_limiter;
	int64_t now_ms = session->conn->loop->now_ms;
	int64_t wait_ms = burst_limit_wait_ms(limiter, limit, now_ms);

	if (error == CHAT_OK && wait_ms == 0) {
		if (command_run(session, command) == CHAT_OK)
			burst_limit_count(limiter, limit, now_ms);
	} else if (take_token(session, command)) {
		if (wait_ms > 0)
			answer_rate_limited(session, command, wait_ms, NULL);
		else
			answer_failure(session, command, failure);
	}
}

/* Outside of rooms nothing is posted. */
static bool
is_burst_limited(const struct session *session, const struct command *command)
{
	return (command->flags & COMMAND_BURST_LIMITED) &&
	       session->stage == WIRE_INSIDE &&
	       session->dialect->burst_limit.messages > 0;
}

/*
 * Asks the chat whether the member is in a room, since the subscriptions of the
 * hub may be updated later. The hub notes that a member has left a room, so
 * that no stay is missed.
 */
static void
session_update_stage(struct session *session)
{
	struct command_handler *handler = sessions_of(session)->config.handler;

	if (!session->dialect->has_stages)
		return;
	if (command_is_in_room(handler, session_member(session)))
		session->stage = WIRE_INSIDE;
	else if (session->stage == WIRE_INSIDE)
		session->stage = WIRE_OUTSIDE;
}

static struct wire_context
wire_context_of(const struct session *session)
{
	const struct transport_limits *limits =
	    sessions_of(session)->config.limits;

	return (struct wire_context){
		.json_depth = limits->json_depth,
		.frame_bytes = limits->frame_bytes,
	};
}

/* --- streams in ----------------------------------------------------------- */

/* The client is ready. Its principal was that of the upgrade. */
static void
session_connect_later(struct session *session)
{
	struct principal principal = { .rights = session->rights };
	struct session_stream *stream = session->extra->stream;
	struct str name = STR_ABSENT;

	if (session->has_name)
		name = str_from(session_name(session));
	if (session->is_user)
		principal.user_id = principal.name = name;
	hub_set_form(session, stream->ops->form(stream->state));
	(void)connect_member(session, name, &principal);
}

static void
session_run_streamed(struct session *session, struct command *command,
    const struct failure *failure)
{
	struct worker *worker = worker_of(session->conn);
	int64_t begun_ns = monotonic_ns();
	enum chat_error error =
	    command_take(session, command, failure->error, failure);

	if (error == CHAT_OK && command->kind == COMMAND_FILE_ACCEPT)
		downloads_add(session, command->file.id);
	session_log_command(session, &worker->commands,
	    &(struct logged_command){
		.command = command,
		.failure = failure,
		.error = error,
		.took_us = (uint64_t)(monotonic_ns() - begun_ns) / 1000,
	    });
}

/* Reads until the connection has to wait for something. */
static void
session_read_stream(struct session *session, struct stream_input *input)
{
	struct sessions *sessions = sessions_of(session);
	struct session_stream *stream = session->extra->stream;
	struct wire_context context = wire_context_of(session);
	struct wire_text *answer = &sessions->answer;
	struct command command;
	struct failure failure;
	enum stream_step step;

	do {
		step = session_stream_read(stream, input, &context, &command,
		    &failure, &sessions->scratch, answer);
		if (answer->failed) {
			ws_conn_end_unsent(session->conn);
			return;
		}
		if (answer->len > 0)
			hub_send_binary(sessions->config.hub, session,
			    str_slice(answer->data, answer->len));
		if (step == STREAM_CONNECTS)
			session_connect_later(session);
		else if (step == STREAM_COMMAND) {
			session->conn->loop->meter.commands++;
			session_run_streamed(session, &command, &failure);
		} else if (step == STREAM_ENDS)
			ws_conn_end(session->conn, answer->close_code,
			    answer->close_reason);
		hub_pause_if_full(sessions->config.hub, session);
	} while (step != STREAM_WAITS && ws_conn_go_on(session->conn) &&
		 ws_conn_is_open(session->conn));
}

static void
session_read_message(struct session *session, enum ws_opcode opcode,
    struct str message)
{
	struct stream_input input = {
		.bytes = message,
		.is_text = opcode == WS_TEXT,
	};

	session_read_stream(session, &input);
	if (input.bytes.len == 0 || !ws_conn_is_open(session->conn))
		return;
	if (session_stream_keep(session->extra->stream, &input))
		session->conn->has_rest = true;
	else
		ws_conn_end_unsent(session->conn);
}

static void
session_go_on(void *arg)
{
	struct session *session = arg;
	struct session_stream *stream = session->extra->stream;
	struct stream_input input = session_stream_rest(stream);

	session_read_stream(session, &input);
	session_stream_advance(stream, &input);
	session->conn->has_rest = stream->rest != NULL;
}

static size_t
session_held(const void *arg)
{
	const struct session *session = arg;

	return session->dialect->stream == NULL
		   ? 0
		   : session_stream_held(session->extra->stream);
}

/* --- messages ------------------------------------------------------------- */

static void
session_message(void *arg, enum ws_opcode opcode, char *data, size_t len)
{
	struct session *session = arg;
	struct sessions *sessions = sessions_of(session);
	struct wire_context context = wire_context_of(session);
	struct command command;
	struct failure failure;
	enum chat_error error;

	if (session->dialect->stream != NULL) {
		session_read_message(session, opcode, str_slice(data, len));
		return;
	}
	session->conn->loop->meter.commands++;
	session_update_stage(session);
	context.stage = session->stage;
	error = session->dialect->decode(str_slice(data, len), &context,
	    &command, &failure, &sessions->scratch);
	if (is_burst_limited(session, &command))
		command_take_limited(session, &command, error, &failure);
	else
		(void)command_take(session, &command, error, &failure);
	hub_pause_if_full(sessions->config.hub, session);
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
	(void)connect_member(session, name, principal);
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

/* False: no memory. */
static bool
session_add_stream(struct session *session, const struct dialect_stream *ops,
    struct loop *loop)
{
	struct session_extra *extra = session_get_extra(session);

	if (extra != NULL)
		extra->stream = session_stream_create(ops, &loop->input_bytes);
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
	if ((dialect->burst_limit.messages > 0 &&
		session_get_extra(session) == NULL) ||
	    (dialect->stream != NULL &&
		!session_add_stream(session, dialect->stream, conn->loop))) {
		session_free(session);
		return NULL;
	}
	session->conn = conn;
	session->dialect = dialect;
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
	if (!hub_find_lost(session, bye))
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

	hub_drained(sessions_of(session)->config.hub, session);
	downloads_continue(session, sessions_of(session)->config.handler);
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
	const struct sessions *sessions = (struct sessions *)endpoint;
	struct command command = { .kind = COMMAND_TICK };

	command_handle(sessions->config.handler, &command);
	hub_tidy(sessions->config.hub);
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
