/* From fields to commands: the table of commands and a decoder for each. */
#include "domain/base/count_of.h"
#include "domain/room.h"
#include "wire/common/command_words.h"
#include "wire/common/file_part.h"
#include "wire/native/dialect_native.h"
#include "wire/native/native_fields.h"

/* RFC 8259 §6: beyond this, two programs need not agree on an integer. */
#define INTEGER_MAX ((UINT64_C(1) << 53) - 1)

#define MESSAGES_MAX 1000 /* of limit, history */
#define MESSAGES_DEFAULT 50
#define ENTRIES_MAX 1000 /* of a list's limit */

/* A string of 1 to 64 bytes or an integer. */
static bool
ref_is_valid(const struct json_value *value)
{
	struct json_value digits;
	uint64_t number;
	size_t len;

	if (value->type == JSON_STRING) {
		len = json_string_len(&value->string);
		return len > 0 && len <= WORD_BYTES;
	}
	digits = *value;
	if (value->type == JSON_NUMBER && *value->text.data == '-')
		digits.text =
		    str_slice(value->text.data + 1, value->text.len - 1);
	return json_unsigned(&digits, INTEGER_MAX, &number);
}

/*
 * In a room any value; in the lobby and in dm a string, as the Go server has,
 * or a file.
 */
static enum chat_error
check_message_type(struct decoding *decoding, enum command_kind kind)
{
	bool any_type =
	    kind == COMMAND_EDIT ||
	    (kind == COMMAND_BROADCAST && decoding_has(decoding, FIELD_ROOM));
	const struct json_value *message = &decoding->values[FIELD_MESSAGE];
	struct file_view file;

	if (decoding_has(decoding, FIELD_MESSAGE) && !any_type &&
	    message->type != JSON_STRING &&
	    file_view_read(message->text, &file) == FILE_PART_NONE)
		return decoding_refuse(decoding, FIELD_MESSAGE);
	return CHAT_OK;
}

/* --- command by command --------------------------------------------------- */

static enum chat_error
decode_body(struct decoding *decoding, struct command *out)
{
	const struct json_value *message = &decoding->values[FIELD_MESSAGE];

	if (!decoding_has(decoding, FIELD_MESSAGE) ||
	    (message->type == JSON_STRING &&
		str_is_empty(message->string.body)))
		return decoding_refuse(decoding, FIELD_MESSAGE);
	out->body = message->text;
	return CHAT_OK;
}

/* An empty id is an error, not the lobby. */
static enum chat_error
decode_room_if_given(struct decoding *decoding, struct command *out)
{
	enum chat_error error =
	    decoding_get_optional(decoding, FIELD_ROOM, &out->room);

	if (error == CHAT_OK && out->room.data != NULL &&
	    str_is_empty(out->room))
		return decoding_refuse(decoding, FIELD_ROOM);
	return error;
}

static enum chat_error
decode_room(struct decoding *decoding, struct command *out)
{
	if (!decoding_has(decoding, FIELD_ROOM))
		return decoding_refuse(decoding, FIELD_ROOM);
	return decode_room_if_given(decoding, out);
}

static enum chat_error
decode_key(struct decoding *decoding, bool is_allowed, struct command *out)
{
	if (!decoding_has(decoding, FIELD_KEY))
		return CHAT_OK;
	if (!is_allowed ||
	    !scratch_string(decoding->scratch,
		&decoding->values[FIELD_KEY].string, WORD_BYTES, &out->key) ||
	    str_is_empty(out->key))
		return decoding_refuse(decoding, FIELD_KEY);
	return CHAT_OK;
}

static enum chat_error
decode_broadcast(struct decoding *decoding, struct command *out)
{
	enum chat_error error = decode_room_if_given(decoding, out);

	/* A key is looked up in the history, which the lobby does not have. */
	if (error == CHAT_OK)
		error = decode_key(decoding, decoding_has(decoding, FIELD_ROOM),
		    out);
	if (error == CHAT_OK)
		error = decode_body(decoding, out);
	return error;
}

static enum chat_error
decode_dm(struct decoding *decoding, struct command *out)
{
	enum chat_error error =
	    decoding_get_needed(decoding, FIELD_RECIPIENT, &out->recipient);

	if (out->recipient.data == NULL || str_is_empty(out->recipient)) {
		decoding->why->text = STR("Recipient is required for DM");
		return decoding_refuse(decoding, FIELD_RECIPIENT);
	}
	if (error == CHAT_OK)
		error = decode_key(decoding, true, out);
	if (error == CHAT_OK)
		error = decode_body(decoding, out);
	return error;
}

