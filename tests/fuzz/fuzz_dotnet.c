/*
 * Any bytes as a connection of `dotnet`: a stream has the same result in one
 * piece and byte by byte. Also as a single message, and as a text.
 */
#include <string.h>

#include "domain/text/utf8.h"
#include "tests/fuzz/dialects.h"
#include "wire/dotnet/dialect_dotnet.h"

static const struct wire_context context = {
	.json_depth = 32,
	.frame_bytes = 4096,
};

/* Of all steps and answers. */
struct digest {
	uint64_t hash;
	unsigned steps;
};

static void
digest_add(struct digest *digest, const void *data, size_t len)
{
	const unsigned char *at = data;

	for (size_t i = 0; i < len; i++)
		digest->hash = (digest->hash ^ at[i]) * 1099511628211u;
}

/* Does not add what an unfinished step has answered so far by itself. */
static bool
stream_read_step(void *state, struct stream_input *input, struct digest *digest)
{
	static struct scratch scratch;
	struct wire_text answer;
	struct command command;
	struct failure failure;
	enum stream_step step;

	wire_text_init(&answer);
	step = dotnet_stream.read(state, input, &context, &command, &failure,
	    &scratch, &answer);
	CHECK(!answer.failed && scratch.used <= sizeof(scratch.data));
	digest_add(digest, answer.data, answer.len);
	wire_text_fini(&answer);
	if (step == STREAM_WAITS) {
		CHECK(input->bytes.len == 0);
		return true;
	}
	digest_add(digest, &step, sizeof(step));
	digest->steps++;
	if (step == STREAM_CONNECTS)
		CHECK(dotnet_stream.form(state) < dotnet_stream.forms);
	if (step == STREAM_COMMAND) {
		digest_add(digest, &command.kind, sizeof(command.kind));
		digest_add(digest, command.body.data, command.body.len);
		if (failure.error == CHAT_OK)
			check_command(&command);
	}
	return step != STREAM_ENDS;
}

static struct digest
stream_digest(struct str bytes, size_t piece, bool is_text)
{
	struct digest digest = { 14695981039346656037u, 0 };
	void *state = malloc(dotnet_stream.state_size);
	bool goes_on = true;

	CHECK(state != NULL);
	dotnet_stream.init(state);
	for (size_t at = 0; at < bytes.len && goes_on; at += piece) {
		size_t len = bytes.len - at < piece ? bytes.len - at : piece;
		struct stream_input input = {
			.bytes = str_slice(bytes.data + at, len),
			.is_text = is_text,
		};

		do
			goes_on = stream_read_step(state, &input, &digest);
		while (goes_on && input.bytes.len > 0);
		CHECK(dotnet_stream.held(state) <=
		      4 * (context.frame_bytes + 20480) + 4096);
	}
	dotnet_stream.fini(state);
	free(state);
	return digest;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = str_slice((const char *)data, size);
	struct digest whole, parts;

	if (size == 0)
		return 0;
	whole = stream_digest(bytes, size, false);
	for (size_t piece = 1; piece <= 8; piece += 7) {
		parts = stream_digest(bytes, piece, false);
		CHECK(whole.hash == parts.hash && whole.steps == parts.steps);
	}
	/* The transport refuses other texts. */
	if (utf8_is_valid(bytes))
		(void)stream_digest(bytes, size, true);
	dialect_check_message(&dialect_dotnet, &context, bytes);
	return 0;
}
