#include "domain/base/count_of.h"
#include "domain/room.h"
#include "wire/common/command_words.h"
#include "wire/native/dialect_native.h"
#include "wire/native/native_fields.h"

/* RFC 8259 §6: beyond this, two programs need not agree on an integer. */
#define INTEGER_MAX ((UINT64_C(1) << 53) - 1)

#define MESSAGES_MAX 1000 /* of limit, history */
#define MESSAGES_DEFAULT 50
#define ENTRIES_MAX 1000 /* of a list's limit */

/* A string of 1 to 64 bytes or an integer, kept as it was sent. */
static bool
ref_is_sound(const struct json_value *value)
{
	struct json_value digits = *value;
	char text[WORD_BYTES];
	uint64_t number;
	size_t len;

	if (value->type == JSON_STRING)
		return value->string.body.len > 0 &&
		       json_string_copy(&value->string, text, sizeof(text),
			   &len);
	if (value->type == JSON_NUMBER && *value->text.data == '-')
		digits.text =
		    str_slice(value->text.data + 1, value->text.len - 1);
	return json_unsigned(&digits, INTEGER_MAX, &number);
}

/* The Go server knows messages that are strings; rooms take any value. */
static enum chat_error
check_message(struct decoding *decoding, enum command_kind kind)
{
	bool anything =
	    kind == COMMAND_BROADCAST && decoding_has(decoding, FIELD_ROOM);

	if (decoding_has(decoding, FIELD_MESSAGE) && !anything &&
	    decoding->values[FIELD_MESSAGE].type != JSON_STRING)
		return decoding_refuse(decoding, FIELD_MESSAGE);
	return CHAT_OK;
}

/* --- command by command --------------------------------------------------- */

static enum chat_error
take_body(struct decoding *decoding, struct command *out)
{
	const struct json_value *message = &decoding->values[FIELD_MESSAGE];

	if (!decoding_has(decoding, FIELD_MESSAGE) ||
	    (message->type == JSON_STRING &&
		str_is_empty(message->string.body)))
		return decoding_refuse(decoding, FIELD_MESSAGE);
	out->body = message->text;
	return CHAT_OK;
}

/* An empty id is no id, and above all not the lobby. */
static enum chat_error
take_room_if_given(struct decoding *decoding, struct command *out)
{
	enum chat_error error =
	    decoding_take_optional(decoding, FIELD_ROOM, &out->room);

	if (error == CHAT_OK && out->room.data != NULL &&
	    str_is_empty(out->room))
		return decoding_refuse(decoding, FIELD_ROOM);
	return error;
}

static enum chat_error
take_room(struct decoding *decoding, struct command *out)
{
	if (!decoding_has(decoding, FIELD_ROOM))
		return decoding_refuse(decoding, FIELD_ROOM);
	return take_room_if_given(decoding, out);
}

static enum chat_error
take_key(struct decoding *decoding, struct command *out)
{
	if (!decoding_has(decoding, FIELD_KEY))
		return CHAT_OK;
	/* The lobby has no history in which a key could be found again. */
	if (!decoding_has(decoding, FIELD_ROOM) ||
	    !scratch_string(decoding->keep, &decoding->values[FIELD_KEY].string,
		WORD_BYTES, &out->key) ||
	    str_is_empty(out->key))
		return decoding_refuse(decoding, FIELD_KEY);
	return CHAT_OK;
}

static enum chat_error
take_broadcast(struct decoding *decoding, struct command *out)
{
	enum chat_error error = take_room_if_given(decoding, out);

	if (error == CHAT_OK)
		error = take_key(decoding, out);
	if (error == CHAT_OK)
		error = take_body(decoding, out);
	return error;
}

static enum chat_error
take_dm(struct decoding *decoding, struct command *out)
{
	enum chat_error error =
	    decoding_take_needed(decoding, FIELD_RECIPIENT, &out->recipient);

	if (out->recipient.data == NULL || str_is_empty(out->recipient)) {
		decoding->why->text = STR("Recipient is required for DM");
		return decoding_refuse(decoding, FIELD_RECIPIENT);
	}
	if (error == CHAT_OK)
		error = take_body(decoding, out);
	return error;
}

