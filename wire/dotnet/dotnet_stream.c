/*
 * What a connection of the dotnet dialect sends: in binary messages a stream
 * of two channels with a JSON object in each line, in text messages commands.
 */
#include <assert.h>

#include "domain/base/count_of.h"
#include "domain/base/pack.h"
#include "domain/base/str_trim.h"
#include "domain/log.h"
#include "wire/common/scratch.h"
#include "wire/dotnet/dialect_dotnet.h"
#include "wire/dotnet/dotnet_files.h"
#include "wire/dotnet/mux.h"

#define NAME_BYTES 9 /* one more than the longest name that is known */

/* RFC 6455 §7.4.1 */
enum {
	CLOSE_NORMAL = 1000,
	CLOSE_PROTOCOL_ERROR = 1002,
	CLOSE_UNSUPPORTED = 1003,
	CLOSE_TOO_BIG = 1009,
	CLOSE_INTERNAL = 1011
};

enum stream_mode {
	MODE_UNKNOWN, /* nothing was received */
	MODE_CHANNELS,
	MODE_TEXT
};

enum channel_state {
	CHANNEL_NONE,
	CHANNEL_OPEN,
	CHANNEL_FINISHED /* the client sends nothing more there */
};

struct dotnet_channel {
	uint32_t id;
	uint8_t state;         /* enum channel_state */
	bool is_done;          /* line was decoded; it is not needed any more */
	struct wire_text line; /* that is not whole yet */
};

struct dotnet_state {
	struct mux_reader mux;
	uint8_t mode; /* enum stream_mode */
	bool is_connected;
	uint8_t name_len;
	char name[NAME_BYTES]; /* of the channel that is being offered */
	uint32_t last_offered;
	struct dotnet_channel messages;
	struct dotnet_channel files;
	struct dotnet_upload upload;
};

/*
 * The forms: what a client gets in one channel has the same bytes for all
 * clients with the same ids.
 */
static const struct form {
	uint32_t messages;
	uint32_t files;
} forms[] = {
	{ 0, 0 }, /* text */
	{ 1, 3 },
	{ 3, 1 },
	{ 3, 5 },
};

/* --- the state ------------------------------------------------------------ */

static void
stream_init(void *memory)
{
	struct dotnet_state *state = memory;

	*state = (struct dotnet_state){ .mode = MODE_UNKNOWN };
	wire_text_init(&state->messages.line);
	wire_text_init(&state->files.line);
}

static void
stream_fini(void *memory)
{
	struct dotnet_state *state = memory;

	wire_text_fini(&state->messages.line);
	wire_text_fini(&state->files.line);
}

static size_t
stream_held(const void *memory)
{
	const struct dotnet_state *state = memory;

	return state->messages.line.capacity + state->files.line.capacity;
}

static bool
channel_is_in_line(const struct dotnet_channel *channel)
{
	return channel->line.len > 0 && !channel->is_done;
}

/* The handshake is that of the stream, and the offers of both channels. */
static bool
stream_is_unfinished(const void *memory)
{
	const struct dotnet_state *state = memory;

	return state->mode == MODE_CHANNELS &&
	       (!state->is_connected || channel_is_in_line(&state->messages) ||
		   channel_is_in_line(&state->files));
}

/* COUNT_OF(forms): there is none. */
static unsigned
stream_form(const void *memory)
{
	const struct dotnet_state *state = memory;
	unsigned form = 0;

	while (form < COUNT_OF(forms) &&
	       (forms[form].messages != state->messages.id ||
		   forms[form].files != state->files.id))
		form++;
	return form;
}

static enum stream_step
dotnet_stream_end(struct wire_text *answer, unsigned code, const char *reason)
{
	answer->close_code = code;
	answer->close_reason = reason;
	return STREAM_ENDS;
}

/* --- lines ---------------------------------------------------------------- */

/* A line of the last step. */
static void
channel_release_line(struct dotnet_channel *channel)
{
	if (channel->is_done)
		wire_text_fini(&channel->line);
	channel->is_done = false;
}

/*
 * The original logs a line that it cannot read, and skips it. The client pays
 * for it like for a command.
 */
static enum stream_step
channel_decode_line(struct dotnet_state *state,
    const struct dotnet_channel *channel, struct str line,
    const struct wire_context *context, struct command *out,
    struct failure *why, struct scratch *scratch)
{
	enum chat_error error =
	    channel == &state->messages
		? dotnet_decode(line, context, out, why, scratch)
		: dotnet_decode_file(line, context, &state->upload, out, why,
		      scratch);

