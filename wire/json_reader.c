#include "wire/json_reader.h"

#include <assert.h>

#include "domain/utf8.h"
#include "wire/json_scan.h"

static bool read_value(struct json_reader *, struct json_value *);

struct str
json_error_text(enum json_error error)
{
	static const struct str texts[] = {
#define X(constant, text) { "" text, sizeof(text) - 1 },
		JSON_ERRORS(X)
#undef X
	};

	assert((size_t)error < sizeof(texts) / sizeof(texts[0]));
	return texts[error];
}

/* The first error stays; always false. */
static bool
fail(struct json_reader *reader, enum json_error error, const char *at)
{
	if (reader->error == JSON_OK) {
		reader->error = error;
		reader->error_offset = (size_t)(at - reader->start);
	}
	return false;
}

/* A byte that does not belong where it is, or the end of the text. */
static bool
fail_at(struct json_reader *reader, enum json_error error, const char *at)
{
	return fail(reader, at == reader->end ? JSON_TRUNCATED : error, at);
}

static void
skip_space(struct json_reader *reader)
{
	while (reader->at < reader->end &&
	       (*reader->at == ' ' || *reader->at == '\n' ||
		   *reader->at == '\r' || *reader->at == '\t'))
		reader->at++;
}

/* What comes next; NUL, which never belongs anywhere, for the end. */
static char
peek(const struct json_reader *reader)
{
	return reader->at < reader->end ? *reader->at : '\0';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Behind the escape at `at`; NULL: there is none that is sound. */
static const char *
skip_escape(const char *at, const char *end)
{
	int32_t unit;

	if (end - at < 2)
		return NULL;
	if (at[1] != 'u')
		return memchr("\"\\/bfnrt", at[1], 8) == NULL ? NULL : at + 2;
	unit = json_string_unit(at + 2, end);
	if (unit < 0 || JSON_UNIT_IS_LOW(unit))
		return NULL;
	if (!JSON_UNIT_IS_HIGH(unit))
		return at + 6;
	if (end - at < 12 || at[6] != '\\' || at[7] != 'u')
		return NULL;
	unit = json_string_unit(at + 8, end);
	return JSON_UNIT_IS_LOW(unit) ? at + 12 : NULL;
}

/* Behind the characters at `at` that are not ASCII; NULL: bad UTF-8. */
static const char *
skip_utf8(struct json_reader *reader, const char *at)
{
	const char *behind = at;
	struct str run;
	size_t done = 0, from = 0;

	while (behind < reader->end && (unsigned char)*behind >= 0x80)
		behind++;
	run = str_slice(at, (size_t)(behind - at));
	if (utf8_is_valid(run))
		return behind;
	while (utf8_next(run, &done) != UTF8_INVALID)
		from = done;
	fail(reader, JSON_BAD_UTF8, at + from);
	return NULL;
}

/* Behind something in a string that is not plain; NULL: an error. */
static const char *
skip_special(struct json_reader *reader, const char *at)
{
	const char *behind;

	if ((unsigned char)*at >= 0x80)
		return skip_utf8(reader, at);
	if (*at != '\\') {
		fail(reader, JSON_CONTROL, at);
		return NULL;
	}
	behind = skip_escape(at, reader->end);
	if (behind == NULL)
		fail(reader, JSON_BAD_ESCAPE, at);
	return behind;
}

/* The reader stands at the opening quote. */
static bool
read_string(struct json_reader *reader, struct json_string *out)
{
	const char *body = reader->at + 1, *at = body;

	out->escaped = false;
	for (;;) {
		at = json_skip_plain(at, reader->end);
		if (at == reader->end)
			return fail(reader, JSON_TRUNCATED, at);
		if (*at == '"')
			break;
		out->escaped |= *at == '\\';
		at = skip_special(reader, at);
		if (at == NULL)
			return false;
	}
	out->body = str_slice(body, (size_t)(at - body));
	reader->at = at + 1;
	return true;
}

/* At least one digit. */
static bool
read_digits(struct json_reader *reader)
{
	if (!is_digit(peek(reader)))
		return fail_at(reader, JSON_BAD_NUMBER, reader->at);
	while (is_digit(peek(reader)))
		reader->at++;
	return true;
}

/* RFC 8259 §6: no leading zeros, digits on both sides of the point. */
static bool
read_number(struct json_reader *reader)
{
	if (peek(reader) == '-')
		reader->at++;
	if (peek(reader) == '0')
		reader->at++;
	else if (!read_digits(reader))
		return false;
	if (peek(reader) == '.') {
		reader->at++;
		if (!read_digits(reader))
			return false;
	}
	if (peek(reader) == 'e' || peek(reader) == 'E') {
		reader->at++;
		if (peek(reader) == '+' || peek(reader) == '-')
			reader->at++;
		return read_digits(reader);
	}
	return true;
}

static bool
read_word(struct json_reader *reader, const char *word)
{
	for (; *word != '\0'; word++, reader->at++)
		if (peek(reader) != *word)
			return fail_at(reader, JSON_MALFORMED, reader->at);
	return true;
}

/* The reader stands at a bracket; what it closes is checked by the caller. */
static bool
enter(struct json_reader *reader)
{
	if (reader->depth_left == 0)
		return fail(reader, JSON_TOO_DEEP, reader->at);
	reader->depth_left--;
	reader->at++;
	return true;
}

/*
 * Stands before the next item of an array or object; false: it was the end,
 * or an error.
 */
static bool
next_item(struct json_reader *reader, bool first, char closing)
{
	skip_space(reader);
	if (peek(reader) == closing) {
		reader->at++;
		reader->depth_left++;
		return false;
	}
	if (first)
		return true;
	if (peek(reader) != ',')
		return fail_at(reader, JSON_MALFORMED, reader->at);
	reader->at++;
	skip_space(reader);
	return true;
}

static bool
read_key(struct json_reader *reader, struct json_keys *keys,
    struct json_string *key)
{
	const char *start = reader->at;

	if (peek(reader) != '"')
		return fail_at(reader, JSON_MALFORMED, start);
	if (!read_string(reader, key))
		return false;
	switch (json_keys_add(keys, *key)) {
	case JSON_KEY_DUPLICATE:
		return fail(reader, JSON_DUPLICATE_KEY, start);
	case JSON_KEY_NO_ROOM:
		return fail(reader, JSON_TOO_MANY_KEYS, start);
	case JSON_KEY_NEW:
		break;
	}
	return true;
}

/* The next member of an object; false: it was the end, or an error. */
static bool
next_member(struct json_reader *reader, struct json_keys *keys,
    struct json_member *out)
{
	if (!next_item(reader, keys->count == 0, '}') ||
	    !read_key(reader, keys, &out->key))
		return false;
	skip_space(reader);
	if (peek(reader) != ':')
		return fail_at(reader, JSON_MALFORMED, reader->at);
	reader->at++;
	skip_space(reader);
	return read_value(reader, &out->value);
}

static bool
read_object(struct json_reader *reader)
{
	struct json_keys keys;
	struct json_member member;

	if (!enter(reader))
		return false;
	keys.count = 0;
	while (next_member(reader, &keys, &member))
		continue;
	return reader->error == JSON_OK;
}

static bool
read_array(struct json_reader *reader)
{
	struct json_value item;

	if (!enter(reader))
		return false;
	for (bool first = true; next_item(reader, first, ']'); first = false)
		if (!read_value(reader, &item))
			return false;
	return reader->error == JSON_OK;
}

static bool
read_type(struct json_reader *reader, struct json_value *out)
{
	switch (peek(reader)) {
	case '"':
		out->type = JSON_STRING;
		return read_string(reader, &out->string);
	case '{':
		out->type = JSON_OBJECT;
		return read_object(reader);
	case '[':
		out->type = JSON_ARRAY;
		return read_array(reader);
	case 't':
		out->type = JSON_BOOLEAN;
		return read_word(reader, "true");
	case 'f':
		out->type = JSON_BOOLEAN;
		return read_word(reader, "false");
	case 'n':
		out->type = JSON_NULL;
		return read_word(reader, "null");
	default:
		out->type = JSON_NUMBER;
		if (peek(reader) != '-' && !is_digit(peek(reader)))
			return fail_at(reader, JSON_MALFORMED, reader->at);
		return read_number(reader);
	}
}

static bool
read_value(struct json_reader *reader, struct json_value *out)
{
	const char *start = reader->at;

	if (!read_type(reader, out))
		return false;
	out->text = str_slice(start, (size_t)(reader->at - start));
	return true;
}

void
json_open(struct json_reader *reader, struct str text, size_t depth)
{
	assert(depth >= 1 && depth <= JSON_DEPTH_MAX);
	json_keys_begin();
	reader->error = JSON_OK;
	reader->error_offset = 0;
	reader->start = reader->at = text.data;
	reader->end = text.data + text.len;
	reader->depth_left = depth;
	reader->keys.count = 0;
	skip_space(reader);
	if (peek(reader) != '{')
		fail_at(reader, JSON_NOT_AN_OBJECT, reader->at);
	else
		enter(reader);
}

bool
json_next(struct json_reader *reader, struct json_member *out)
{
	if (reader->error != JSON_OK)
		return false;
	if (next_member(reader, &reader->keys, out))
		return true;
	skip_space(reader);
	if (reader->error == JSON_OK && reader->at < reader->end)
		return fail(reader, JSON_TRAILING, reader->at);
	return false;
}

bool
json_unsigned(const struct json_value *value, uint64_t max, uint64_t *out)
{
	uint64_t number = 0;

	if (value->type != JSON_NUMBER)
		return false;
	for (size_t i = 0; i < value->text.len; i++) {
		uint64_t digit = (uint64_t)(value->text.data[i] - '0');

		if (!is_digit(value->text.data[i]) || digit > max ||
		    number > (max - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*out = number;
	return true;
}