static enum chat_error
decode_name(struct decoding *decoding, struct command *out)
{
	return decoding_get_needed(decoding, FIELD_NAME, &out->name);
}

/* The options of a new room. */
static enum chat_error
decode_options(struct decoding *decoding, struct command *out)
{
	uint64_t slow_ms = 0;
	enum chat_error error =
	    decoding_get_optional(decoding, FIELD_TOPIC, &out->topic);

	if (error == CHAT_OK)
		error = decoding_get_unsigned(decoding, FIELD_SLOW_MS, 0,
		    INTEGER_MAX, &slow_ms);
	out->slow_ms = (int64_t)slow_ms;
	if (decoding_is_true(decoding, FIELD_PERSISTENT))
		out->flags |= COMMAND_PERSISTENT;
	if (decoding_is_true(decoding, FIELD_PRIVATE))
		out->flags |= COMMAND_PRIVATE;
	if (decoding_is_true(decoding, FIELD_MODERATED))
		out->flags |= COMMAND_MODERATED;
	return error;
}

static enum chat_error
decode_create(struct decoding *decoding, struct command *out)
{
	uint64_t ttl_ms = 0, max_members = 0;
	enum chat_error error = decode_name(decoding, out);

	if (error == CHAT_OK)
		error = decode_room_if_given(decoding, out);
	if (error == CHAT_OK)
		error = decoding_get_unsigned(decoding, FIELD_TTL_MS,
		    ROOM_TTL_LEAST_MS, INTEGER_MAX, &ttl_ms);
	if (error == CHAT_OK)
		error = decoding_get_unsigned(decoding, FIELD_MAX_MEMBERS, 1,
		    UINT32_MAX, &max_members);
	if (error == CHAT_OK)
		error = decode_options(decoding, out);
	out->ttl_ms = (int64_t)ttl_ms;
	out->max_members = (uint32_t)max_members;
	return error;
}

static enum chat_error
decode_limit(struct decoding *decoding, enum field field, uint64_t limit,
    struct command *out)
{
	enum chat_error error =
	    decoding_get_unsigned(decoding, field, 0, MESSAGES_MAX, &limit);

	out->limit = (uint32_t)limit;
	return error;
}