static enum chat_error
take_name(struct decoding *decoding, struct command *out)
{
	return decoding_take_needed(decoding, FIELD_NAME, &out->name);
}

static enum chat_error
take_create(struct decoding *decoding, struct command *out)
{
	uint64_t ttl_ms = 0, max_members = 0;
	enum chat_error error = take_name(decoding, out);

	if (error == CHAT_OK)
		error = take_room_if_given(decoding, out);
	if (error == CHAT_OK)
		error = decoding_take_unsigned(decoding, FIELD_TTL_MS,
		    ROOM_TTL_LEAST_MS, INTEGER_MAX, &ttl_ms);
	if (error == CHAT_OK)
		error = decoding_take_unsigned(decoding, FIELD_MAX_MEMBERS, 1,
		    UINT32_MAX, &max_members);
	out->ttl_ms = (int64_t)ttl_ms;
	out->max_members = (uint32_t)max_members;
	if (decoding_is_true(decoding, FIELD_PERSISTENT))
		out->flags |= COMMAND_PERSISTENT;
	return error;
}

static enum chat_error
take_limit(struct decoding *decoding, enum field field, uint64_t limit,
    struct command *out)
{
	enum chat_error error =
	    decoding_take_unsigned(decoding, field, 0, MESSAGES_MAX, &limit);

	out->limit = (uint32_t)limit;
	return error;
}

/* The two members of `since`, in one spelling only. */
static enum chat_error
take_since(struct decoding *decoding, struct command *out)
{
	bool has_epoch = false, has_seq = false;
	struct json_reader reader;
	struct json_member member;

	json_open(&reader, decoding->values[FIELD_SINCE].text, decoding->depth);
	while (json_next(&reader, &member)) {
		if (json_string_is(&member.key, STR("epoch")))
			has_epoch =
			    member.value.type == JSON_STRING &&
			    scratch_string(decoding->keep, &member.value.string,
				TEXT_BYTES, &out->since_epoch);
		else if (json_string_is(&member.key, STR("seq")))
			has_seq = json_unsigned(&member.value, INTEGER_MAX,
			    &out->since_seq);
	}
	if (!has_epoch)
		return decoding_refuse_path(decoding, STR("since.epoch"));
	if (!has_seq)
		return decoding_refuse_path(decoding, STR("since.seq"));
	out->flags |= COMMAND_HAS_SINCE;
	return CHAT_OK;
}

static enum chat_error
take_join(struct decoding *decoding, struct command *out)
{
	enum chat_error error = take_room(decoding, out);

	if (error == CHAT_OK)
		error = take_limit(decoding, FIELD_HISTORY, 0, out);
	if (error == CHAT_OK && decoding_has(decoding, FIELD_SINCE))
		error = take_since(decoding, out);
	if (decoding_is_true(decoding, FIELD_CREATE))
		out->flags |= COMMAND_MAY_CREATE;
	if (decoding_is_true(decoding, FIELD_PERSISTENT))
		out->flags |= COMMAND_PERSISTENT;
	return error;
}

static enum chat_error
take_history(struct decoding *decoding, struct command *out)
{
	enum chat_error error = take_room(decoding, out);

	if (error == CHAT_OK)
		error =
		    take_limit(decoding, FIELD_LIMIT, MESSAGES_DEFAULT, out);
	if (error != CHAT_OK)
		return error;
	if (decoding_has(decoding, FIELD_AFTER)) {
		/* There is no page on both sides. */
		if (decoding_has(decoding, FIELD_BEFORE))
			return decoding_refuse(decoding, FIELD_BEFORE);
		out->flags |= COMMAND_HAS_AFTER;
		return decoding_take_unsigned(decoding, FIELD_AFTER, 0,
		    INTEGER_MAX, &out->from_seq);
	}
	if (decoding_has(decoding, FIELD_BEFORE))
		out->flags |= COMMAND_HAS_BEFORE;
	return decoding_take_unsigned(decoding, FIELD_BEFORE, 0, INTEGER_MAX,
	    &out->from_seq);
}

