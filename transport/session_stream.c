#include "transport/session_stream.h"

#include <assert.h>
#include <stdlib.h>

#include "domain/base/pack.h"
#include "transport/ws/ws_conn.h"

struct session_stream *
session_stream_create(const struct dialect_stream *ops, struct conn *conn,
    size_t *held)
{
	struct session_stream *stream =
	    calloc(1, sizeof(*stream) + ops->state_size);

	if (stream == NULL)
		return NULL;
	stream->ops = ops;
	stream->conn = conn;
	list_init(&stream->link);
	stream->held = held;
	ops->init(stream->state);
	return stream;
}

/* Counts what the dialect holds now. */
static void
stream_count(struct session_stream *stream, size_t now)
{
	*stream->held += now - stream->counted;
	stream->counted = now;
}

void
session_stream_destroy(struct session_stream *stream)
{
	if (stream == NULL)
		return;
	list_remove(&stream->link);
	input_buffer_free(&stream->rest, stream->held);
	stream->ops->fini(stream->state);
	stream_count(stream, 0);
	free(stream);
}

enum stream_step
session_stream_read(struct session_stream *stream, struct stream_input *input,
    const struct wire_context *context, struct command *command,
    struct failure *failure, struct scratch *scratch, struct wire_text *answer)
{
	enum stream_step step;

	wire_text_reset(answer);
	step = stream->ops->read(stream->state, input, context, command,
	    failure, scratch, answer);
	stream_count(stream, stream->ops->held(stream->state));
	return step;
}

/* --- deadlines ------------------------------------------------------------ */

static void
stream_begin_anew(struct session_stream *stream, struct list *unfinished)
{
	list_remove(&stream->link);
	stream->begun = conn_now(stream->conn);
	list_append(unfinished, &stream->link);
}

static void
stream_is_whole(struct session_stream *stream)
{
	list_remove(&stream->link);
	list_init(&stream->link);
}

void
session_stream_note(struct session_stream *stream, struct list *unfinished,
    bool has_stepped)
{
	if (!stream->ops->is_unfinished(stream->state))
		stream_is_whole(stream);
	else if (has_stepped || list_is_empty(&stream->link))
		stream_begin_anew(stream, unfinished);
}

/* While input is not read, the rest may be there already. */
void
session_streams_end_late(struct list *unfinished)
{
	while (!list_is_empty(unfinished)) {
		struct session_stream *stream =
		    LIST_OWNER(unfinished->next, struct session_stream, link);
		struct conn *conn = stream->conn;

		if (!conn_has_passed(conn,
			wheel_after(stream->begun,
			    conn->loop->limits->message_time_ms)))
			return;
		if (conn_is_paused(conn) || conn->lags) {
			stream_begin_anew(stream, unfinished);
			continue;
		}
		stream_is_whole(stream);
		ws_conn_end(conn, WS_CLOSE_POLICY, "message_timeout");
	}
}

/* --- what a pause leaves -------------------------------------------------- */

bool
session_stream_keep(struct session_stream *stream,
    const struct stream_input *input)
{
	assert(stream->rest == NULL);
	stream->rest_used = 0;
	stream->rest_is_text = input->is_text;
	return input_buffer_append(&stream->rest, input->bytes.data,
	    input->bytes.len, 0, stream->held);
}

struct stream_input
session_stream_rest(const struct session_stream *stream)
{
	const struct input_buffer *rest = stream->rest;

	assert(rest != NULL);
	return (struct stream_input){
		.bytes = str_slice(rest->data + stream->rest_used,
		    rest->len - stream->rest_used),
		.is_text = stream->rest_is_text,
	};
}

void
session_stream_advance(struct session_stream *stream,
    const struct stream_input *input)
{
	stream->rest_used = stream->rest->len - input->bytes.len;
	if (input->bytes.len == 0)
		input_buffer_free(&stream->rest, stream->held);
}

size_t
session_stream_held(const struct session_stream *stream)
{
	return stream->counted + input_buffer_size(stream->rest);
}

void
session_stream_pack(const struct session_stream *stream, struct packer *packer)
{
	struct stream_input rest = { .bytes = STR("") };

	if (stream->rest != NULL)
		rest = session_stream_rest(stream);
	pack_text(packer, rest.bytes);
	pack_number(packer, rest.is_text);
	stream->ops->pack(stream->state, packer);
}

bool
session_stream_unpack(struct session_stream *stream, struct unpacker *from)
{
	struct stream_input rest = { .bytes = unpack_text(from) };

	rest.is_text = unpack_number(from) != 0;
	if (from->failed || !session_stream_keep(stream, &rest) ||
	    !stream->ops->unpack(stream->state, from))
		return false;
	stream_count(stream, stream->ops->held(stream->state));
	return true;
}