/* The two members of `since`; here the letter case of keys counts. */
static enum chat_error
decode_since(struct decoding *decoding, struct command *out)
{
	bool has_epoch = false, has_seq = false;
	struct json_reader reader;
	struct json_member member;

	json_open(&reader, decoding->values[FIELD_SINCE].text, decoding->depth,
	    NULL);
	while (json_next(&reader, &member)) {
		if (json_string_is(&member.key, STR("epoch")))
			has_epoch = member.value.type == JSON_STRING &&
				    scratch_string(decoding->scratch,
					&member.value.string, TEXT_BYTES,
					&out->since_epoch);
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
decode_join(struct decoding *decoding, struct command *out)
{
	enum chat_error error = decode_room(decoding, out);

	if (error == CHAT_OK)
		error = decode_limit(decoding, FIELD_HISTORY, 0, out);
	if (error == CHAT_OK && decoding_has(decoding, FIELD_SINCE))
		error = decode_since(decoding, out);
	if (error == CHAT_OK)
		error = decode_options(decoding, out);
	if (decoding_is_true(decoding, FIELD_CREATE))
		out->flags |= COMMAND_MAY_CREATE;
	return error;
}

static enum chat_error
decode_history(struct decoding *decoding, struct command *out)
{
	enum chat_error error = decode_room(decoding, out);

	if (error == CHAT_OK)
		error =
		    decode_limit(decoding, FIELD_LIMIT, MESSAGES_DEFAULT, out);
	if (error != CHAT_OK)
		return error;
	if (decoding_has(decoding, FIELD_AFTER)) {
		/* A page is on one side only. */
		if (decoding_has(decoding, FIELD_BEFORE))
			return decoding_refuse(decoding, FIELD_BEFORE);
		out->flags |= COMMAND_HAS_AFTER;
		return decoding_get_unsigned(decoding, FIELD_AFTER, 0,
		    INTEGER_MAX, &out->from_seq);
	}
	if (decoding_has(decoding, FIELD_BEFORE))
		out->flags |= COMMAND_HAS_BEFORE;
	return decoding_get_unsigned(decoding, FIELD_BEFORE, 0, INTEGER_MAX,
	    &out->from_seq);
}

/* Tokens are longer than other texts, and need no escapes. */
static enum chat_error
decode_auth(struct decoding *decoding, struct command *out)
{
	const struct json_string *token = &decoding->values[FIELD_TOKEN].string;

	if (!decoding_has(decoding, FIELD_TOKEN) || token->escaped ||
	    str_is_empty(token->body))
		return decoding_refuse(decoding, FIELD_TOKEN);
	out->token = token->body;
	return CHAT_OK;
}

/* A list of rooms or of names: all of it, or a page. */
static enum chat_error
decode_page(struct decoding *decoding, struct command *out)
{
	uint64_t limit = 0;
	enum chat_error error = decoding_get_unsigned(decoding, FIELD_LIMIT, 1,
	    ENTRIES_MAX, &limit);

	out->limit = (uint32_t)limit;
	if (error != CHAT_OK)
		return error;
	if (decoding_has(decoding, FIELD_AFTER) &&
	    decoding->values[FIELD_AFTER].type != JSON_STRING)
		return decoding_refuse(decoding, FIELD_AFTER);
	return decoding_get_optional(decoding, FIELD_AFTER, &out->after);
}

static enum chat_error
decode_list(struct decoding *decoding, struct command *out)
{
	enum chat_error error = decode_room_if_given(decoding, out);

	if (decoding_is_true(decoding, FIELD_IDS))
		out->flags |= COMMAND_WITH_IDS;
	return error == CHAT_OK ? decode_page(decoding, out) : error;
}

static enum chat_error
decode_rooms(struct decoding *decoding, struct command *out)
{
	if (decoding_is_true(decoding, FIELD_MINE))
		out->flags |= COMMAND_MINE;
	return decode_page(decoding, out);
}

/* A message of a room. */
static enum chat_error
decode_room_and_seq(struct decoding *decoding, struct command *out)
{
	enum chat_error error = decode_room(decoding, out);

	if (error == CHAT_OK && !decoding_has(decoding, FIELD_SEQ))
		error = decoding_refuse(decoding, FIELD_SEQ);
	if (error == CHAT_OK)
		error = decoding_get_unsigned(decoding, FIELD_SEQ, 1,
		    INTEGER_MAX, &out->from_seq);
	return error;
}

static enum chat_error
decode_redact(struct decoding *decoding, struct command *out)
{
	enum chat_error error = decode_room_and_seq(decoding, out);

	if (error == CHAT_OK)
		error =
		    decoding_get_optional(decoding, FIELD_REASON, &out->reason);
	return error;
}

static enum chat_error
decode_edit(struct decoding *decoding, struct command *out)
{
	enum chat_error error = decode_room_and_seq(decoding, out);

	return error == CHAT_OK ? decode_body(decoding, out) : error;
}

static enum chat_error
decode_react(struct decoding *decoding, struct command *out)
{
	enum chat_error error = decode_room_and_seq(decoding, out);

	if (error == CHAT_OK)
		error = decoding_get_needed(decoding, FIELD_REACTION,
		    &out->reaction);
	if (decoding_is_true(decoding, FIELD_REMOVE))
		out->flags |= COMMAND_REMOVE;
	return error;
}

/* --- moderation ----------------------------------------------------------- */

/* A member of a room, and why something is done to it. */
static enum chat_error
decode_target(struct decoding *decoding, struct command *out)
{
	uint64_t duration_ms = 0;
	enum chat_error error = decode_room(decoding, out);

	if (error == CHAT_OK)
		error = decoding_get_needed(decoding, FIELD_MEMBER,
		    &out->recipient);
	if (error == CHAT_OK && str_is_empty(out->recipient))
		error = decoding_refuse(decoding, FIELD_MEMBER);
	if (error == CHAT_OK)
		error =
		    decoding_get_optional(decoding, FIELD_REASON, &out->reason);
	if (error == CHAT_OK)
		error = decoding_get_unsigned(decoding, FIELD_DURATION_MS, 1,
		    INTEGER_MAX, &duration_ms);
	out->duration_ms = (int64_t)duration_ms;
	return error;
}

static enum chat_error
decode_role(struct decoding *decoding, struct command *out)
{
	enum chat_error error = decode_target(decoding, out);

	return error == CHAT_OK
		   ? decoding_get_needed(decoding, FIELD_ROLE, &out->role)
		   : error;
}

/* An empty topic removes it. */
static enum chat_error
decode_topic(struct decoding *decoding, struct command *out)
{
	enum chat_error error = decode_room(decoding, out);

	return error == CHAT_OK
		   ? decoding_get_needed(decoding, FIELD_TOPIC, &out->topic)
		   : error;
}

static enum chat_error
decode_slow(struct decoding *decoding, struct command *out)
{
	uint64_t slow_ms = 0;
	enum chat_error error = decode_room(decoding, out);

	if (error == CHAT_OK && !decoding_has(decoding, FIELD_SLOW_MS))
		return decoding_refuse(decoding, FIELD_SLOW_MS);
	if (error == CHAT_OK)
		error = decoding_get_unsigned(decoding, FIELD_SLOW_MS, 0,
		    INTEGER_MAX, &slow_ms);
	out->slow_ms = (int64_t)slow_ms;
	return error;
}

static const struct command_word command_words[] = {
	{ STR("broadcast"), COMMAND_BROADCAST, 0, decode_broadcast },
	{ STR("ping"), COMMAND_PING, 0, NULL },
	{ STR("typing"), COMMAND_TYPING, 0, decode_room },
	{ STR("read"), COMMAND_READ, 0, decode_room_and_seq },
	{ STR("list"), COMMAND_LIST, 0, decode_list },
	{ STR("me"), COMMAND_ME, 0, NULL },
	{ STR("dm"), COMMAND_DM, 0, decode_dm },
	{ STR("name"), COMMAND_RENAME, 0, decode_name },
	{ STR("create"), COMMAND_ROOM_CREATE, 0, decode_create },
	{ STR("join"), COMMAND_ROOM_JOIN, 0, decode_join },
	{ STR("leave"), COMMAND_ROOM_LEAVE, 0, decode_room },
	{ STR("rooms"), COMMAND_ROOM_LIST, 0, decode_rooms },
	{ STR("history"), COMMAND_HISTORY, 0, decode_history },
	{ STR("redact"), COMMAND_REDACT, 0, decode_redact },
	{ STR("edit"), COMMAND_EDIT, 0, decode_edit },
	{ STR("react"), COMMAND_REACT, 0, decode_react },
	{ STR("auth"), COMMAND_AUTH, 0, decode_auth },
	{ STR("invite"), COMMAND_INVITE, 0, decode_target },
	{ STR("kick"), COMMAND_KICK, 0, decode_target },
	{ STR("mute"), COMMAND_MUTE, 0, decode_target },
	{ STR("unmute"), COMMAND_UNMUTE, 0, decode_target },
	{ STR("ban"), COMMAND_BAN, 0, decode_target },
	{ STR("unban"), COMMAND_UNBAN, 0, decode_target },
	{ STR("role"), COMMAND_ROLE, 0, decode_role },
	{ STR("topic"), COMMAND_TOPIC, 0, decode_topic },
	{ STR("slow"), COMMAND_SLOW, 0, decode_slow },
	{ STR("delete"), COMMAND_ROOM_DELETE, 0, decode_room },
};

/* The fields of every answer, failures included. */
static void
decode_envelope(struct decoding *decoding, struct command *out)
{
	const struct json_value *word = &decoding->values[FIELD_COMMAND];
	const struct json_value *ref = &decoding->values[FIELD_REF];
	struct str text;

	if (decoding_has(decoding, FIELD_COMMAND) &&
	    word->type == JSON_STRING &&
	    scratch_string(decoding->scratch, &word->string, WORD_BYTES, &text))
		out->word = decoding->why->command = text;
	if (decoding_has(decoding, FIELD_REF) && ref_is_valid(ref))
		out->ref = ref->text;
}

static enum chat_error
decode_command(struct decoding *decoding, struct command *out)
{
	const struct command_word *word;
	enum chat_error error;

	if (!decoding_has(decoding, FIELD_COMMAND) ||
	    decoding->values[FIELD_COMMAND].type != JSON_STRING)
		return decoding_refuse(decoding, FIELD_COMMAND);
	word = command_word_find(command_words, COUNT_OF(command_words),
	    out->word);
	if (word == NULL)
		return decoding->why->error = CHAT_UNKNOWN_COMMAND;
	if (decoding_has(decoding, FIELD_REF) && out->ref.data == NULL)
		return decoding_refuse(decoding, FIELD_REF);
	error = decoding_check_types(decoding);
	if (error == CHAT_OK)
		error = check_message_type(decoding, word->kind);
	if (error == CHAT_OK)
		error = command_word_decode(word, decoding, out);
	return error;
}

enum chat_error
native_decode(struct str message, const struct wire_context *context,
    struct command *out, struct failure *why, struct scratch *scratch)
{
	struct decoding decoding;
	enum chat_error error;

	*out = (struct command){ 0 };
	*why = (struct failure){ 0 };
	scratch->used = 0;
	decoding.seen = decoding.given = 0;
	decoding.depth = context->json_depth;
	decoding.scratch = scratch;
	decoding.why = why;
	error = decoding_read(&decoding, message);
	decode_envelope(&decoding, out);
	return error == CHAT_OK ? decode_command(&decoding, out) : error;
}
