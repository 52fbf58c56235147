/* Commands of the topic dialect. */
#include <assert.h>

#include "domain/base/count_of.h"
#include "domain/text/names.h"
#include "wire/common/command_words.h"
#include "wire/common/scratch.h"
#include "wire/json/json_select.h"
#include "wire/topic/dialect_topic.h"
#include "wire/topic/topic_content.h"

#define WORD_BYTES 64
#define QUOTE_BYTES 160 /* of an unknown type, in the error text */
#define USERNAME_CHARS 20
#define TOPIC_CHARS 50

enum field {
	FIELD_TYPE,
	FIELD_MESSAGE,
	FIELD_USERNAME,
	FIELD_TOPIC,
	FIELDS_COUNT
};

static const struct str keys[FIELDS_COUNT] = {
	[FIELD_TYPE] = STR("type"),
	[FIELD_MESSAGE] = STR("message"),
	[FIELD_USERNAME] = STR("username"),
	[FIELD_TOPIC] = STR("topic"),
};

/* The state of the decoder for one message. */
struct decoding {
	enum wire_stage stage;
	struct scratch *scratch;
	struct failure *why;
	struct json_value values[FIELDS_COUNT];
};

_Static_assert(sizeof(((struct scratch *)0)->data) >=
		   TOPIC_MESSAGE_BYTES + TOPIC_MESSAGE_JSON + 1024,
    "scratch holds a message before and after cleaning");

/* --- joining -------------------------------------------------------------- */

static enum chat_error
topic_refuse(struct decoding *decoding, enum field field)
{
	static const struct str texts[FIELDS_COUNT] = {
		[FIELD_MESSAGE] = STR("Message must be 1-5000 characters"),
		[FIELD_USERNAME] =
		    STR("Username must be 1-20 alphanumeric characters"),
		[FIELD_TOPIC] =
		    STR("Topic must be 1-50 alphanumeric characters"),
	};

	decoding->why->field = keys[field];
	decoding->why->text = texts[field];
	return decoding->why->error = CHAT_BAD_FIELD;
}

/* In lower case. False: not a valid name of a member or topic. */
static bool
decode_plain_name(struct decoding *decoding, enum field field, size_t most,
    struct str *out)
{
	const struct json_value *value = &decoding->values[field];
	struct str name;

	if (!json_is_string(value) ||
	    !scratch_string(decoding->scratch, &value->string, most, &name) ||
	    !name_is_plain(name, most))
		return false;
	*out = scratch_lower(decoding->scratch, name);
	return true;
}

static enum chat_error
topic_decode_join(struct decoding *decoding, struct command *out)
{
	/* A repeated join is answered with the current topic. */
	if (decoding->stage == WIRE_INSIDE) {
		out->flags |= COMMAND_CURRENT_ROOM;
		return CHAT_OK;
	}
	if (!decode_plain_name(decoding, FIELD_USERNAME, USERNAME_CHARS,
		&out->name))
		return topic_refuse(decoding, FIELD_USERNAME);
	if (!decode_plain_name(decoding, FIELD_TOPIC, TOPIC_CHARS, &out->room))
		return topic_refuse(decoding, FIELD_TOPIC);
	if (name_is_reserved(out->name))
		return topic_refuse(decoding, FIELD_USERNAME);
	if (name_is_reserved(out->room))
		return topic_refuse(decoding, FIELD_TOPIC);
	out->flags |=
	    COMMAND_MAY_CREATE | COMMAND_LEAVES_OTHERS | COMMAND_OF_GUESTS;
	if (decoding->stage == WIRE_NEW)
		out->flags |= COMMAND_FATAL;
	out->ttl_ms = TOPIC_LIFE_MS;
	out->max_members = TOPIC_MEMBERS;
	out->max_rooms = TOPIC_ROOMS;
	return CHAT_OK;
}

/* --- being in a topic ----------------------------------------------------- */

static struct str
scratch_clean_message(struct scratch *scratch, struct str text)
{
	struct wire_text out = {
		.data = scratch->data + scratch->used,
		.capacity = sizeof(scratch->data) - scratch->used,
	};

	assert(out.capacity >= TOPIC_MESSAGE_JSON);
	topic_content_put(&out, text);
	scratch->used += out.len;
	return str_slice(out.data, out.len);
}

static enum chat_error
topic_decode_message(struct decoding *decoding, struct command *out)
{
	const struct json_value *message = &decoding->values[FIELD_MESSAGE];
	struct str text;

	if (message->text.data == NULL)
		return decoding->why->error = CHAT_BAD_JSON;
	out->flags |= COMMAND_BURST_LIMITED;
	if (message->type != JSON_STRING ||
	    !scratch_string(decoding->scratch, &message->string,
		TOPIC_MESSAGE_BYTES, &text) ||
	    !topic_content_is_allowed(text))
		return topic_refuse(decoding, FIELD_MESSAGE);
	out->body = topic_content_is_clean(text)
			? message->text
			: scratch_clean_message(decoding->scratch, text);
	return CHAT_OK;
}

