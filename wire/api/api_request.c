#include "wire/api/api_request.h"

#include "domain/base/count_of.h"
#include "wire/common/scratch.h"
#include "wire/json/json_reader.h"

/* Longest unescaped text; the commands validate names and ids. */
#define TEXT_MOST 1024

/* RFC 8259 §6: beyond this, two programs need not agree on an integer. */
#define INTEGER_MOST ((UINT64_C(1) << 53) - 1)

struct field {
	struct str key;
	int type; /* of enum json_type, or ANY_TYPE */
	struct json_value value;
};

#define ANY_TYPE (-1)

static enum chat_error
field_refuse(struct failure *why, const char *path)
{
	why->error = CHAT_BAD_FIELD;
	why->field = str_from(path);
	return CHAT_BAD_FIELD;
}

/* The key is a literal, with a NUL behind it. */
static enum chat_error
fields_check_types(const struct field *fields, size_t count,
    struct failure *why)
{
	for (size_t i = 0; i < count; i++)
		if (fields[i].value.text.data != NULL &&
		    fields[i].type != ANY_TYPE &&
		    fields[i].value.type != (enum json_type)fields[i].type)
			return field_refuse(why, fields[i].key.data);
	return CHAT_OK;
}

/* A null stands for an absent field. Unknown fields are ignored. */
static enum chat_error
body_fields_read(const struct api_body *body, struct json_key_table *table,
    struct field *fields, size_t count, struct failure *why)
{
	struct json_reader reader;
	struct json_member member;

	json_open(&reader, body->text, body->depth, table);
	while (json_next(&reader, &member))
		for (size_t i = 0; i < count; i++)
			if (member.value.type != JSON_NULL &&
			    json_string_is(&member.key, fields[i].key))
				fields[i].value = member.value;
	if (reader.error == JSON_OK)
		return fields_check_types(fields, count, why);
	why->error = CHAT_BAD_JSON;
	why->text = json_error_text(reader.error);
	why->offset = reader.error_offset;
	return CHAT_BAD_JSON;
}

static bool
field_is_given(const struct field *field)
{
	return field->value.text.data != NULL;
}

static bool
field_is_true(const struct field *field)
{
	return field_is_given(field) && field->value.text.data[0] == 't';
}

/* *out does not change if the field is absent. */
static enum chat_error
field_text(const struct field *field, struct scratch *scratch, const char *path,
    struct str *out, struct failure *why)
{
	if (!field_is_given(field))
		return CHAT_OK;
	if (!scratch_string(scratch, &field->value.string, TEXT_MOST, out) ||
	    str_is_empty(*out))
		return field_refuse(why, path);
	return CHAT_OK;
}

static enum chat_error
field_unsigned(const struct field *field, uint64_t most, uint64_t *out,
    struct failure *why)
{
	*out = 0;
	if (field_is_given(field) && !json_unsigned(&field->value, most, out))
		return field_refuse(why, field->key.data);
	return CHAT_OK;
}

static void
outputs_begin(const struct api_body *body, struct command *out,
    struct failure *why)
{
	*out = (struct command){ .kind = COMMAND_NOOP };
	*why = (struct failure){ .error = CHAT_OK };
	body->scratch->used = 0;
}

/* --- messages ------------------------------------------------------------- */

enum message_field {
	MESSAGE_BODY,
	MESSAGE_AS,
	MESSAGE_KEY,
	MESSAGE_CREATE,
	MESSAGE_ROOM,
	MESSAGE_FIELDS
};

static const struct field message_fields[MESSAGE_FIELDS] = {
	[MESSAGE_BODY] = { .key = STR("message"), .type = ANY_TYPE },
	[MESSAGE_AS] = { .key = STR("as"), .type = JSON_OBJECT },
	[MESSAGE_KEY] = { .key = STR("key"), .type = JSON_STRING },
	[MESSAGE_CREATE] = { .key = STR("create"), .type = JSON_BOOLEAN },
	[MESSAGE_ROOM] = { .key = STR("room"), .type = JSON_STRING },
};

static enum chat_error
as_decode(const struct api_body *body, struct str as, struct command *out,
    struct failure *why)
{
	struct field fields[] = {
		{ .key = STR("id"), .type = ANY_TYPE },
		{ .key = STR("name"), .type = ANY_TYPE },
	};
	static const char *const paths[] = { "as.id", "as.name" };
	struct str *const outs[] = { &out->as_id, &out->as_name };
	struct api_body inner = *body;
	enum chat_error error;

