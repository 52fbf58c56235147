#include "wire/json/json_token.h"

#include "domain/text/utf8.h"
#include "wire/json/json_number.h"
#include "wire/json/json_scan.h"

/* The end of the escape at `at`; NULL: it is not valid. */
static const char *
json_skip_escape(const char *at, const char *end)
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

/* The end of the non-ASCII characters at `at`; NULL: not UTF-8. */
static const char *
json_skip_utf8(struct json_reader *reader, const char *at)
{
	const char *end = at;
	struct str run;
	size_t done = 0, from = 0;

	while (end < reader->end && (unsigned char)*end >= 0x80)
		end++;
	run = str_slice(at, (size_t)(end - at));
	if (utf8_is_valid(run))
		return end;
	while (utf8_next(run, &done) != UTF8_INVALID)
		from = done;
	json_fail(reader, JSON_BAD_UTF8, at + from);
	return NULL;
}

/* The end of what is not plain at `at` in a string; NULL: an error. */
static const char *
json_skip_special(struct json_reader *reader, const char *at)
{
	const char *end;

	if ((unsigned char)*at >= 0x80)
		return json_skip_utf8(reader, at);
	if (*at != '\\') {
		json_fail(reader, JSON_CONTROL, at);
		return NULL;
	}
	end = json_skip_escape(at, reader->end);
	if (end == NULL)
		json_fail(reader, JSON_BAD_ESCAPE, at);
	return end;
}

/* The string ends with the quote at `at`. */
static bool
json_end_string(struct json_reader *reader, const char *at,
    struct json_string *out)
{
	const char *body = reader->at + 1;

	out->body = str_slice(body, (size_t)(at - body));
	reader->at = at + 1;
	return true;
}

/* Not inlined: without it, json_read_string() saves no registers. */
static __attribute__((noinline)) bool
json_read_special_string(struct json_reader *reader, const char *at,
    struct json_string *out)
{
	while (at < reader->end && *at != '"') {
		out->escaped |= *at == '\\';
		at = json_skip_special(reader, at);
		if (at == NULL)
			return false;
		at = json_skip_plain(at, reader->end);
	}
	return at < reader->end ? json_end_string(reader, at, out)
				: json_fail(reader, JSON_TRUNCATED, at);
}

bool
json_read_string(struct json_reader *reader, struct json_string *out)
{
	const char *at = json_skip_plain(reader->at + 1, reader->end);

	out->escaped = false;
	if (at < reader->end && *at == '"')
		return json_end_string(reader, at, out);
	return json_read_special_string(reader, at, out);
}

/* At least one digit. */
static bool
json_read_digits(struct json_reader *reader)
{
	if (!json_is_digit(json_peek(reader)))
		return json_fail_at(reader, JSON_BAD_NUMBER, reader->at);
	while (json_is_digit(json_peek(reader)))
		reader->at++;
	return true;
}

static bool
json_read_number_syntax(struct json_reader *reader)
{
	if (json_peek(reader) == '-')
		reader->at++;
	if (json_peek(reader) == '0')
		reader->at++;
	else if (!json_read_digits(reader))
		return false;
	if (json_peek(reader) == '.') {
		reader->at++;
		if (!json_read_digits(reader))
			return false;
	}
	if (json_peek(reader) == 'e' || json_peek(reader) == 'E') {
		reader->at++;
		if (json_peek(reader) == '+' || json_peek(reader) == '-')
			reader->at++;
		return json_read_digits(reader);
	}
	return true;
}

bool
json_read_number(struct json_reader *reader)
{
	const char *start = reader->at;
	struct str number;

	if (!json_read_number_syntax(reader))
		return false;
	number = str_slice(start, (size_t)(reader->at - start));
	if (number.len > JSON_NUMBER_BYTES)
		return json_fail(reader, JSON_LONG_NUMBER, start);
	if (!json_number_is_finite(number))
		return json_fail(reader, JSON_LARGE_NUMBER, start);
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
