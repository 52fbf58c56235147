/*
 * Reads a JSON object or array, strictly by RFC 8259 and without allocating.
 * Public.
 */
#ifndef WIRE_JSON_READER_H
#define WIRE_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "wire/json/json_dupkeys.h"
#include "wire/json/json_string.h"

enum json_type {
	JSON_NULL,
	JSON_BOOLEAN,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};

/* X(constant, text for people) */
#define JSON_ERRORS(X)                                            \
	X(JSON_OK, "No error")                                    \
	X(JSON_NOT_AN_OBJECT, "Not a JSON object")                \
	X(JSON_MALFORMED, "Not valid JSON")                       \
	X(JSON_TRUNCATED, "JSON ends too early")                  \
	X(JSON_TRAILING, "Something follows the JSON object")     \
	X(JSON_BAD_NUMBER, "Not a valid number")                  \
	X(JSON_LONG_NUMBER, "A number of more than 64 bytes")     \
	X(JSON_LARGE_NUMBER, "A number too large for a double")   \
	X(JSON_BAD_ESCAPE, "Not a valid escape in a string")      \
	X(JSON_BAD_UTF8, "Not valid UTF-8")                       \
	X(JSON_CONTROL, "A control character needs an escape")    \
	X(JSON_TOO_DEEP, "Nested too deeply")                     \
	X(JSON_DUPLICATE_KEY, "A key occurs twice in one object") \
	X(JSON_TOO_MANY_KEYS, "Too many keys")

enum json_error {
#define X(constant, text) constant,
	JSON_ERRORS(X)
#undef X
};

/* One sentence for people. */
struct str json_error_text(enum json_error);

/* A value: slices of the document. */
struct json_value {
	enum json_type type;
	struct str text;           /* strings with their quotes */
	struct json_string string; /* JSON_STRING only */
};

struct json_member {
	struct json_string key;
	struct json_value value;
};

/* The largest depth that can be requested: the reader recurses. */
#define JSON_DEPTH_MAX 256

/* The longest number, and what no two JSON readers disagree about. */
#define JSON_NUMBER_BYTES 64

/*
 * Returns the members of the outermost object and validates the whole text, in
 * one pass:
 *
 *	json_open(&reader, text, 32, &table);
 *	while (json_next(&reader, &member))
 *		…
 *	if (reader.error != JSON_OK)
 *		… reader.error_offset
 *
 * Members are slices of the text. What was returned before an error is valid.
 */
struct json_reader {
	enum json_error error;
	size_t error_offset; /* of the invalid byte, or the text's length */
	const char *start;
	const char *at;
	const char *end;
	size_t depth_left;
	struct json_dupkeys keys; /* of the outermost object */
	struct json_key_table *table;
};

/*
 * The outermost object has depth 1. Without a table (NULL) duplicates in wide
 * objects are not found: for texts of a trusted peer, and for values of a
 * document that was read with one.
 */
void json_open(struct json_reader *, struct str text, size_t depth,
    struct json_key_table *);

/* False: no more members, or an error. */
bool json_next(struct json_reader *, struct json_member *out);

/*
 * The same for the items of an array. The text is a value of a document that
 * was read completely. Arrays can be read inside one another.
 */
void json_open_array(struct json_reader *, struct str text, size_t depth);
bool json_next_item(struct json_reader *, struct json_value *out);

/* Whether a text is one valid JSON value of any type. */
bool json_is_value(struct str text, size_t depth, struct json_key_table *);

/*
 * A whole number without sign, fraction or exponent, up to max; false: the
 * value is something else.
 */
bool json_unsigned(const struct json_value *, uint64_t max, uint64_t *out);

#endif
