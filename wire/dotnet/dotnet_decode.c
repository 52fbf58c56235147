/* Commands of the dotnet dialect: a JSON object, or a line. */
#include "domain/base/str_take.h"
#include "domain/base/str_trim.h"
#include "domain/log.h"
#include "wire/dotnet/dotnet_decode_internal.h"
#include "wire/json/json_writer.h"

#define TYPE_BYTES 64
#define LINE_BYTES 24000

static bool
key_is(const struct json_string *key, struct str name, bool any_case)
{
	struct str body = key->body;

	if (!any_case)
		return json_string_is(key, name);
	if (key->escaped || body.len != name.len)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if ((body.data[i] | 0x20) != (name.data[i] | 0x20))
			return false;
	return true;
}

/* Texts may be null, ToUsernames an array. */
static bool
value_fits(enum field field, const struct json_value *value)
{
	return value->type ==
	       (field == FIELD_TO_USERNAMES ? JSON_ARRAY : JSON_STRING);
}

static enum chat_error
read_fields(struct decoding *decoding, struct str text, size_t depth,
    bool any_case)
{
	struct json_reader reader;
	struct json_member member;
	bool fits = true;

	json_open(&reader, text, depth, &decoding->scratch->keys);
	while (json_next(&reader, &member))
		for (size_t i = 0; i < FIELDS_COUNT; i++) {
			if (!key_is(&member.key, dotnet_keys[i], any_case))
				continue;
			if (member.value.type == JSON_NULL)
				decoding->values[i].text = STR_ABSENT;
			else if (value_fits((enum field)i, &member.value))
				decoding->values[i] = member.value;
			else
				fits = false;
		}
	if (reader.error == JSON_OK && fits)
		return CHAT_OK;
	decoding->why->offset = reader.error_offset;
	return decoding->why->error = CHAT_BAD_JSON;
}

/* A message without a type is one for all. */
static struct str
read_type(struct decoding *decoding)
{
	const struct json_value *type = &decoding->values[FIELD_TYPE];

	return type->text.data == NULL ? STR("chat")
				       : scratch_string_cut(decoding->scratch,
					     &type->string, TYPE_BYTES);
}

/* The original logs a type that it does not know, and answers nothing. */
static enum chat_error
dotnet_decode_fields(struct decoding *decoding, struct command *out)
{
	const struct json_value *message = &decoding->values[FIELD_MESSAGE];
	const struct command_word *word;
	struct str type = read_type(decoding);

	/* What is not a slice of the message is copied. */
	out->word = scratch_text(decoding->scratch, type);
	decoding->why->command = out->word;
	decoding->at = decoding->end = "";
	if (message->text.data != NULL) {
		decoding->at = message->string.body.data;
		decoding->end = decoding->at + message->string.body.len;
	}
	word = dotnet_type_find(decoding->scratch, type);
	if (word != NULL)
		return command_word_decode(word, decoding, out);
	log_debug("dotnet: a message of a type that is not known");
	out->kind = COMMAND_NOOP;
	return CHAT_OK;
}

static enum chat_error
dotnet_decode_object(struct str message, size_t depth, bool any_case,
    struct command *out, struct failure *why, struct scratch *scratch)
{
	struct decoding decoding = { .scratch = scratch, .why = why };
	enum chat_error error;

	*out = (struct command){ 0 };
	*why = (struct failure){ 0 };
	scratch->used = 0;
	error = read_fields(&decoding, message, depth, any_case);
	return error == CHAT_OK ? dotnet_decode_fields(&decoding, out) : error;
}

enum chat_error
dotnet_decode(struct str message, const struct wire_context *context,
    struct command *out, struct failure *why, struct scratch *scratch)
{
	return dotnet_decode_object(message, context->json_depth, false, out,
	    why, scratch);
}

static size_t
escaped_length(struct str text)
{
	size_t len = text.len + 2;

	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.data[i] < 0x20 || text.data[i] == '"' ||
		    text.data[i] == '\\')
			len += 5;
	return len;
}

/* The text as a value of JSON. */
static struct json_value
scratch_json(struct scratch *scratch, struct str text)
{
	struct wire_text json = {
		.data = scratch->data + scratch->used,
		.capacity = sizeof(scratch->data) - scratch->used,
	};

	json_put_string(&json, text);
	scratch->used += json.len;
	return (struct json_value){
		.type = JSON_STRING,
		.text = str_slice(json.data, json.len),
		.string = { str_slice(json.data + 1, json.len - 2), true },
	};
}

static enum chat_error
decode_line(struct str line, struct command *out, struct failure *why,
    struct scratch *scratch)
{
	struct decoding decoding = { .scratch = scratch, .why = why };
	struct str rest = line;
	struct str type = str_take(&rest, STR(" "));
	enum chat_error error;

	*out = (struct command){ 0 };
	*why = (struct failure){ 0 };
	scratch->used = 0;
	rest = str_trim(rest, STR(" "));
	if (type.len > TYPE_BYTES || str_is_empty(type))
		return why->error = CHAT_UNKNOWN_COMMAND;
	if (escaped_length(rest) > LINE_BYTES) {
		why->limit = LINE_BYTES;
		return why->error = CHAT_MESSAGE_TOO_LARGE;
	}
	decoding.values[FIELD_TYPE] = scratch_json(scratch, type);
	decoding.values[FIELD_MESSAGE] = scratch_json(scratch, rest);
	error = dotnet_decode_fields(&decoding, out);
	return error == CHAT_OK && out->kind == COMMAND_NOOP
		   ? (why->error = CHAT_UNKNOWN_COMMAND)
		   : error;
}

enum chat_error
dotnet_decode_text(struct str text, const struct wire_context *context,
    struct command *out, struct failure *why, struct scratch *scratch)
{
	text = str_trim(text, STR(" \t\r\n"));
	return text.len > 0 && text.data[0] == '{'
		   ? dotnet_decode_object(text, context->json_depth, true, out,
			 why, scratch)
		   : decode_line(text, out, why, scratch);
}