	inner.text = as;
	error = body_fields_read(&inner, NULL, fields, COUNT_OF(fields), why);
	for (size_t i = 0; i < COUNT_OF(fields) && error == CHAT_OK; i++) {
		if (field_is_given(&fields[i]) &&
		    fields[i].value.type != JSON_STRING)
			return field_refuse(why, paths[i]);
		error = field_text(&fields[i], body->scratch, paths[i], outs[i],
		    why);
	}
	return error;
}

/* What a message and a broadcast have in common. */
static enum chat_error
post_decode(const struct api_body *body, struct field *fields, size_t count,
    struct command *out, struct failure *why)
{
	const struct json_value *message;
	enum chat_error error;

	outputs_begin(body, out, why);
	memcpy(fields, message_fields, count * sizeof(*fields));
	message = &fields[MESSAGE_BODY].value;
	error =
	    body_fields_read(body, &body->scratch->keys, fields, count, why);
	if (error != CHAT_OK)
		return error;
	if (!field_is_given(&fields[MESSAGE_BODY]) ||
	    (message->type == JSON_STRING &&
		str_is_empty(message->string.body)))
		return field_refuse(why, "message");
	out->kind = COMMAND_BROADCAST;
	out->body = message->text;
	if (field_is_given(&fields[MESSAGE_AS]))
		error =
		    as_decode(body, fields[MESSAGE_AS].value.text, out, why);
	return error;
}

enum chat_error
api_decode_message(const struct api_body *body, bool has_room,
    struct command *out, struct failure *why)
{
	struct field fields[MESSAGE_FIELDS];
	size_t count = has_room ? MESSAGE_FIELDS : MESSAGE_ROOM;
	enum chat_error error = post_decode(body, fields, count, out, why);

	if (error == CHAT_OK)
		error = field_text(&fields[MESSAGE_KEY], body->scratch, "key",
		    &out->key, why);
	if (error != CHAT_OK)
		return error;
	if (field_is_true(&fields[MESSAGE_CREATE]))
		out->flags |= COMMAND_MAY_CREATE;
	if (!has_room)
		return CHAT_OK;
	if (!field_is_given(&fields[MESSAGE_ROOM]))
		return field_refuse(why, "room");
	return field_text(&fields[MESSAGE_ROOM], body->scratch, "room",
	    &out->room, why);
}

/* In the lobby a message is a string, as the Go server has it. */
enum chat_error
api_decode_broadcast(const struct api_body *body, struct command *out,
    struct failure *why)
{
	struct field fields[MESSAGE_FIELDS];
	enum chat_error error =
	    post_decode(body, fields, MESSAGE_KEY, out, why);

	if (error == CHAT_OK && fields[MESSAGE_BODY].value.type != JSON_STRING)
		return field_refuse(why, "message");
	return error;
}

enum chat_error
api_decode_batch(const struct api_body *body, struct str *messages,
    size_t *count, struct failure *why)
{
	struct field field = { .key = STR("messages"), .type = JSON_ARRAY };
	struct json_reader reader;
	struct json_value item;
	enum chat_error error;

	*why = (struct failure){ .error = CHAT_OK };
	*count = 0;
	error = body_fields_read(body, &body->scratch->keys, &field, 1, why);
	if (error != CHAT_OK)
		return error;
	if (!field_is_given(&field))
		return field_refuse(why, "messages");
	*messages = field.value.text;
	json_open_array(&reader, *messages, body->depth);
	while (json_next_item(&reader, &item)) {
		if (item.type != JSON_OBJECT)
			return field_refuse(why, "messages");
		++*count;
	}
	if (*count >= 1 && *count <= API_BATCH_MOST)
		return CHAT_OK;
	why->limit = API_BATCH_MOST;
	return field_refuse(why, "messages");
}

/* --- rooms ---------------------------------------------------------------- */

enum room_field {
	ROOM_ID,
	ROOM_NAME,
	ROOM_PERSISTENT,
	ROOM_TTL,
	ROOM_MAX_MEMBERS,
	ROOM_TOPIC,
	ROOM_SLOW,
	ROOM_PRIVATE,
	ROOM_MODERATED,
	ROOM_FIELDS
};

static const struct field room_fields[ROOM_FIELDS] = {
	[ROOM_ID] = { .key = STR("room"), .type = JSON_STRING },
	[ROOM_NAME] = { .key = STR("name"), .type = JSON_STRING },
	[ROOM_PERSISTENT] = { .key = STR("persistent"), .type = JSON_BOOLEAN },
	[ROOM_TTL] = { .key = STR("ttl_ms"), .type = JSON_NUMBER },
	[ROOM_MAX_MEMBERS] = { .key = STR("max_members"), .type = JSON_NUMBER },
	[ROOM_TOPIC] = { .key = STR("topic"), .type = JSON_STRING },
	[ROOM_SLOW] = { .key = STR("slow_ms"), .type = JSON_NUMBER },
	[ROOM_PRIVATE] = { .key = STR("private"), .type = JSON_BOOLEAN },
	[ROOM_MODERATED] = { .key = STR("moderated"), .type = JSON_BOOLEAN },
};

