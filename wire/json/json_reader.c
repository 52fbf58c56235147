/* The recursive part of the reader: values, objects, arrays. */
#include "wire/json/json_reader.h"

#include <assert.h>

#include "domain/base/count_of.h"
#include "wire/json/json_token.h"

static bool json_read_value(struct json_reader *, struct json_value *);

struct str
json_error_text(enum json_error error)
{
	static const struct str texts[] = {
#define X(constant, text) { "" text, sizeof(text) - 1 },
		JSON_ERRORS(X)
#undef X
	};

	assert((size_t)error < COUNT_OF(texts));
	return texts[error];
}

/* Consumes an opening bracket. */
static bool
json_enter(struct json_reader *reader)
{
	if (reader->depth_left == 0)
		return json_fail(reader, JSON_TOO_DEEP, reader->at);
	reader->depth_left--;
	reader->at++;
	return true;
}

/* Moves to the next item of an array or object; false: the end, or an error. */
static bool
json_find_item(struct json_reader *reader, bool first, char closing)
{
	json_skip_space(reader);
	if (json_peek(reader) == closing) {
		reader->at++;
		reader->depth_left++;
		return false;
	}
	if (first)
		return true;
	if (json_peek(reader) != ',')
		return json_fail_at(reader, JSON_MALFORMED, reader->at);
	reader->at++;
	json_skip_space(reader);
	return true;
}

static bool
json_read_key(struct json_reader *reader, struct json_dupkeys *keys,
    struct json_string *key)
{
	const char *start = reader->at;

	if (json_peek(reader) != '"')
		return json_fail_at(reader, JSON_MALFORMED, start);
	if (!json_read_string(reader, key))
		return false;
	switch (json_dupkeys_add(keys, reader->table, *key)) {
	case JSON_KEY_DUPLICATE:
		return json_fail(reader, JSON_DUPLICATE_KEY, start);
	case JSON_KEY_NO_ROOM:
		return json_fail(reader, JSON_TOO_MANY_KEYS, start);
	case JSON_KEY_NEW:
		break;
	}
	return true;
}

/* The next member of an object; false: the end, or an error. */
static bool
json_read_member(struct json_reader *reader, struct json_dupkeys *keys,
    struct json_member *out)
{
	if (!json_find_item(reader, keys->count == 0, '}') ||
	    !json_read_key(reader, keys, &out->key))
		return false;
	json_skip_space(reader);
	if (json_peek(reader) != ':')
		return json_fail_at(reader, JSON_MALFORMED, reader->at);
	reader->at++;
	json_skip_space(reader);
	return json_read_value(reader, &out->value);
}

static bool
json_read_object(struct json_reader *reader)
{
	struct json_dupkeys keys;
	struct json_member member;

	if (!json_enter(reader))
		return false;
	keys.count = 0;
	while (json_read_member(reader, &keys, &member))
		continue;
	return reader->error == JSON_OK;
}

static bool
json_read_array(struct json_reader *reader)
{
	struct json_value item;

	if (!json_enter(reader))
		return false;
	for (bool first = true; json_find_item(reader, first, ']');
	     first = false)
		if (!json_read_value(reader, &item))
			return false;
	return reader->error == JSON_OK;
}

static bool
json_read_type(struct json_reader *reader, struct json_value *out)
{
	switch (json_peek(reader)) {
	case '"':
		out->type = JSON_STRING;
		return json_read_string(reader, &out->string);
	case '{':
		out->type = JSON_OBJECT;
		return json_read_object(reader);
	case '[':
		out->type = JSON_ARRAY;
		return json_read_array(reader);
	case 't':
		out->type = JSON_BOOLEAN;
		return json_read_word(reader, "true");
	case 'f':
		out->type = JSON_BOOLEAN;
		return json_read_word(reader, "false");
	case 'n':
		out->type = JSON_NULL;
		return json_read_word(reader, "null");
	default:
		out->type = JSON_NUMBER;
		if (json_peek(reader) != '-' &&
		    !json_is_digit(json_peek(reader)))
			return json_fail_at(reader, JSON_MALFORMED, reader->at);
		return json_read_number(reader);
	}
}

static bool
json_read_value(struct json_reader *reader, struct json_value *out)
{
	const char *start = reader->at;

	if (!json_read_type(reader, out))
		return false;
	out->text = str_slice(start, (size_t)(reader->at - start));
	return true;
}

static void
json_begin(struct json_reader *reader, struct str text, size_t depth,
    struct json_key_table *table)
{
	assert(depth >= 1 && depth <= JSON_DEPTH_MAX);
	if (table != NULL)
		json_key_table_begin(table, text.data);
	reader->error = JSON_OK;
	reader->error_offset = 0;
	reader->start = reader->at = text.data;
	reader->end = text.data + text.len;
	reader->depth_left = depth;
	reader->keys.count = 0;
	reader->table = table;
	json_skip_space(reader);
}

/* Nothing may follow the outermost value. Always false. */
static bool
json_finish(struct json_reader *reader)
{
	json_skip_space(reader);
	if (reader->error == JSON_OK && reader->at < reader->end)
		json_fail(reader, JSON_TRAILING, reader->at);
	return false;
}

void
json_open(struct json_reader *reader, struct str text, size_t depth,
    struct json_key_table *table)
{
	json_begin(reader, text, depth, table);
	if (json_peek(reader) != '{')
		json_fail_at(reader, JSON_NOT_AN_OBJECT, reader->at);
	else
		json_enter(reader);
}

bool
json_next(struct json_reader *reader, struct json_member *out)
{
	if (reader->error != JSON_OK)
		return false;
	if (json_read_member(reader, &reader->keys, out))
		return true;
	return json_finish(reader);
}

void
json_open_array(struct json_reader *reader, struct str text, size_t depth)
{
	json_begin(reader, text, depth, NULL);
	if (json_peek(reader) != '[')
		json_fail_at(reader, JSON_MALFORMED, reader->at);
	else
		json_enter(reader);
}

bool
json_next_item(struct json_reader *reader, struct json_value *out)
{
	bool first = reader->keys.count == 0;

	if (reader->error != JSON_OK)
		return false;
	reader->keys.count = 1;
	if (json_find_item(reader, first, ']'))
		return json_read_value(reader, out);
	return json_finish(reader);
}

bool
json_is_value(struct str text, size_t depth, struct json_key_table *table)
{
	struct json_reader reader;
	struct json_value value;

	json_begin(&reader, text, depth, table);
	if (!json_read_value(&reader, &value))
		return false;
	json_skip_space(&reader);
	return reader.at == reader.end;
}

bool
json_unsigned(const struct json_value *value, uint64_t max, uint64_t *out)
{
	uint64_t number = 0;

	if (value->type != JSON_NUMBER)
		return false;
	for (size_t i = 0; i < value->text.len; i++) {
		uint64_t digit = (uint64_t)(value->text.data[i] - '0');

		if (!json_is_digit(value->text.data[i]) || digit > max ||
		    number > (max - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*out = number;
	return true;
}
