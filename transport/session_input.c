/* The messages of a session: decoded whole, or step by step. */

#include "transport/fanout/hub.h"
#include "transport/session_internal.h"
#include "transport/session_log.h"
#include "transport/session_stream.h"
#include "transport/worker.h"

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

/* --- streams ------------------------------------------------------------ */

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
	(void)session_connect_member(session, name, &principal);
}

static void
session_run_streamed(struct session *session, struct command *command,
    const struct failure *failure)
{
	struct worker *worker = worker_of(session->conn);
	bool is_file = command->kind == COMMAND_FILE_APPEND;
	int64_t begun_ns = monotonic_ns();
	enum chat_error error =
	    session_take_command(session, command, failure->error, failure);

	session_log_command(session, &worker->commands,
	    &(struct logged_command){
		.command = command,
		.failure = failure,
		.error = error,
		.took_us = (uint64_t)(monotonic_ns() - begun_ns) / 1000,
	    });
	if (is_file)
		ws_conn_await_files(session->conn);
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
	bool has_stepped = false;

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
		has_stepped |= step != STREAM_WAITS;
		hub_pause_if_full(sessions->config.hub, session);
	} while (step != STREAM_WAITS && ws_conn_go_on(session->conn) &&
		 ws_conn_is_open(session->conn));
	session_stream_note(stream, &sessions->unfinished, has_stepped);
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

void
session_go_on(void *arg)
{
	struct session *session = arg;
	struct session_stream *stream = session->extra->stream;
	struct stream_input input = session_stream_rest(stream);

	session_read_stream(session, &input);
	session_stream_advance(stream, &input);
	session->conn->has_rest = stream->rest != NULL;
}

size_t
session_held(const void *arg)
{
	const struct session *session = arg;

	return session->dialect->stream == NULL
		   ? 0
		   : session_stream_held(session->extra->stream);
}

/* --- messages ----------------------------------------------------------- */

void
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
	if (session_is_burst_limited(session, &command))
		session_take_limited(session, &command, error, &failure);
	else
		(void)session_take_command(session, &command, error, &failure);
	hub_pause_if_full(sessions->config.hub, session);
}