static enum chat_error
room_texts_decode(const struct api_body *body, const struct field *fields,
    struct command *out, struct failure *why)
{
	enum chat_error error = CHAT_OK;

	if (out->room.data == NULL)
		error = field_text(&fields[ROOM_ID], body->scratch, "room",
		    &out->room, why);
	if (error == CHAT_OK)
		error = field_text(&fields[ROOM_NAME], body->scratch, "name",
		    &out->name, why);
	if (error != CHAT_OK)
		return error;
	if (out->room.data == NULL && out->name.data == NULL)
		return field_refuse(why, "room");
	if (out->name.data == NULL)
		out->name = out->room;
	return CHAT_OK;
}

/* "" removes a topic. */
static enum chat_error
room_topic_decode(const struct api_body *body, const struct field *field,
    struct str *out, struct failure *why)
{
	if (!field_is_given(field))
		return CHAT_OK;
	return scratch_string(body->scratch, &field->value.string, TEXT_MOST,
		   out)
		   ? CHAT_OK
		   : field_refuse(why, "topic");
}

static enum chat_error
room_numbers_decode(const struct field *fields, struct command *out,
    struct failure *why)
{
	uint64_t ttl_ms, max_members, slow_ms;
	enum chat_error error =
	    field_unsigned(&fields[ROOM_TTL], INTEGER_MOST, &ttl_ms, why);

	if (error == CHAT_OK)
		error = field_unsigned(&fields[ROOM_MAX_MEMBERS], UINT32_MAX,
		    &max_members, why);
	if (error == CHAT_OK)
		error = field_unsigned(&fields[ROOM_SLOW], INTEGER_MOST,
		    &slow_ms, why);
	if (error != CHAT_OK)
		return error;
	out->ttl_ms = (int64_t)ttl_ms;
	out->max_members = (uint32_t)max_members;
	out->slow_ms = (int64_t)slow_ms;
	return CHAT_OK;
}

enum chat_error
api_decode_room(const struct api_body *body, struct str room,
    struct command *out, struct failure *why)
{
	struct field fields[ROOM_FIELDS];
	struct api_body whole = *body;
	enum chat_error error;

	outputs_begin(body, out, why);
	memcpy(fields, room_fields, sizeof(fields));
	if (str_is_empty(whole.text))
		whole.text = STR("{}");
	error = body_fields_read(&whole, &body->scratch->keys, fields,
	    ROOM_FIELDS, why);
	out->room = room;
	if (error == CHAT_OK)
		error = room_texts_decode(body, fields, out, why);
	if (error == CHAT_OK)
		error = room_topic_decode(body, &fields[ROOM_TOPIC],
		    &out->topic, why);
	if (error == CHAT_OK)
		error = room_numbers_decode(fields, out, why);
	if (error != CHAT_OK)
		return error;
	out->kind = COMMAND_ROOM_CREATE;
	if (field_is_true(&fields[ROOM_PRIVATE]))
		out->flags |= COMMAND_PRIVATE;
	if (field_is_true(&fields[ROOM_MODERATED]))
		out->flags |= COMMAND_MODERATED;
	if (!field_is_given(&fields[ROOM_PERSISTENT]) ||
	    field_is_true(&fields[ROOM_PERSISTENT]))
		out->flags |= COMMAND_PERSISTENT;
	return CHAT_OK;
}

enum chat_error
api_decode_change(const struct api_body *body, struct str room,
    struct command *topic, struct command *slow, struct failure *why)
{
	struct field fields[ROOM_FIELDS];
	enum chat_error error;

	outputs_begin(body, topic, why);
	*slow = *topic;
	topic->room = slow->room = room;
	memcpy(fields, room_fields, sizeof(fields));
	error = body_fields_read(body, &body->scratch->keys, fields,
	    ROOM_FIELDS, why);
	if (error == CHAT_OK)
		error = room_topic_decode(body, &fields[ROOM_TOPIC],
		    &topic->topic, why);
	if (error == CHAT_OK)
		error = room_numbers_decode(fields, slow, why);
	if (error != CHAT_OK)
		return error;
	if (field_is_given(&fields[ROOM_TOPIC]))
		topic->kind = COMMAND_TOPIC;
	if (field_is_given(&fields[ROOM_SLOW]))
		slow->kind = COMMAND_SLOW;
	return CHAT_OK;
}