/* --- all frames ----------------------------------------------------------- */

static const struct command_word command_words[] = {
	{ STR("message"), COMMAND_BROADCAST,
	    COMMAND_CURRENT_ROOM | COMMAND_ACK | COMMAND_ANY_SIZE,
	    topic_decode_message },
	{ STR("heartbeat"), COMMAND_PING, 0, NULL },
	{ STR("join"), COMMAND_ROOM_JOIN, COMMAND_UNLISTED, topic_decode_join },
	{ STR("leave"), COMMAND_ROOM_LEAVE, COMMAND_CURRENT_ROOM, NULL },
	{ STR("list"), COMMAND_ROOM_LIST,
	    COMMAND_OF_GUESTS | COMMAND_WITH_COUNTS, NULL },
	/* The original's page reports its own actions for logging. */
	{ STR("demo_log"), COMMAND_NOOP, 0, NULL },
};

static const struct command_word *
find_word(struct str word)
{
	return command_word_find(command_words, COUNT_OF(command_words), word);
}

/* The original's README documents frames without a type. */
static const struct command_word *
guess_word(const struct decoding *decoding)
{
	if (decoding->values[FIELD_MESSAGE].text.data != NULL &&
	    decoding->stage != WIRE_NEW)
		return find_word(STR("message"));
	if (decoding->values[FIELD_USERNAME].text.data != NULL ||
	    decoding->values[FIELD_TOPIC].text.data != NULL)
		return find_word(STR("join"));
	return NULL;
}

static const struct command_word *
choose_word(struct decoding *decoding, struct command *out)
{
	const struct json_value *type = &decoding->values[FIELD_TYPE];

	if (!json_is_given(type))
		return guess_word(decoding);
	if (type->type != JSON_STRING ||
	    !scratch_string(decoding->scratch, &type->string, WORD_BYTES,
		&out->word))
		return NULL;
	decoding->why->command = out->word;
	return find_word(out->word);
}

static enum chat_error
refuse_unknown_type(struct decoding *decoding)
{
	static const struct str head = STR("Unknown message type: ");
	const struct json_value *type = &decoding->values[FIELD_TYPE];
	struct scratch *scratch = decoding->scratch;
	struct str quote = STR("None"), text;

	if (json_is_given(type))
		quote = scratch_value_cut(scratch, type, QUOTE_BYTES);
	text = scratch_text(scratch, head);
	text.len += scratch_text(scratch, quote).len;
	decoding->why->text = text;
	return decoding->why->error = CHAT_UNKNOWN_COMMAND;
}

static enum chat_error
refuse_first_message(struct decoding *decoding)
{
	decoding->why->text = STR("First message must be join request");
	return decoding->why->error = CHAT_UNKNOWN_COMMAND;
}

static enum chat_error
decode_object(struct decoding *decoding, struct command *out)
{
	const struct command_word *word = choose_word(decoding, out);
	bool is_join = word != NULL && word->kind == COMMAND_ROOM_JOIN;

	if (decoding->stage == WIRE_NEW && !is_join)
		return refuse_first_message(decoding);
	return word != NULL ? command_word_decode(word, decoding, out)
			    : refuse_unknown_type(decoding);
}

/* The original's README documents /list as plain text. */
static enum chat_error
decode_other(struct decoding *decoding, struct str message, bool is_json,
    struct command *out)
{
	if (decoding->stage == WIRE_NEW && is_json)
		return refuse_first_message(decoding);
	if (decoding->stage != WIRE_NEW && str_equal(message, STR("/list")))
		return command_word_decode(find_word(STR("list")), decoding,
		    out);
	return decoding->why->error = CHAT_BAD_JSON;
}

enum chat_error
topic_decode(struct str message, const struct wire_context *context,
    struct command *out, struct failure *why, struct scratch *scratch)
{
	struct decoding decoding = { context->stage, scratch, why, { { 0 } } };
	size_t depth = context->json_depth;
	enum json_error json;
	enum chat_error error;

	*out = (struct command){ 0 };
	*why = (struct failure){ 0 };
	scratch->used = 0;
	json = json_select(message, depth, &scratch->keys, keys,
	    decoding.values, FIELDS_COUNT);
	if (json == JSON_OK)
		error = decode_object(&decoding, out);
	else
		error = decode_other(&decoding, message,
		    json == JSON_NOT_AN_OBJECT &&
			json_is_value(message, depth, &scratch->keys),
		    out);
	/* A failed handshake closes the connection. */
	why->fatal = error != CHAT_OK && context->stage == WIRE_NEW;
	return error;
}
