#include "tests/support/wire/decoded.h"

#include <check.h>
#include <stdlib.h>

#include "domain/base/count_of.h"
#include "wire/common/scratch.h"

static struct scratch scratch;

/* Called very often: reports only failures to libcheck. */
static void
assert_within(struct str text, struct str message)
{
	bool in_message = text.data >= message.data &&
			  text.data + text.len <= message.data + message.len;
	bool in_scratch = text.data >= scratch.data &&
			  text.data + text.len <= scratch.data + scratch.used;

	if (text.data != NULL && !in_message && !in_scratch)
		ck_abort_msg("a text of the command is from elsewhere");
}

static void
assert_texts_within(const struct decoded *decoded, struct str message)
{
	const struct command *command = &decoded->command;
	const struct str texts[] = { command->ref, command->word, command->room,
		command->name, command->recipient, command->body, command->key,
		command->fields, command->since_epoch, decoded->why.command };

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		assert_within(texts[i], message);
}

struct decoded
decode_watched(const struct dialect *dialect,
    const struct wire_context *context, struct str message)
{
	/* The last message, which its texts may point to. */
	static char *exact;
	struct decoded out;

	free(exact);
	exact = malloc(message.len == 0 ? 1 : message.len);
	if (exact == NULL)
		abort();
	memcpy(exact, message.data, message.len);
	message.data = exact;
	out.error =
	    dialect->decode(message, context, &out.command, &out.why, &scratch);
	if (out.error != out.why.error ||
	    (out.error == CHAT_BAD_FIELD) != (out.why.field.data != NULL) ||
	    (out.why.fatal && out.error == CHAT_OK) ||
	    out.why.offset > message.len)
		ck_abort_msg("not an answer that may be given");
	assert_texts_within(&out, message);
	return out;
}