/* --- moderation ----------------------------------------------------------- */

enum moderation_field {
	MODERATION_MEMBER,
	MODERATION_REASON,
	MODERATION_DURATION,
	MODERATION_ROLE_WORD,
	MODERATION_FIELDS
};

static const struct field moderation_fields[MODERATION_FIELDS] = {
	[MODERATION_MEMBER] = { .key = STR("member"), .type = JSON_STRING },
	[MODERATION_REASON] = { .key = STR("reason"), .type = JSON_STRING },
	[MODERATION_DURATION] = { .key = STR("duration_ms"),
	    .type = JSON_NUMBER },
	[MODERATION_ROLE_WORD] = { .key = STR("role"), .type = JSON_STRING },
};

enum chat_error
api_decode_moderation(const struct api_body *body, enum command_kind kind,
    struct str room, struct command *out, struct failure *why)
{
	struct field fields[MODERATION_FIELDS];
	uint64_t duration_ms = 0;
	enum chat_error error;

	outputs_begin(body, out, why);
	memcpy(fields, moderation_fields, sizeof(fields));
	error = body_fields_read(body, &body->scratch->keys, fields,
	    MODERATION_FIELDS, why);
	if (error != CHAT_OK)
		return error;
	out->kind = kind;
	out->room = room;
	if (!field_is_given(&fields[MODERATION_MEMBER]))
		return field_refuse(why, "member");
	if (kind == COMMAND_ROLE &&
	    !field_is_given(&fields[MODERATION_ROLE_WORD]))
		return field_refuse(why, "role");
	error = field_text(&fields[MODERATION_MEMBER], body->scratch, "member",
	    &out->recipient, why);
	if (error == CHAT_OK)
		error = field_text(&fields[MODERATION_REASON], body->scratch,
		    "reason", &out->reason, why);
	if (error == CHAT_OK)
		error = field_text(&fields[MODERATION_ROLE_WORD], body->scratch,
		    "role", &out->role, why);
	if (error == CHAT_OK)
		error = field_unsigned(&fields[MODERATION_DURATION],
		    INTEGER_MOST, &duration_ms, why);
	out->duration_ms = (int64_t)duration_ms;
	return error;
}

/* --- revocations ---------------------------------------------------------- */

enum revocation_field {
	REVOCATION_JTI,
	REVOCATION_SUB,
	REVOCATION_BEFORE,
	REVOCATION_FIELDS
};

static const struct field revocation_fields[REVOCATION_FIELDS] = {
	[REVOCATION_JTI] = { .key = STR("jti"), .type = JSON_STRING },
	[REVOCATION_SUB] = { .key = STR("sub"), .type = JSON_STRING },
	[REVOCATION_BEFORE] = { .key = STR("before"), .type = JSON_NUMBER },
};

/* No control, and no blank at the ends. */
static bool
text_fits_line(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f)
			return false;
	return text.data[0] != ' ' && text.data[text.len - 1] != ' ';
}

static enum chat_error
line_text_decode(const struct api_body *body, const struct field *field,
    struct str *out, struct failure *why)
{
	enum chat_error error =
	    field_text(field, body->scratch, field->key.data, out, why);

	if (error == CHAT_OK && out->data != NULL && !text_fits_line(*out))
		error = field_refuse(why, field->key.data);
	return error;
}

enum chat_error
api_decode_revocation(const struct api_body *body, struct api_revocation *out,
    struct failure *why)
{
	struct field fields[REVOCATION_FIELDS];
	struct command none;
	enum chat_error error;

	outputs_begin(body, &none, why);
	*out = (struct api_revocation){ .jti = STR_ABSENT, .sub = STR_ABSENT };
	memcpy(fields, revocation_fields, sizeof(fields));
	error = body_fields_read(body, &body->scratch->keys, fields,
	    REVOCATION_FIELDS, why);
	if (error == CHAT_OK)
		error = line_text_decode(body, &fields[REVOCATION_JTI],
		    &out->jti, why);
	if (error == CHAT_OK)
		error = line_text_decode(body, &fields[REVOCATION_SUB],
		    &out->sub, why);
	if (error == CHAT_OK)
		error = field_unsigned(&fields[REVOCATION_BEFORE], INTEGER_MOST,
		    &out->before_s, why);
	if (error != CHAT_OK)
		return error;
	out->has_before = field_is_given(&fields[REVOCATION_BEFORE]);
	if (out->jti.data != NULL)
		return out->sub.data == NULL && !out->has_before
			   ? CHAT_OK
			   : field_refuse(why, "jti");
	return out->sub.data != NULL || out->has_before
		   ? CHAT_OK
		   : field_refuse(why, "sub");
}
