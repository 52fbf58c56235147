/* The state of a decoder. Public. */
#ifndef WIRE_SCRATCH_H
#define WIRE_SCRATCH_H

#include "wire/dialect.h"
#include "wire/json/json_reader.h"

/*
 * The state of a decoder: storage for the texts of one command that had to be
 * unescaped, and for its keys. Zero at first.
 */
struct scratch {
	struct json_key_table keys;
	size_t used;
	char data[65536];
};

/*
 * The value of a string: a slice of its document, or unescaped into scratch,
 * which must have `most` bytes free. False: the value is longer than `most`.
 */
bool scratch_string(struct scratch *, const struct json_string *, size_t most,
    struct str *out);

/* The same, but cuts a longer value. Needs `most` + 4 bytes. */
struct str scratch_string_cut(struct scratch *, const struct json_string *,
    size_t most);

/* Any value as a text: the value of a string, the JSON of anything else. */
struct str scratch_value_cut(struct scratch *, const struct json_value *,
    size_t most);

/* A copy of a text. */
struct str scratch_text(struct scratch *, struct str text);

/* The same with ASCII letters in lower case. */
struct str scratch_lower(struct scratch *, struct str text);

#endif
