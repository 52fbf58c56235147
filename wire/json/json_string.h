/* What a JSON string means once its escapes are gone. Public. */
#ifndef WIRE_JSON_STRING_H
#define WIRE_JSON_STRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

/*
 * A string of a document that was read: what stands between its quotes.
 * Only the reader makes them, so the escapes in it are known to be sound.
 */
struct json_string {
	struct str body;
	bool escaped; /* there is a backslash in it */
};

/* The halves of a character that is written as two \u escapes. */
#define JSON_UNIT_IS_HIGH(unit) ((unit) >= 0xd800 && (unit) < 0xdc00)
#define JSON_UNIT_IS_LOW(unit) ((unit) >= 0xdc00 && (unit) < 0xe000)

/* The four hex digits at `at`; -1: they are not there. */
int32_t json_string_unit(const char *at, const char *end);

/*
 * The bytes of the next character at `at`, unescaped; `at` moves behind it.
 * Returns how many there are. Outside of escapes it goes by single bytes.
 */
size_t json_string_next(const char **at, char out[4]);

/* Whether both mean the same text, however it is spelled. */
bool json_string_equal(const struct json_string *, const struct json_string *);

/* Whether it means this text. */
bool json_string_is(const struct json_string *, struct str text);

/* Writes what it means; false: that is more than size bytes. */
bool json_string_copy(const struct json_string *, char *out, size_t size,
    size_t *len);

#endif