	if (error != CHAT_BAD_JSON)
		return STREAM_COMMAND;
	*why = (struct failure){ 0 };
	*out = (struct command){ .kind = COMMAND_NOOP };
	return STREAM_COMMAND;
}

/* Takes content up to the end of a line. False: there is no end yet. */
static bool
channel_take_line(struct dotnet_state *state, struct dotnet_channel *channel,
    struct stream_input *input, struct str *out)
{
	size_t len = mux_available(&state->mux, input->bytes);
	const char *end = len > 0 ? memchr(input->bytes.data, '\n', len) : NULL;

	if (end != NULL)
		len = (size_t)(end - input->bytes.data) + 1;
	*out = mux_take(&state->mux, &input->bytes, len);
	if (end != NULL && channel->line.len == 0)
		return true;
	wire_text_append(&channel->line, *out);
	*out = str_slice(channel->line.data, channel->line.len);
	channel->is_done = end != NULL;
	return end != NULL;
}

/* --- channels ------------------------------------------------------------- */

static struct dotnet_channel *
channel_named(struct dotnet_state *state)
{
	struct str name = str_slice(state->name, state->name_len);

	if (str_equal(name, STR("messages")))
		return &state->messages;
	return str_equal(name, STR("files")) ? &state->files : NULL;
}

static struct dotnet_channel *
channel_open_at(struct dotnet_state *state, uint32_t id)
{
	struct dotnet_channel *channels[] = { &state->messages, &state->files };

	for (size_t i = 0; i < COUNT_OF(channels); i++)
		if (channels[i]->state == CHANNEL_OPEN && channels[i]->id == id)
			return channels[i];
	return NULL;
}

/* The name arrives in pieces. True: it is whole. */
static bool
offer_read(struct dotnet_state *state, struct stream_input *input)
{
	size_t len = mux_available(&state->mux, input->bytes);
	struct str piece = mux_take(&state->mux, &input->bytes, len);

	if (piece.len > (size_t)(NAME_BYTES - state->name_len))
		piece.len = (size_t)(NAME_BYTES - state->name_len);
	str_put(state->name + state->name_len, piece);
	state->name_len = (uint8_t)(state->name_len + piece.len);
	return !state->mux.in_frame;
}

/* Channels with other names are refused. */
static enum stream_step
offer_answer(struct dotnet_state *state, struct wire_text *answer)
{
	struct dotnet_channel *channel = channel_named(state);
	uint32_t id = state->mux.channel;

	state->name_len = 0;
	if (id % 2 == 0 || id <= state->last_offered)
		return dotnet_stream_end(answer, CLOSE_PROTOCOL_ERROR,
		    "bad number of a channel");
	state->last_offered = id;
	if (channel == NULL || channel->state != CHANNEL_NONE) {
		mux_put_frame(answer, MUX_TERMINATE, id);
		return STREAM_WAITS;
	}
	channel->id = id;
	channel->state = CHANNEL_OPEN;
	mux_put_frame(answer, MUX_ACCEPT, id);
	if (state->messages.state != CHANNEL_OPEN ||
	    state->files.state != CHANNEL_OPEN)
		return STREAM_WAITS;
	if (stream_form(state) == COUNT_OF(forms))
		return dotnet_stream_end(answer, CLOSE_PROTOCOL_ERROR,
		    "messages and files must be offered first");
	state->is_connected = true;
	return STREAM_CONNECTS;
}

/* A channel that the client ends is ended in both directions. */
static enum stream_step
channel_end(struct dotnet_state *state, enum mux_code code,
    struct wire_text *answer)
{
	struct dotnet_channel *channel =
	    channel_open_at(state, state->mux.channel);

	if (channel == NULL && code == MUX_FINISH)
		return dotnet_stream_end(answer, CLOSE_PROTOCOL_ERROR,
		    "end of an unknown channel");
	if (channel == NULL)
		return STREAM_WAITS;
	mux_put_frame(answer, code, channel->id);
	channel->state = CHANNEL_FINISHED;
	if (channel == &state->files)
		return STREAM_WAITS;
	if (state->files.state == CHANNEL_OPEN)
		mux_put_frame(answer, MUX_FINISH, state->files.id);
	return dotnet_stream_end(answer, CLOSE_NORMAL, "");
}

