/* The value of a JSON string: its text without escapes. Public. */
#ifndef WIRE_JSON_STRING_H
#define WIRE_JSON_STRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

/*
 * A string of a document, without its quotes. The reader has validated its
 * escapes.
 */
struct json_string {
	struct str body;
	bool escaped; /* contains a backslash */
};

/* Surrogates: a character beyond U+FFFF is written as two \u escapes. */
#define JSON_UNIT_IS_HIGH(unit) ((unit) >= 0xd800 && (unit) < 0xdc00)
#define JSON_UNIT_IS_LOW(unit) ((unit) >= 0xdc00 && (unit) < 0xe000)

/* The value of four hex digits at `at`; -1: not four hex digits. */
int32_t json_string_unit(const char *at, const char *end);

/*
 * Unescapes the next character at `at` and moves past it. Returns its length
 * in bytes. Outside of escapes it copies single bytes.
 */
size_t json_string_next(const char **at, char out[4]);

/* json_string_equal() for strings of which at least one has escapes. */
bool json_string_equal_unescaped(const struct json_string *,
    const struct json_string *);

/* Whether two strings have the same value. */
static inline bool
json_string_equal(const struct json_string *a, const struct json_string *b)
{
	if (a->escaped || b->escaped)
		return json_string_equal_unescaped(a, b);
	return str_equal(a->body, b->body);
}

/* Whether the value is this text. */
bool json_string_is(const struct json_string *, struct str text);

/* The length of the value, in bytes. */
size_t json_string_len(const struct json_string *);

/* Writes the value; false: it is longer than size bytes. */
bool json_string_copy(const struct json_string *, char *out, size_t size,
    size_t *len);

#endif
