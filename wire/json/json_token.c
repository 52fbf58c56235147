#include "wire/json/json_token.h"

#include "domain/text/utf8.h"
#include "wire/json/json_scan.h"

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
	json_fail(reader, JSON_BAD_UTF8, at + from);
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
		json_fail(reader, JSON_CONTROL, at);
		return NULL;
	}
	behind = skip_escape(at, reader->end);
	if (behind == NULL)
		json_fail(reader, JSON_BAD_ESCAPE, at);
	return behind;
}

bool
json_read_string(struct json_reader *reader, struct json_string *out)
{
	const char *body = reader->at + 1, *at = body;

	out->escaped = false;
	for (;;) {
		at = json_skip_plain(at, reader->end);
		if (at == reader->end)
			return json_fail(reader, JSON_TRUNCATED, at);
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
	if (!json_is_digit(json_peek(reader)))
		return json_fail_at(reader, JSON_BAD_NUMBER, reader->at);
	while (json_is_digit(json_peek(reader)))
		reader->at++;
	return true;
}

bool
json_read_number(struct json_reader *reader)
{
	if (json_peek(reader) == '-')
		reader->at++;
	if (json_peek(reader) == '0')
		reader->at++;
	else if (!read_digits(reader))
		return false;
	if (json_peek(reader) == '.') {
		reader->at++;
		if (!read_digits(reader))
			return false;
	}
	if (json_peek(reader) == 'e' || json_peek(reader) == 'E') {
		reader->at++;
		if (json_peek(reader) == '+' || json_peek(reader) == '-')
			reader->at++;
		return read_digits(reader);
	}
	return true;
}

bool
json_read_word(struct json_reader *reader, const char *word)
{
	for (; *word != '\0'; word++, reader->at++)
		if (json_peek(reader) != *word)
			return json_fail_at(reader, JSON_MALFORMED, reader->at);
	return true;
}
