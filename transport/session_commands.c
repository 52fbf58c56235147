/* What the commands of a session are checked for before the chat gets them. */

#include <stdlib.h>
#include <string.h>

#include "domain/member.h"
#include "transport/fanout/hub.h"
#include "transport/session_internal.h"

/* A client that is refused this often in this time is closed. */
#define REFUSALS_MOST 100
#define REFUSALS_TICKS (10000 / WHEEL_TICK_MS)

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

void
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
	command->scope = session_scope(session);
	command->origin = peer_key(session->conn->peer);
	hub_note_author(sessions_of(session)->config.hub, session);
	return command_handle(sessions_of(session)->config.handler, command);
}

/* False: the connection ends. */
bool
session_connect_member(struct session *session, struct str name,
    const struct principal *principal)
{
	struct sessions *sessions = sessions_of(session);
	enum chat_error error;
	struct command command = {
		.kind = COMMAND_CONNECT,
		.flags = session->dialect->connect_flags,
		.connection = session->connection,
		.rights = session->rights,
		.scope = session_scope(session),
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

/* False: no memory. */
bool
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
command_lacks_connect(struct session *session, const struct command *command)
{
	struct failure failure = {
		.error = CHAT_FORBIDDEN,
		.command = command->word,
		.right = right_word(RIGHT_CONNECT),
		.text = STR("Not allowed without the right 'connect'"),
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
session_authenticate(struct session *session, struct command *command)
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
	if ((principal.rights & RIGHT_CONNECT) == 0) {
		command_lacks_connect(session, command);
		return;
	}
	session->rights = (uint16_t)principal.rights;
	if (!session_set_scope(session, principal.rooms) ||
	    !ws_conn_renew(session->conn, &principal))
		ws_conn_end(session->conn, WS_CLOSE_INTERNAL, "unavailable");
	else if (session->is_attached ? command_run(session, command) == CHAT_OK
				      : session_connect_member(session,
					    principal.name, &principal))
		answer_done(session, command);
}

/* CHAT_OK: it is carried out, or waits for that. */
enum chat_error
session_take_command(struct session *session, struct command *command,
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
void
session_take_limited(struct session *session, struct command *command,
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
bool
session_is_burst_limited(const struct session *session,
    const struct command *command)
{
	return (command->flags & COMMAND_BURST_LIMITED) &&
	       session->stage == WIRE_INSIDE &&
	       session->dialect->burst_limit.messages > 0;
}