/* A list of rooms or of names: all of it, or a page. */
static enum chat_error
take_page(struct decoding *decoding, struct command *out)
{
	uint64_t limit = 0;
	enum chat_error error = decoding_take_unsigned(decoding, FIELD_LIMIT, 1,
	    ENTRIES_MAX, &limit);

	out->limit = (uint32_t)limit;
	if (error != CHAT_OK)
		return error;
	if (decoding_has(decoding, FIELD_AFTER) &&
	    decoding->values[FIELD_AFTER].type != JSON_STRING)
		return decoding_refuse(decoding, FIELD_AFTER);
	return decoding_take_optional(decoding, FIELD_AFTER, &out->after);
}

static enum chat_error
take_list(struct decoding *decoding, struct command *out)
{
	enum chat_error error = take_room_if_given(decoding, out);

	return error == CHAT_OK ? take_page(decoding, out) : error;
}

static const struct command_word words[] = {
	{ STR("broadcast"), COMMAND_BROADCAST, 0, take_broadcast },
	{ STR("list"), COMMAND_LIST, 0, take_list },
	{ STR("me"), COMMAND_ME, 0, NULL },
	{ STR("dm"), COMMAND_DM, 0, take_dm },
	{ STR("name"), COMMAND_RENAME, 0, take_name },
	{ STR("create"), COMMAND_ROOM_CREATE, 0, take_create },
	{ STR("join"), COMMAND_ROOM_JOIN, 0, take_join },
	{ STR("leave"), COMMAND_ROOM_LEAVE, 0, take_room },
	{ STR("rooms"), COMMAND_ROOM_LIST, 0, take_page },
	{ STR("history"), COMMAND_HISTORY, 0, take_history },
	{ STR("typing"), COMMAND_TYPING, 0, take_room },
	{ STR("ping"), COMMAND_PING, 0, NULL },
};

/* What an answer needs, even one that says that all the rest is wrong. */
static void
take_envelope(struct decoding *decoding, struct command *out)
{
	const struct json_value *word = &decoding->values[FIELD_COMMAND];
	const struct json_value *ref = &decoding->values[FIELD_REF];
	struct str text;

	if (decoding_has(decoding, FIELD_COMMAND) &&
	    word->type == JSON_STRING &&
	    scratch_string(decoding->keep, &word->string, WORD_BYTES, &text))
		out->word = decoding->why->command = text;
	if (decoding_has(decoding, FIELD_REF) && ref_is_sound(ref))
		out->ref = ref->text;
}

static enum chat_error
take_command(struct decoding *decoding, struct command *out)
{
	const struct command_word *word;
	enum chat_error error;

	if (!decoding_has(decoding, FIELD_COMMAND) ||
	    decoding->values[FIELD_COMMAND].type != JSON_STRING)
		return decoding_refuse(decoding, FIELD_COMMAND);
	word = command_word_find(words, COUNT_OF(words), out->word);
	if (word == NULL)
		return decoding->why->error = CHAT_UNKNOWN_COMMAND;
	if (decoding_has(decoding, FIELD_REF) && out->ref.data == NULL)
		return decoding_refuse(decoding, FIELD_REF);
	error = decoding_check_types(decoding);
	if (error == CHAT_OK)
		error = check_message(decoding, word->kind);
	if (error == CHAT_OK)
		error = command_word_take(word, decoding, out);
	return error;
}

enum chat_error
command_decode(struct str message, const struct wire_context *context,
    struct command *out, struct failure *why, struct scratch *keep)
{
	struct decoding decoding;
	enum chat_error error;

	*out = (struct command){ 0 };
	*why = (struct failure){ 0 };
	keep->used = 0;
	decoding.seen = decoding.given = 0;
	decoding.depth = context->json_depth;
	decoding.keep = keep;
	decoding.why = why;
	error = decoding_read(&decoding, message);
	take_envelope(&decoding, out);
	return error == CHAT_OK ? take_command(&decoding, out) : error;
}