/* --- frames --------------------------------------------------------------- */

static enum stream_step
content_read(struct dotnet_state *state, struct stream_input *input,
    const struct wire_context *context, struct command *out,
    struct failure *why, struct scratch *scratch, struct wire_text *answer)
{
	struct dotnet_channel *channel =
	    channel_open_at(state, state->mux.channel);
	struct str line;

	if (channel == NULL)
		return dotnet_stream_end(answer, CLOSE_PROTOCOL_ERROR,
		    "content of an unknown channel");
	if (!channel_take_line(state, channel, input, &line)) {
		if (channel->line.failed)
			return dotnet_stream_end(answer, CLOSE_INTERNAL,
			    "no memory to read");
		if (channel->line.len > context->frame_bytes)
			return dotnet_stream_end(answer, CLOSE_TOO_BIG,
			    "line is too long");
		return STREAM_WAITS;
	}
	if (channel->line.failed)
		return dotnet_stream_end(answer, CLOSE_INTERNAL,
		    "no memory to read");
	line = str_trim(line, STR(" \t\r\n"));
	/* Until both channels are open the client is not connected. */
	if (str_is_empty(line) || !state->is_connected) {
		channel_release_line(channel);
		return STREAM_WAITS;
	}
	return channel_decode_line(state, channel, line, context, out, why,
	    scratch);
}

/* Skips what a frame of another kind contains. True: it is whole. */
static bool
frame_skip(struct dotnet_state *state, struct stream_input *input)
{
	mux_take(&state->mux, &input->bytes,
	    mux_available(&state->mux, input->bytes));
	return !state->mux.in_frame;
}

/* STREAM_WAITS: goes on with what is left of the input. */
static enum stream_step
frame_handle(struct dotnet_state *state, struct stream_input *input,
    const struct wire_context *context, struct command *out,
    struct failure *why, struct scratch *scratch, struct wire_text *answer)
{
	enum mux_code code = state->mux.code;

	switch (code) {
	case MUX_OFFER:
		return offer_read(state, input) ? offer_answer(state, answer)
						: STREAM_WAITS;
	case MUX_CONTENT:
		return content_read(state, input, context, out, why, scratch,
		    answer);
	case MUX_ACCEPT:
		return dotnet_stream_end(answer, CLOSE_PROTOCOL_ERROR,
		    "no channel was offered");
	case MUX_FINISH:
	case MUX_TERMINATE:
		return frame_skip(state, input)
			   ? channel_end(state, code, answer)
			   : STREAM_WAITS;
	}
	(void)frame_skip(state, input);
	return STREAM_WAITS;
}

static enum stream_step
channels_read(struct dotnet_state *state, struct stream_input *input,
    const struct wire_context *context, struct command *out,
    struct failure *why, struct scratch *scratch, struct wire_text *answer)
{
	for (;;) {
		enum stream_step step;

		switch (mux_read(&state->mux, &input->bytes)) {
		case MUX_SHORT:
			return STREAM_WAITS;
		case MUX_HELLO:
			mux_put_hello(answer);
			break;
		case MUX_FRAME:
			step = frame_handle(state, input, context, out, why,
			    scratch, answer);
			if (step != STREAM_WAITS)
				return step;
			break;
		case MUX_BAD_MAGIC:
			return dotnet_stream_end(answer, CLOSE_PROTOCOL_ERROR,
			    "handshake magic number mismatch");
		case MUX_NO_ODD:
			return dotnet_stream_end(answer, CLOSE_PROTOCOL_ERROR,
			    "random bytes of the handshake are zero");
		case MUX_TOO_LONG:
			return dotnet_stream_end(answer, CLOSE_PROTOCOL_ERROR,
			    "frame of a channel is too long");
		}
	}
}

/* --- texts ---------------------------------------------------------------- */

static enum stream_step
dotnet_text_read(struct dotnet_state *state, struct stream_input *input,
    const struct wire_context *context, struct command *out,
    struct failure *why, struct scratch *scratch)
{
	struct str text = input->bytes;

	if (!state->is_connected) {
		state->is_connected = true;
		return STREAM_CONNECTS;
	}
	if (str_is_empty(text))
		return STREAM_WAITS;
	input->bytes = str_slice(text.data + text.len, 0);
	(void)dotnet_decode_text(text, context, out, why, scratch);
	return STREAM_COMMAND;
}

