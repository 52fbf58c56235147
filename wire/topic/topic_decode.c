#include <assert.h>

#include "domain/base/count_of.h"
#include "domain/text/names.h"
#include "wire/common/command_words.h"
#include "wire/common/scratch.h"
#include "wire/json/json_select.h"
#include "wire/topic/dialect_topic.h"
#include "wire/topic/topic_content.h"

#define WORD_BYTES 64
#define QUOTE_BYTES 160 /* of what is not understood */
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

/* A message on its way to becoming a command. */
struct decoding {
	enum wire_stage stage;
	struct scratch *keep;
	struct failure *why;
	struct json_value values[FIELDS_COUNT];
};

_Static_assert(sizeof(((struct scratch *)0)->data) >=
		   TOPIC_MESSAGE_BYTES + TOPIC_MESSAGE_JSON + 1024,
    "keep has room for a message, before and after it is cleaned");

/* --- joining -------------------------------------------------------------- */

static enum chat_error
refuse(struct decoding *decoding, enum field field)
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

/* Without capitals, in keep. False: not the name of anything. */
static bool
take_plain(struct decoding *decoding, enum field field, size_t most,
    struct str *out)
{
	const struct json_value *value = &decoding->values[field];
	struct str name;

	if (!json_is_string(value) ||
	    !scratch_string(decoding->keep, &value->string, most, &name) ||
	    !name_is_plain(name, most))
		return false;
	*out = scratch_lower(decoding->keep, name);
	return true;
}

static enum chat_error
take_join(struct decoding *decoding, struct command *out)
{
	/* Whoever is in a topic hears again which one it is. */
	if (decoding->stage == WIRE_INSIDE) {
		out->flags |= COMMAND_CURRENT_ROOM;
		return CHAT_OK;
	}
	if (!take_plain(decoding, FIELD_USERNAME, USERNAME_CHARS, &out->name))
		return refuse(decoding, FIELD_USERNAME);
	if (!take_plain(decoding, FIELD_TOPIC, TOPIC_CHARS, &out->room))
		return refuse(decoding, FIELD_TOPIC);
	if (name_is_reserved(out->name))
		return refuse(decoding, FIELD_USERNAME);
	if (name_is_reserved(out->room))
		return refuse(decoding, FIELD_TOPIC);
	out->flags |=
	    COMMAND_MAY_CREATE | COMMAND_LEAVES_OTHERS | COMMAND_OF_GUESTS;
	if (decoding->stage == WIRE_NEW)
		out->flags |= COMMAND_OR_GO;
	out->ttl_ms = TOPIC_LIFE_MS;
	out->max_members = TOPIC_MEMBERS;
	out->max_rooms = TOPIC_ROOMS;
	return CHAT_OK;
}

/* --- being in a topic ----------------------------------------------------- */

static struct str
cleaned(struct scratch *keep, struct str text)
{
	struct wire_text out = {
		.data = keep->data + keep->used,
		.capacity = sizeof(keep->data) - keep->used,
	};

	assert(out.capacity >= TOPIC_MESSAGE_JSON);
	topic_content_put(&out, text);
	keep->used += out.len;
	return str_slice(out.data, out.len);
}

static enum chat_error
take_message(struct decoding *decoding, struct command *out)
{
	const struct json_value *message = &decoding->values[FIELD_MESSAGE];
	struct str text;

	if (message->text.data == NULL)
		return decoding->why->error = CHAT_BAD_JSON;
	out->flags |= COMMAND_PACED;
	if (message->type != JSON_STRING ||
	    !scratch_string(decoding->keep, &message->string,
		TOPIC_MESSAGE_BYTES, &text) ||
	    !topic_content_is_allowed(text))
		return refuse(decoding, FIELD_MESSAGE);
	out->body = topic_content_is_clean(text)
			? message->text
			: cleaned(decoding->keep, text);
	return CHAT_OK;
}

/* --- all frames ----------------------------------------------------------- */

static const struct command_word words[] = {
	{ STR("message"), COMMAND_BROADCAST,
	    COMMAND_CURRENT_ROOM | COMMAND_ACK | COMMAND_ANY_SIZE,
	    take_message },
	{ STR("heartbeat"), COMMAND_PING, 0, NULL },
	{ STR("join"), COMMAND_ROOM_JOIN, COMMAND_UNLISTED, take_join },
	{ STR("leave"), COMMAND_ROOM_LEAVE, COMMAND_CURRENT_ROOM, NULL },
	{ STR("list"), COMMAND_ROOM_LIST, COMMAND_OF_GUESTS, NULL },
	/* The page of the FastAPI server tells its server what it does. */
	{ STR("demo_log"), COMMAND_NOTHING, 0, NULL },
};

static const struct command_word *
find_word(struct str word)
{
	return command_word_find(words, COUNT_OF(words), word);
}

/* The README of the FastAPI server has frames without a type. */
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
	    !scratch_string(decoding->keep, &type->string, WORD_BYTES,
		&out->word))
		return NULL;
	decoding->why->command = out->word;
	return find_word(out->word);
}

static enum chat_error
unknown(struct decoding *decoding)
{
	static const struct str head = STR("Unknown message type: ");
	const struct json_value *type = &decoding->values[FIELD_TYPE];
	struct scratch *keep = decoding->keep;
	struct str quote = STR("None"), text;

	if (json_is_given(type))
		quote = scratch_value_cut(keep, type, QUOTE_BYTES);
	text = scratch_text(keep, head);
	text.len += scratch_text(keep, quote).len;
	decoding->why->text = text;
	return decoding->why->error = CHAT_UNKNOWN_COMMAND;
}

static enum chat_error
not_a_join(struct decoding *decoding)
{
	decoding->why->text = STR("First message must be join request");
	return decoding->why->error = CHAT_UNKNOWN_COMMAND;
}

static enum chat_error
take_object(struct decoding *decoding, struct command *out)
{
	const struct command_word *word = choose_word(decoding, out);
	bool is_join = word != NULL && word->kind == COMMAND_ROOM_JOIN;

	if (decoding->stage == WIRE_NEW && !is_join)
		return not_a_join(decoding);
	return word != NULL ? command_word_take(word, decoding, out)
			    : unknown(decoding);
}

/* The README has this one as plain text. */
static enum chat_error
take_other(struct decoding *decoding, struct str message, bool is_json,
    struct command *out)
{
	if (decoding->stage == WIRE_NEW && is_json)
		return not_a_join(decoding);
	if (decoding->stage != WIRE_NEW && str_equal(message, STR("/list")))
		return command_word_take(find_word(STR("list")), decoding, out);
	return decoding->why->error = CHAT_BAD_JSON;
}

enum chat_error
topic_decode(struct str message, const struct wire_context *context,
    struct command *out, struct failure *why, struct scratch *keep)
{
	struct decoding decoding = { context->stage, keep, why, { { 0 } } };
	size_t depth = context->json_depth;
	enum json_error json;
	enum chat_error error;

	*out = (struct command){ 0 };
	*why = (struct failure){ 0 };
	keep->used = 0;
	json = json_select(message, depth, keys, decoding.values, FIELDS_COUNT);
	if (json == JSON_OK)
		error = take_object(&decoding, out);
	else
		error = take_other(&decoding, message,
		    json == JSON_NOT_AN_OBJECT && json_is_value(message, depth),
		    out);
	/* A first frame that fails is the last one. */
	why->fatal = error != CHAT_OK && context->stage == WIRE_NEW;
	return error;
}
