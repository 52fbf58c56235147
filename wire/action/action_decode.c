/* Commands of the action dialect. */
#include "domain/base/count_of.h"
#include "wire/action/dialect_action.h"
#include "wire/common/command_words.h"
#include "wire/common/scratch.h"
#include "wire/json/json_select.h"

#define WORD_BYTES 64
/* Longer than any room id; longer names are cut. */
#define TEXT_BYTES 1024

/* The longest envelope of a message in any dialect. */
#define ENVELOPE_BYTES 512

/* The state of the decoder for one message. */
struct decoding {
	const struct wire_context *context;
	struct scratch *scratch;
	struct failure *why;
	struct json_value body;
};

static enum chat_error
action_refuse(struct decoding *decoding, struct str field, struct str text)
{
	decoding->why->field = field;
	decoding->why->text = text;
	return decoding->why->error = CHAT_BAD_FIELD;
}

/* --- command by command --------------------------------------------------- */

/* The Python server accepts any value as a name, also a missing one. */
static enum chat_error
action_decode_create(struct decoding *decoding, struct command *out)
{
	static const struct str keys[] = { STR("room_name"), STR("name") };
	const struct json_value *name = &decoding->body;
	struct json_value values[2];

	if (!json_is_given(name)) {
		out->name = scratch_text(decoding->scratch, STR("None"));
		return CHAT_OK;
	}
	if (name->type == JSON_OBJECT) {
		json_select(name->text, decoding->context->json_depth, NULL,
		    keys, values, 2);
		if (json_is_given(&values[0]))
			name = &values[0];
		else if (json_is_given(&values[1]))
			name = &values[1];
	}
	out->name = scratch_value_cut(decoding->scratch, name, TEXT_BYTES);
	return CHAT_OK;
}

static bool
is_zero(struct str number)
{
	for (size_t i = 0; i < number.len; i++) {
		if (number.data[i] == 'e' || number.data[i] == 'E')
			return true;
		if (number.data[i] >= '1' && number.data[i] <= '9')
			return false;
	}
	return true;
}

/* An array or object without items. */
static bool
is_empty_container(struct str brackets)
{
	for (size_t i = 1; i < brackets.len - 1; i++)
		if (strchr(" \t\r\n", brackets.data[i]) == NULL)
			return false;
	return true;
}

/* Falsy in Python. */
static bool
is_falsy(const struct json_value *value)
{
	if (!json_is_given(value))
		return true;
	switch (value->type) {
	case JSON_BOOLEAN:
		return value->text.data[0] == 'f';
	case JSON_NUMBER:
		return is_zero(value->text);
	case JSON_STRING:
		return str_is_empty(value->string.body);
	default:
		return is_empty_container(value->text);
	}
}

/* The id as such, or in an object. */
static enum chat_error
action_decode_join(struct decoding *decoding, struct command *out)
{
	static const struct str keys[] = { STR("room_id") };
	struct json_value id = decoding->body;

	if (is_falsy(&id))
		return decoding->why->error = CHAT_ROOM_NOT_FOUND;
	if (id.type == JSON_OBJECT)
		json_select(id.text, decoding->context->json_depth, NULL, keys,
		    &id, 1);
	else if (id.type != JSON_STRING)
		return action_refuse(decoding, STR("body"),
		    STR("join needs a room_id"));
	if (!json_is_given(&id))
		return decoding->why->error = CHAT_ROOM_NOT_FOUND;
	out->room = scratch_value_cut(decoding->scratch, &id, TEXT_BYTES);
	return CHAT_OK;
}

static enum chat_error
action_decode_message(struct decoding *decoding, struct command *out)
{
	size_t most = decoding->context->frame_bytes - ENVELOPE_BYTES;

	out->body = decoding->body.text;
	if (out->body.data == NULL)
		return action_refuse(decoding, STR("body"),
		    STR("message needs a body"));
	if (out->body.len > most) {
		decoding->why->limit = (int64_t)most;
		return decoding->why->error = CHAT_MESSAGE_TOO_LARGE;
	}
	return CHAT_OK;
}

static const struct command_word command_words[] = {
	{ STR("message"), COMMAND_BROADCAST,
	    COMMAND_CURRENT_ROOM | COMMAND_ACK | COMMAND_ANY_SIZE,
	    action_decode_message },
	{ STR("create"), COMMAND_ROOM_CREATE,
	    COMMAND_LEAVES_OTHERS | COMMAND_ANY_NAME, action_decode_create },
	{ STR("join"), COMMAND_ROOM_JOIN,
	    COMMAND_LEAVES_OTHERS | COMMAND_UNLISTED, action_decode_join },
	{ STR("leave"), COMMAND_ROOM_LEAVE, COMMAND_CURRENT_ROOM, NULL },
};

static enum chat_error
action_decode_command(struct decoding *decoding,
    const struct json_value *action, struct command *out)
{
	const struct command_word *word;

	if (!json_is_string(action) ||
	    !scratch_string(decoding->scratch, &action->string, WORD_BYTES,
		&out->word))
		return decoding->why->error = CHAT_UNKNOWN_COMMAND;
	decoding->why->command = out->word;
	word = command_word_find(command_words, COUNT_OF(command_words),
	    out->word);
	if (word == NULL)
		return decoding->why->error = CHAT_UNKNOWN_COMMAND;
	return command_word_decode(word, decoding, out);
}

enum chat_error
action_decode(struct str message, const struct wire_context *context,
    struct command *out, struct failure *why, struct scratch *scratch)
{
	static const struct str keys[] = { STR("action"), STR("body") };
	struct decoding decoding = { context, scratch, why, { 0 } };
	struct json_value values[2];
	enum json_error error;

	*out = (struct command){ 0 };
	*why = (struct failure){ 0 };
	scratch->used = 0;
	error = json_select(message, context->json_depth, &scratch->keys, keys,
	    values, 2);
	decoding.body = values[1];
	if (error == JSON_OK)
		return action_decode_command(&decoding, &values[0], out);
	/* Valid JSON that is not an object is an exception in the original. */
	if (error == JSON_NOT_AN_OBJECT &&
	    json_is_value(message, context->json_depth, &scratch->keys))
		return action_refuse(&decoding, STR("action"),
		    json_error_text(error));
	return why->error = CHAT_BAD_JSON;
}
