/* From JSON to fields. */
#include "wire/native/native_fields.h"

static const struct {
	struct str key;
	int type;
} fields[FIELDS_COUNT] = {
#define X(constant, key, type) { { "" key, sizeof(key) - 1 }, type },
	FIELDS(X)
#undef X
};

#define FIELD_KEY_MAX (sizeof("max_members") - 1)

enum chat_error
decoding_refuse_path(struct decoding *decoding, struct str path)
{
	decoding->why->field = path;
	return decoding->why->error = CHAT_BAD_FIELD;
}

enum chat_error
decoding_refuse(struct decoding *decoding, enum field field)
{
	return decoding_refuse_path(decoding, fields[field].key);
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

/* FIELDS_COUNT: unknown. */
static enum field
find_field(struct str key)
{
	for (enum field field = 0; field < FIELDS_COUNT; field++) {
		struct str known = fields[field].key;

		if (key.len == known.len &&
		    (key.data[0] | 0x20) == known.data[0] &&
		    (str_equal(key, known) || equal_in_any_case(key, known)))
			return field;
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
bad_json(struct decoding *decoding, enum json_error error, size_t offset)
{
	decoding->why->text = json_error_text(error);
	decoding->why->offset = offset;
	return decoding->why->error = CHAT_BAD_JSON;
}

enum chat_error
decoding_read(struct decoding *decoding, struct str message)
{
	struct json_reader reader;
	struct json_member member;

	json_open(&reader, message, decoding->depth, &decoding->scratch->keys);
	while (json_next(&reader, &member)) {
		enum field field = field_of(&member.key);

		if (field == FIELDS_COUNT)
			continue;
		/* To the reader, "ref" and "Ref" are two keys. */
		if ((decoding->seen & 1u << field) != 0)
			return bad_json(decoding, JSON_DUPLICATE_KEY,
			    (size_t)(member.key.body.data - 1 - message.data));
		decoding->seen |= 1u << field;
		if (member.value.type == JSON_NULL)
			continue;
		decoding->given |= 1u << field;
		decoding->values[field] = member.value;
	}
	if (reader.error != JSON_OK)
		return bad_json(decoding, reader.error, reader.error_offset);
	return CHAT_OK;
}

/* --- the values of fields -------------------------------- */

enum chat_error
decoding_get_optional(struct decoding *decoding, enum field field,
    struct str *out)
{
	if (decoding_has(decoding, field) &&
	    !scratch_string(decoding->scratch, &decoding->values[field].string,
		TEXT_BYTES, out))
		return decoding_refuse(decoding, field);
	return CHAT_OK;
}

enum chat_error
decoding_get_needed(struct decoding *decoding, enum field field,
    struct str *out)
{
	if (!decoding_has(decoding, field))
		return decoding_refuse(decoding, field);
	return decoding_get_optional(decoding, field, out);
}

enum chat_error
decoding_get_unsigned(struct decoding *decoding, enum field field,
    uint64_t least, uint64_t most, uint64_t *out)
{
	if (decoding_has(decoding, field) &&
	    (!json_unsigned(&decoding->values[field], most, out) ||
		*out < least))
		return decoding_refuse(decoding, field);
	return CHAT_OK;
}

enum chat_error
decoding_check_types(struct decoding *decoding)
{
	for (unsigned left = decoding->given; left != 0; left &= left - 1) {
		enum field field = (enum field)__builtin_ctz(left);

		if (fields[field].type != TYPE_ANY &&
		    fields[field].type != (int)decoding->values[field].type)
			return decoding_refuse(decoding, field);
	}
	return CHAT_OK;
}