static enum stream_step
stream_read(void *memory, struct stream_input *input,
    const struct wire_context *context, struct command *out,
    struct failure *why, struct scratch *scratch, struct wire_text *answer)
{
	struct dotnet_state *state = memory;
	enum stream_mode mode = input->is_text ? MODE_TEXT : MODE_CHANNELS;

	channel_release_line(&state->messages);
	channel_release_line(&state->files);
	if (state->mode == MODE_UNKNOWN)
		state->mode = (uint8_t)mode;
	if (state->mode != mode)
		return dotnet_stream_end(answer, CLOSE_UNSUPPORTED,
		    "text and binary messages in one connection");
	return mode == MODE_TEXT
		   ? dotnet_text_read(state, input, context, out, why, scratch)
		   : channels_read(state, input, context, out, why, scratch,
			 answer);
}

/* A line of a channel. */
static void
line_wrap(struct wire_text *text, uint32_t channel)
{
	wire_text_append(text, STR("\n"));
	mux_wrap_content(text, channel);
}

/* A client without channels gets no files. */
static void
stream_wrap(struct wire_text *text, unsigned form)
{
	struct wire_text second;

	assert(form < COUNT_OF(forms));
	text->is_binary = form != 0;
	if (!text->has_second) {
		if (form != 0)
			line_wrap(text, forms[form].messages);
		return;
	}
	assert(text->second_at <= text->len);
	wire_text_init(&second);
	wire_text_append(&second, str_slice(text->data + text->second_at,
				      text->len - text->second_at));
	text->len = text->second_at;
	if (form != 0) {
		if (text->len > 0)
			line_wrap(text, forms[form].messages);
		line_wrap(&second, forms[form].files);
		wire_text_append(text, str_slice(second.data, second.len));
		text->failed |= second.failed;
	}
	wire_text_fini(&second);
}

/* --- for another process -------------------------------------------------- */

/* A line that was decoded is not needed any more. */
static void
channel_pack(const struct dotnet_channel *channel, struct packer *packer)
{
	pack_number(packer, channel->id);
	pack_number(packer, channel->state);
	pack_text(packer, channel->is_done ? STR("")
					   : str_slice(channel->line.data,
						 channel->line.len));
}

static void
stream_pack(const void *memory, struct packer *packer)
{
	const struct dotnet_state *state = memory;

	pack_value(packer, &state->mux, sizeof(state->mux));
	pack_number(packer, state->mode);
	pack_number(packer, state->is_connected);
	pack_text(packer, str_slice(state->name, state->name_len));
	pack_number(packer, state->last_offered);
	channel_pack(&state->messages, packer);
	channel_pack(&state->files, packer);
	pack_value(packer, &state->upload, sizeof(state->upload));
}

static void
channel_unpack(struct dotnet_channel *channel, struct unpacker *from)
{
	channel->id = (uint32_t)unpack_number(from);
	channel->state = (uint8_t)unpack_number(from);
	wire_text_append(&channel->line, unpack_text(from));
	from->failed |=
	    channel->line.failed || channel->state > CHANNEL_FINISHED;
}

static bool
stream_unpack(void *memory, struct unpacker *from)
{
	struct dotnet_state *state = memory;
	struct str name;

	unpack_value(from, &state->mux, sizeof(state->mux));
	state->mode = (uint8_t)unpack_number(from);
	state->is_connected = unpack_number(from) != 0;
	name = unpack_text(from);
	from->failed |= name.len > NAME_BYTES || state->mode > MODE_TEXT;
	if (from->failed)
		return false;
	str_put(state->name, name);
	state->name_len = (uint8_t)name.len;
	state->last_offered = (uint32_t)unpack_number(from);
	channel_unpack(&state->messages, from);
	channel_unpack(&state->files, from);
	unpack_value(from, &state->upload, sizeof(state->upload));
	return !from->failed;
}

const struct dialect_stream dotnet_stream = {
	.state_size = sizeof(struct dotnet_state),
	.forms = COUNT_OF(forms),
	.init = stream_init,
	.fini = stream_fini,
	.read = stream_read,
	.form = stream_form,
	.held = stream_held,
	.is_unfinished = stream_is_unfinished,
	.wrap = stream_wrap,
	.pushes_file = dotnet_pushes_file,
	.pack = stream_pack,
	.unpack = stream_unpack,
};
