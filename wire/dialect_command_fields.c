#include "wire/dialect_command_fields.h"

static const struct {
	struct str key;
	int type;
} fields[FIELDS_COUNT] = {
#define X(constant, key, type) { { "" key, sizeof(key) - 1 }, type },
	FIELDS(X)
#undef X
};

/* No two keys share length and first letter, so one comparison decides. */
#define FIELD_KEY_MAX (sizeof("max_members") - 1)

enum chat_error
request_refuse_path(struct request *request, struct str path)
{
	request->why->field = path;
	return request->why->error = CHAT_BAD_FIELD;
}

enum chat_error
request_refuse(struct request *request, enum field field)
{
	return request_refuse_path(request, fields[field].key);
}

/* --- from text to fields ------------------------------------------------- */

static bool
equal_in_any_case(struct str key, struct str lower)
{
	for (size_t i = 0; i < key.len; i++) {
		char c = key.data[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c | 0x20);
		if (c != lower.data[i])
			return false;
	}
	return true;
}

/* FIELDS_COUNT: not one of ours. */
static enum field
find_field(struct str key)
{
	for (enum field field = 0; field < FIELDS_COUNT; field++) {
		struct str known = fields[field].key;

		if (key.len == known.len &&
		    (key.data[0] | 0x20) == known.data[0])
			return equal_in_any_case(key, known) ? field
							     : FIELDS_COUNT;
	}
	return FIELDS_COUNT;
}

static enum field
field_of(const struct json_string *key)
{
	char unescaped[FIELD_KEY_MAX];
	size_t len;

	if (!key->escaped)
		return find_field(key->body);
	if (!json_string_copy(key, unescaped, sizeof(unescaped), &len))
		return FIELDS_COUNT;
	return find_field(str_slice(unescaped, len));
}

static enum chat_error
bad_json(struct request *request, enum json_error error, size_t offset)
{
	request->why->text = json_error_text(error);
	request->why->offset = offset;
	return request->why->error = CHAT_BAD_JSON;
}

enum chat_error
request_read(struct request *request, struct str message)
{
	struct json_reader reader;
	struct json_member member;

	json_open(&reader, message, request->depth);
	while (json_next(&reader, &member)) {
		enum field field = field_of(&member.key);

		if (field == FIELDS_COUNT)
			continue;
		/* The reader lets "ref" and "Ref" pass as two keys. */
		if ((request->seen & 1u << field) != 0)
			return bad_json(request, JSON_DUPLICATE_KEY,
			    (size_t)(member.key.body.data - 1 - message.data));
		request->seen |= 1u << field;
		if (member.value.type == JSON_NULL)
			continue;
		request->given |= 1u << field;
		request->values[field] = member.value;
	}
	if (reader.error != JSON_OK)
		return bad_json(request, reader.error, reader.error_offset);
	return CHAT_OK;
}

/* --- from fields to the parts of a command -------------------------------- */

enum chat_error
request_take_optional(struct request *request, enum field field,
    struct str *out)
{
	if (request_has(request, field) &&
	    !keep_string(request->keep, &request->values[field].string,
		TEXT_BYTES, out))
		return request_refuse(request, field);
	return CHAT_OK;
}

enum chat_error
request_take_needed(struct request *request, enum field field, struct str *out)
{
	if (!request_has(request, field))
		return request_refuse(request, field);
	return request_take_optional(request, field, out);
}

enum chat_error
request_take_unsigned(struct request *request, enum field field, uint64_t least,
    uint64_t most, uint64_t *out)
{
	if (request_has(request, field) &&
	    (!json_unsigned(&request->values[field], most, out) ||
		*out < least))
		return request_refuse(request, field);
	return CHAT_OK;
}

enum chat_error
request_check_types(struct request *request)
{
	for (enum field field = 0; field < FIELDS_COUNT; field++)
		if (request_has(request, field) &&
		    fields[field].type != TYPE_ANY &&
		    fields[field].type != (int)request->values[field].type)
			return request_refuse(request, field);
	return CHAT_OK;
}
